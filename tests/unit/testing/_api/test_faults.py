"""FakeKibana: faults, interruptions and the record of requests."""

import json
import re

import pytest
from support.fake_client import POLICIES, Caller, new_fake, update_body

from elastic_mirror_policy.testing import FakeKibana, Fault

HEADERS_PATH = f"{POLICIES}?perPage=1"


def statuses(caller: Caller, count: int, path: str = POLICIES) -> list[int]:
    """Send the same GET several times and return the statuses."""
    return [caller.get(path).status for _ in range(count)]


def raw(fake: FakeKibana, path: str = POLICIES) -> tuple[int, dict[str, str], bytes]:
    """Send a GET and return what would go over the wire."""
    answer = fake.handle("GET", path, {"Authorization": f"ApiKey {fake.api_key}"})
    return answer.status, dict(answer.headers), answer.body


def test_a_fault_hits_once_unless_told_otherwise() -> None:
    """Then everything is as before."""
    fake, caller, _ = new_fake()
    fake.inject(Fault(status=503))

    assert statuses(caller, 3) == [503, 200, 200]
    assert fake.faults_fired == 1


def test_a_fault_may_wait_for_the_nth_match_and_hit_several() -> None:
    """Matches are counted from 1."""
    fake, caller, _ = new_fake()
    fake.inject(Fault(status=503, nth=2, times=2))

    assert statuses(caller, 5) == [200, 503, 503, 200, 200]


def test_a_fault_without_end_hits_always() -> None:
    """`times=None`; until it is taken back."""
    fake, caller, _ = new_fake()
    fake.inject(Fault(status=500, times=None))

    during = statuses(caller, 3)
    fake.clear_faults()

    assert during == [500, 500, 500]
    assert statuses(caller, 1) == [200]


def test_the_same_seed_hits_the_same_requests() -> None:
    """Probability without surprise."""
    runs = []
    for _ in range(2):
        fake, caller, _ = new_fake()
        fake.inject(Fault(status=503, times=None, probability=0.5, seed=7))
        runs.append(statuses(caller, 20))

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault(method="PUT", status=503), 200),
        (Fault(method="get", status=503), 503),
        (Fault(path="agent_policies", status=503), 200),
        (Fault(path="package_policies", status=503), 503),
        (Fault(path="perPage=1", status=503), 503),
        (Fault(path=re.compile(r"package_policies\?"), status=503), 503),
        (Fault(path=re.compile(r"package_policies$"), status=503), 200),
    ],
)
def test_a_fault_hits_only_what_matches(fault: Fault, status: int) -> None:
    """By method, and by text or expression in path and query."""
    fake, caller, _ = new_fake()
    fake.inject(fault)

    assert statuses(caller, 1, HEADERS_PATH) == [status]


def test_the_first_of_two_faults_wins_and_the_other_waits() -> None:
    """One request has one fault."""
    fake, caller, _ = new_fake()
    fake.inject(Fault(status=503))
    fake.inject(Fault(status=429))

    assert statuses(caller, 3) == [503, 429, 200]


@pytest.mark.parametrize(
    ("fault", "kind", "body"),
    [
        (Fault(status=502, html="<h1>Bad</h1>"), "text/html; charset=utf-8", b"<h1>Bad</h1>"),
        (Fault(status=503, text="not ready"), "text/plain; charset=utf-8", b"not ready"),
        (Fault(status=409, json={"a": 1}), "application/json; charset=utf-8", b'{"a":1}'),
    ],
)
def test_a_fault_brings_its_own_body(fault: Fault, kind: str, body: bytes) -> None:
    """JSON, text or HTML."""
    fake = FakeKibana()
    fake.inject(fault)

    status, headers, content = raw(fake)

    assert (status, headers["content-type"], content) == (fault.status, kind, body)


