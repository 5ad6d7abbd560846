"""Rollouts against FakeKibana over a socket: its versions, clients that do not wait, checks."""

import contextlib
import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from support.documents import policy_value

from elastic_mirror_policy import Kibana, MirrorSettings, Plan
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.plan.planning import Rules
from elastic_mirror_policy.rollout.outcome import Outcome
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.testing import FakeKibana

MIRROR: Final = "https://mirror.example"
OTHER_MIRROR: Final = "https://other-mirror.example"
SYSTEMS: Final = ("linux", "mac", "windows")
INTENT: Final = MirrorSettings.everywhere(MIRROR)

KIBANAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "8.0": {"version": "8.0.1"},
    "8.4": {"version": "8.4.3"},
    "8.5": {"version": "8.5.0"},
    "8.12": {"version": "8.12.2"},
    "8.13": {"version": "8.13.4"},
    "8.18": {"version": "8.18.1"},
    "9.0": {"version": "9.0.3"},
    "9.1, spaces apart": {"version": "9.1.2", "space_aware": True},
    "9.1, upgraded": {"version": "9.1.2", "space_aware": False},
    "9.4": {"version": "9.4.2"},
    "9.5": {"version": "9.5.0"},
    "serverless": {"version": "9.5.0", "serverless": True},
}
"""Every Kibana that behaves differently, as arguments of `FakeKibana`."""

_REWRITTEN: Final = ("version", "revision", "updated_at", "updated_by")


class Naps(list[float]):
    """Stands for `time.sleep`: waits for nothing, and keeps what it was asked to wait."""

    def __call__(self, seconds: float) -> None:
        """Note the seconds and return at once."""
        self.append(seconds)


@contextlib.contextmanager
def serving(*names: str, **options: Any) -> Iterator[FakeKibana]:  # noqa: ANN401 - what FakeKibana takes
    """Serve a fake with a policy of each of these names, which are their ids as well."""
    with FakeKibana(**options) as fake:
        for name in names:
            fake.add_policy(name, id=name)
        yield fake


@contextlib.contextmanager
def connected(fake: FakeKibana, **options: Any) -> Iterator[Kibana]:  # noqa: ANN401 - what Kibana takes
    """Give a client of a fake that is being served; it never waits between attempts."""
    credentials = {} if "username" in options else {"api_key": fake.api_key}
    with Kibana(fake.url, **{**credentials, "sleep": Naps(), **options}) as kibana:
        yield kibana


def planned(
    kibana: Kibana,
    intent: MirrorSettings | Rules = INTENT,
    **options: Any,  # noqa: ANN401 - what plan takes
) -> Plan:
    """Plan without asking the mirror, which is only a name here."""
    return kibana.plan(intent, **{"check_mirror": False, **options})


def plan_for(fake: FakeKibana, *intent: MirrorSettings | Rules, **options: Any) -> Plan:  # noqa: ANN401 - what plan takes
    """Plan with a client of its own, without asking the mirror."""
    with connected(fake) as kibana:
        return planned(kibana, *intent, **options)


def roll_out(fake: FakeKibana, journal: Path, **options: Any) -> Report:  # noqa: ANN401 - what apply takes
    """Plan the mirror for every policy of the default space and write it."""
    with connected(fake) as kibana:
        return kibana.apply(planned(kibana), journal=journal, **options)


def roll_on(fake: FakeKibana, journal: Path | str, **options: Any) -> Report:  # noqa: ANN401 - what resume takes
    """Go on with a rollout from its journal."""
    with connected(fake) as kibana:
        return kibana.resume(journal, **options)


def roll_back(fake: FakeKibana, journal: Path, **options: Any) -> Report:  # noqa: ANN401 - what apply takes
    """Take a journal back, with another journal beside it."""
    with connected(fake) as kibana:
        plan = kibana.plan_rollback(journal)
        return kibana.apply(plan, journal=f"{journal}.undo", **options)


def advanced(document: JsonValue) -> dict[str, JsonValue]:
    """Return what each operating system has under `advanced`; one that has none is left out."""
    value = policy_value(document)
    return {system: value[system]["advanced"] for system in SYSTEMS if "advanced" in value[system]}


def base_urls(document: JsonValue) -> tuple[JsonValue, ...]:
    """Return the base URLs of Linux, macOS and Windows; None where there is none."""
    found = advanced(document)
    return tuple(
        found.get(system, {}).get("artifacts", {}).get("global", {}).get("base_url")
        for system in SYSTEMS
    )


def untouched(document: JsonValue) -> JsonValue:
    """Return what no rollout may change: all but `advanced`, versions, and Kibana's own rewriting.

    With every write Kibana refreshes `meta` and works out `antivirus_registration` anew.
    """
    kept = copy.deepcopy(document)
    for name in _REWRITTEN:
        kept.pop(name)
    value = policy_value(kept)
    value.pop("meta", None)
    value["windows"].pop("antivirus_registration", None)
    for system in SYSTEMS:
        value[system].pop("advanced", None)
    return kept


def documents(fake: FakeKibana) -> dict[str, JsonValue]:
    """Return every package policy of a fake, by id."""
    return {policy_id: fake.document(policy_id) for policy_id in fake.policy_ids}


def writes(fake: FakeKibana) -> list[str]:
    """Return the ids of the policies of all PUT requests, in their order."""
    return [request.policy_id or "" for request in fake.requests if request.method == "PUT"]


def commit_counts(fake: FakeKibana) -> dict[str, int]:
    """Return how many updates of each policy were stored, those never updated left out."""
    counts = {policy_id: len(fake.commits(policy_id)) for policy_id in fake.policy_ids}
    return {policy_id: count for policy_id, count in counts.items() if count}


def outcome_of(report: Report, policy_id: str) -> Outcome:
    """Return what a report says of one policy."""
    return next(outcome for outcome in report.outcomes if outcome.policy_id == policy_id)


def error_of(report: Report, policy_id: str) -> str:
    """Return the error a report has for one policy, or an empty text."""
    return outcome_of(report, policy_id).error or ""


def kinds(report: Report) -> list[str]:
    """Return how it ended for every policy, in the order of the report."""
    return [outcome.outcome.value for outcome in report.outcomes]
