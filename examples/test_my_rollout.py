"""Test a script of your own against FakeKibana: no Elastic Stack, no network, no mock.

Copy it beside your script, then run: python -m pytest test_my_rollout.py
"""

from pathlib import Path

from elastic_mirror_policy import Kibana, MirrorSettings
from elastic_mirror_policy.testing import FakeKibana, Fault

BASE_URL = "https://mirror.corp"
KEY = "linux.advanced.artifacts.global.base_url"


def my_rollout(kibana: Kibana, journal: Path) -> bool:
    """Stand in for your script: point every policy at the mirror."""
    plan = kibana.plan(MirrorSettings.everywhere(BASE_URL), check_mirror=False)
    return kibana.apply(plan, journal=journal).ok


def test_every_policy_gets_the_mirror(tmp_path: Path) -> None:
    """After the rollout each policy has the URL, and a second run writes nothing."""
    with FakeKibana.example() as fake, Kibana(fake.url, api_key=fake.api_key) as kibana:
        assert my_rollout(kibana, tmp_path / "first.journal")
        assert my_rollout(kibana, tmp_path / "second.journal")

        puts = [request for request in fake.requests if request.method == "PUT"]
        assert len(puts) == len(kibana.policies())


def test_a_person_who_edits_in_the_middle_is_not_overruled(tmp_path: Path) -> None:
    """What somebody sets after the plan was made stays, and the rollout says that it failed."""
    with FakeKibana.example() as fake, Kibana(fake.url, api_key=fake.api_key) as kibana:
        plan = kibana.plan(MirrorSettings.everywhere(BASE_URL), check_mirror=False)
        chosen = plan.changes[0].policy_id
        fake.edit(chosen, KEY, "https://other.corp", by="a person")
        report = kibana.apply(plan, journal=tmp_path / "rollout.journal")

        assert [outcome.policy_id for outcome in report.failed] == [chosen]
        assert "a person" in (report.failed[0].error or "")


def test_an_answer_that_gets_lost_is_not_repeated(tmp_path: Path) -> None:
    """A write whose answer is lost is found out by reading, and written once."""
    with FakeKibana.example() as fake, Kibana(fake.url, api_key=fake.api_key) as kibana:
        fake.inject(Fault(method="PUT", drop="after"))
        assert my_rollout(kibana, tmp_path / "rollout.journal")

        assert all(len(fake.commits(policy.id)) == 1 for policy in kibana.policies())