@pytest.mark.parametrize("value", [3, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_retry_after_comes_in_both_forms(value: int | str) -> None:
    """Seconds or a date."""
    fake = FakeKibana()
    fake.inject(Fault(status=429, retry_after=value))

    assert raw(fake)[1]["retry-after"] == str(value)


def test_a_redirect_names_its_target() -> None:
    """302 unless another status is given."""
    fake = FakeKibana()
    fake.inject(Fault(redirect="http://elsewhere.example/"))

    status, headers, _ = raw(fake)

    assert (status, headers["location"]) == (302, "http://elsewhere.example/")


def test_garbage_is_a_200_that_cannot_be_decoded() -> None:
    """It is not even UTF-8."""
    fake = FakeKibana()
    fake.inject(Fault(garbage=True))

    status, headers, body = raw(fake)

    assert (status, headers["content-type"]) == (200, "application/json; charset=utf-8")
    with pytest.raises(UnicodeDecodeError):
        body.decode()


def test_a_truncated_answer_promises_more_than_it_sends() -> None:
    """The declared length is that of the whole."""
    fake = FakeKibana()
    whole = fake.handle("GET", "/api/status", {})
    fake.inject(Fault(truncate=5))

    cut = fake.handle("GET", "/api/status", {})

    assert cut.body == whole.body[:5]
    assert cut.declared_length == len(whole.body)


@pytest.mark.parametrize(
    ("fault", "revision"),
    [
        (Fault(method="PUT", drop="before"), 1),
        (Fault(method="PUT", drop="after"), 2),
        (Fault(method="PUT", status=504), 1),
        (Fault(method="PUT", status=504, committed=True), 2),
        (Fault(method="PUT", garbage=True, committed=True), 2),
        (Fault(method="PUT", truncate=3), 2),
    ],
)
def test_a_fault_says_whether_the_write_was_carried_out(fault: Fault, revision: int) -> None:
    """The same answer to the client, two different worlds."""
    fake, caller, policy = new_fake()
    body = update_body(caller.item(policy))
    fake.inject(fault)
    headers = {"Authorization": f"ApiKey {fake.api_key}", "kbn-xsrf": "x"}

    answer = fake.handle("PUT", f"{POLICIES}/{policy}", headers, _encoded(body))

    assert fake.revision(policy) == revision
    assert len(fake.commits(policy)) == revision - 1
    assert answer.dropped is (fault.drop is not None)


def _encoded(body: object) -> bytes:
    return json.dumps(body).encode()


def test_somebody_may_come_in_between() -> None:
    """The function runs once, before the nth request that matches."""
    fake, caller, policy = new_fake(checks_version=True)
    body = update_body(caller.item(policy))
    fake.before("PUT", policy, 2, lambda: fake.edit(policy, "description", "in between"))

    first = caller.put(policy, body)
    body["version"] = first.json["item"]["version"]
    second = caller.put(policy, body)

    assert (first.status, second.status) == (200, 409)
    assert fake.document(policy)["updated_by"] == "someone"


def test_the_packager_may_run_all_the_time() -> None:
    """After every second request every policy has moved on."""
    fake, caller, policy = new_fake(checks_version=True)
    fake.packager_every = 2
    body = update_body(caller.item(policy))

    first = caller.put(policy, body)
    second = caller.put(policy, body | {"version": first.json["item"]["version"]})

    assert (first.status, second.status) == (200, 409)


def test_requests_are_recorded_without_their_credentials() -> None:
    """Method, path, query, status and the policy that is named."""
    fake, caller, policy = new_fake()
    fake.inject(Fault(path="bulk", drop="after"))
    fake.forget_requests()

    caller.get(f"/s/emea{POLICIES}?page=1")
    caller.put(policy, {"zzz": 1})
    fake.handle("POST", f"{POLICIES}/_bulk_get", {})

    seen = [(one.method, one.path, one.query, one.status, one.policy_id) for one in fake.requests]
    assert seen == [
        ("GET", f"/s/emea{POLICIES}", "page=1", 200, None),
        ("PUT", f"{POLICIES}/{policy}", "", 400, policy),
        ("POST", f"{POLICIES}/_bulk_get", "", 0, None),
    ]
    assert fake.api_key not in repr(fake.requests)


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422, 429, 504])
def test_what_was_stored_may_be_answered_with_an_error(status: int) -> None:
    """The save comes first; whatever follows it may fail."""
    fake, caller, policy = new_fake()
    fake.inject(Fault(method="PUT", status=status, committed=True))

    answer = caller.put(policy, update_body(caller.item(policy)))

    assert answer.status == status
    assert len(fake.commits(policy)) == 1


@pytest.mark.parametrize(
    "fault",
    [Fault(method="PUT", late=True, status=504), Fault(method="PUT", late=True, drop="before")],
)
def test_a_save_may_be_carried_out_after_the_client_gave_up(fault: Fault) -> None:
    """Kibana goes on with what a proxy has ended."""
    fake, caller, policy = new_fake()
    fake.inject(fault)
    answer = caller.put(policy, update_body(caller.item(policy)))
    before = fake.revision(policy)

    statuses = fake.carry_out_late()

    assert answer.status == (fault.status or 0)
    assert (before, fake.revision(policy)) == (1, 2)
    assert statuses == (200,)
    assert fake.carry_out_late() == ()
