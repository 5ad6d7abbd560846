"""What a script hands in by mistake ends in an error of the package, before a write."""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.rollouts import INTENT, connected, planned

from elastic_mirror_policy import (
    ArtifactSettings,
    ConfigurationError,
    Journal,
    JournalError,
    Kibana,
    MirrorPolicyError,
    MirrorSettings,
    Plan,
)
from elastic_mirror_policy.testing import FakeKibana

WRONG: Any = None
NUMBER: Any = 5
TEXT: Any = "x"


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeKibana]:
    """Some policies."""
    with FakeKibana.example() as served:
        yield served


@pytest.fixture
def kibana(fake: FakeKibana) -> Iterator[Kibana]:
    """A client."""
    with connected(fake) as client:
        yield client


@pytest.mark.parametrize("wrong", [None, {}, 5])
def test_a_plan_is_made_from_settings_rules_or_a_base_url(kibana: Kibana, wrong: Any) -> None:  # noqa: ANN401 - anything
    """And from nothing else."""
    with pytest.raises(ConfigurationError, match="A plan is made from MirrorSettings"):
        kibana.plan(wrong)


def test_a_base_url_alone_is_meant_for_every_system(kibana: Kibana) -> None:
    """As `MirrorSettings.everywhere` says it, with the same rules for what it may be."""
    url = "https://mirror.example/"

    assert kibana.plan(url, check_mirror=False) == kibana.plan(
        MirrorSettings.everywhere(url), check_mirror=False
    )
    with pytest.raises(ConfigurationError, match="base URL"):
        kibana.plan("not a URL")


@pytest.mark.parametrize(
    "options",
    [
        {"selection": "alpha"},
        {"spaces": 5},
        {"spaces": "default"},
        {"spaces": [None]},
        {"spaces": []},
        {"mirror_ca_cert": 5},
    ],
)
def test_what_is_planned_for_is_of_its_kind(kibana: Kibana, options: dict[str, Any]) -> None:
    """Each argument is named."""
    with pytest.raises(ConfigurationError):
        kibana.plan(INTENT, **options)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *((name, "4") for name in ("parallel", "max_failures")),
        *((name, "4") for name in ("expect_policies", "max_policies", "max_agents")),
        *((name, True) for name in ("parallel", "max_policies")),
        *((name, -1) for name in ("parallel", "max_failures", "expect_policies", "max_agents")),
        ("parallel", 2.5),
        ("parallel", 17),
        ("parallel", 0),
        ("allow", 5),
        ("allow", "clear"),
        ("allow", ["everything"]),
        ("allow", [None]),
        ("allow", [[]]),
        ("waves", 5),
        ("waves", "10%"),
        ("first", "a policy"),
        ("gate_timeout", "90m"),
        ("gate_timeout", math.inf),
        ("gate_timeout", math.nan),
        ("gate_timeout", -1.0),
        ("gate_timeout", 400 * 86400.0),
        ("on_unhealthy", "ignore"),
        ("journal", None),
        ("journal", 5),
        ("journal", ""),
        ("journal", "a\0b"),
    ],
)
def test_how_it_is_written_is_of_its_kind(
    fake: FakeKibana,
    kibana: Kibana,
    tmp_path: Path,
    name: str,
    wrong: Any,  # noqa: ANN401 - anything
) -> None:
    """Nothing is written, and no journal is left behind."""
    plan = planned(kibana)
    fake.forget_requests()
    options = {"journal": tmp_path / "a.journal", name: wrong}

    with pytest.raises(ConfigurationError, match=name):
        kibana.apply(plan, **options)

    assert list(tmp_path.iterdir()) == []
    assert fake.requests == ()


def test_a_gate_can_be_asked(kibana: Kibana, tmp_path: Path) -> None:
    """A text cannot."""
    gate: Any = "healthy"
    with pytest.raises(ConfigurationError, match="method `check`"):
        kibana.apply(planned(kibana), journal=tmp_path / "a", waves=[1, "rest"], gate=gate)


CALLS: dict[str, Callable[[Kibana], object]] = {
    "apply": lambda kibana: kibana.apply(WRONG, journal="a"),
    "resume": lambda kibana: kibana.resume(WRONG),
    "plan_rollback": lambda kibana: kibana.plan_rollback(WRONG),
    "policies": lambda kibana: kibana.policies(NUMBER),
    "endpoints, parallel": lambda kibana: kibana.endpoints(parallel=WRONG),
    "endpoints, window": lambda kibana: kibana.endpoints(window=WRONG),
    "endpoints, mirror": lambda kibana: kibana.endpoints(mirror=NUMBER),
    "endpoint_gate": lambda kibana: kibana.endpoint_gate(min_healthy=WRONG),
    "Journal": lambda _: Journal.read(WRONG),
    "Plan": lambda _: Plan.from_json(WRONG),
    "MirrorSettings": lambda _: MirrorSettings(linux=TEXT),
    "ArtifactSettings": lambda _: ArtifactSettings(base_url=NUMBER),
    "api_key": lambda kibana: Kibana(kibana.url, api_key=NUMBER),
    "username": lambda kibana: Kibana(kibana.url, username=NUMBER, password="x"),
    "timeout": lambda kibana: Kibana(kibana.url, api_key="YTpi", timeout=TEXT),
    "ca_cert": lambda kibana: Kibana(kibana.url, api_key="YTpi", ca_cert=NUMBER),
    "spaces": lambda kibana: Kibana(kibana.url, api_key="YTpi", spaces=NUMBER),
}


@pytest.mark.parametrize("name", CALLS)
def test_whatever_is_called_with_something_else_says_so(kibana: Kibana, name: str) -> None:
    """`except MirrorPolicyError` catches it."""
    with pytest.raises(MirrorPolicyError):
        CALLS[name](kibana)


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": "soon"},
        {"mirror": "ftp://mirror.corp"},
        {"mirror_ca_cert": "no-such-file.pem"},
        {"parallel": 17},
        {"parallel": 0},
        {"synced_at": "no-such-folder"},
        {"elasticsearch_url": "es.corp:9200"},
    ],
    ids=str,
)
def test_nothing_is_sent_where_endpoints_cannot_be_looked_at_as_asked(
    fake: FakeKibana, kibana: Kibana, wrong: dict[str, Any]
) -> None:
    """What is wrong with an argument is known without Kibana."""
    before = fake.requests
    with pytest.raises(ConfigurationError):
        kibana.endpoints(**wrong)

    assert fake.requests == before


def test_a_secret_of_another_kind_is_not_shown(kibana: Kibana) -> None:
    """It may be the right one in the wrong type."""
    secret: Any = b"c2VjcmV0"
    with pytest.raises(ConfigurationError, match="api_key must be a text") as caught:
        Kibana(kibana.url, api_key=secret)

    assert "c2VjcmV0" not in str(caught.value)


def test_a_pipe_is_not_a_journal(kibana: Kibana, tmp_path: Path) -> None:
    """Whoever opens it would wait for ever."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for call in (kibana.resume, kibana.plan_rollback, Journal.read):
        with pytest.raises(JournalError, match="Not a regular file"):
            call(pipe)
