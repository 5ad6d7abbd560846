"""Whatever a journal file holds: what its rollout wrote down, or one of our errors."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.cases import cases
from support.differences import MANAGED, differences
from support.hostile_stack import HostileStack, new_stack
from support.journals import chained
from support.memory_http import all_http
from support.mutations import Mutation, Nested, mutated, mutations

from elastic_mirror_policy import JournalError, MirrorPolicyError, MirrorSettings, PlanError
from elastic_mirror_policy._json import JsonValue, decode, encode
from elastic_mirror_policy.journal.journal import parse_journal
from elastic_mirror_policy.plan.plan import Plan

HERE = Path("journal")
INTENT = MirrorSettings.everywhere("https://mirror.example")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of a rollout over three policies in two waves."""
    path = tmp_path_factory.mktemp("whole") / "journal"
    stack = new_stack(policies=3, agents=0)
    with all_http(stack), stack.client() as kibana:
        kibana.apply(kibana.plan(INTENT, check_mirror=False), journal=path, waves=[1, "rest"])
    return path.read_bytes()


def read(data: bytes) -> JsonValue:
    """Return what a journal says, or None when it is refused."""
    try:
        found = parse_journal(data, HERE)
    except JournalError:
        return None
    assert str(found)
    return found.to_dict()


@pytest.fixture(scope="module")
def beginnings(whole: bytes) -> list[JsonValue]:
    """What the journal says after each of its whole lines; nothing after none."""
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    return [read(whole[:end]) for end in (0, *ends)]


@pytest.mark.timeout(600)
def test_a_journal_that_is_cut_anywhere_says_what_its_whole_lines_say(
    whole: bytes, beginnings: list[JsonValue]
) -> None:
    """Every single place is tried."""
    wrong = [end for end in range(len(whole)) if read(whole[:end]) != lines_before(whole, end)]

    assert wrong == []
    assert len(set(map(str, beginnings))) > len(beginnings) / 2


def lines_before(data: bytes, end: int) -> JsonValue:
    """Return what the whole lines before a place say."""
    return read(data[: data.rfind(b"\n", 0, end) + 1])


@pytest.mark.timeout(600)
@cases(10)
@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_journal_with_changed_bytes_is_refused_or_shorter(
    whole: bytes, beginnings: list[JsonValue], flips: Sequence[tuple[int, int]]
) -> None:
    """It says what a beginning of it said, or nothing."""
    data = bytearray(whole)
    for place, value in flips:
        data[place % len(data)] = value

    assert read(bytes(data)) in beginnings


@pytest.mark.timeout(600)
@cases(10)
@given(
    st.sampled_from(["drop", "double", "swap", "move", "insert"]),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_a_journal_with_other_lines_is_refused_or_shorter(
    whole: bytes, beginnings: list[JsonValue], action: str, one: int, other: int
) -> None:
    """No line can be left out, repeated, or put in another place."""
    lines = whole.splitlines(keepends=True)
    first, second = one % len(lines), other % len(lines)
    match action:
        case "drop":
            del lines[first]
        case "double":
            lines.insert(second, lines[first])
        case "swap":
            lines[first], lines[second] = lines[second], lines[first]
        case "move":
            lines.insert(second, lines.pop(first))
        case _:
            lines.insert(first, b"{}\n")

    assert read(b"".join(lines)) in beginnings


def sealed(records: Sequence[dict[str, JsonValue]]) -> list[dict[str, JsonValue]]:
    """Return the records with a header whose digest is that of the changes, if that can be told."""
    header, *rest = records
    changes = [record.get("change") for record in rest if record.get("phase") == "planned"]
    try:
        plan = Plan.from_dict({**header["plan"], "changes": changes})
    except (PlanError, KeyError, TypeError):
        return [header, *rest]
    return [{**header, "digest": plan.digest}, *rest]


def forged(whole: bytes, changes: Sequence[Mutation], end: int) -> bytes:
    """Return the journal with its records changed and its hashes made to fit."""
    records = [decode(line) for line in whole.splitlines()]
    for record in records:
        del record["chain"]
    found = mutated(records, changes)
    kept = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    if not kept:
        return b""
    try:
        return chained(sealed(kept[: 1 + end % len(records)]))
    except ValueError:
        return b""


@pytest.mark.timeout(600)
@cases(15)
@given(mutations, st.integers(0, 10**6))
def test_a_forged_journal_can_be_shown(whole: bytes, changes: Sequence[Mutation], end: int) -> None:
    """Whoever makes the hashes fit can write any journal; nothing in it breaks what reads it."""
    said = read(forged(whole, changes, end))

    assert said is None or encode(said)


@pytest.mark.parametrize("depth", range(900, 1000, 3))
def test_a_line_that_is_nested_deep_is_refused(whole: bytes, depth: int) -> None:
    """Also where it can still be read, and no longer be hashed."""
    first = whole.partition(b"\n")[0][:-1]
    line = first + b',"deep":' + b"[" * depth + b"]" * depth + b"}\n"

    assert read(line) is None


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """New names for files."""
    folder = tmp_path_factory.mktemp("forged")
    return (folder / str(number) for number in count())


def go_on(stack: HostileStack, path: Path, how: str) -> None:
    """Resume or take back what a journal says."""
    with stack.client() as kibana:
        try:
            if how == "resume":
                report = kibana.resume(path)
            else:
                plan = kibana.plan_rollback(path)
                report = kibana.apply(
                    plan, journal=f"{path}.undo", allow=["overwrite-foreign", "pinned", "managed"]
                )
        except MirrorPolicyError:
            return
    assert report.to_json()
    assert str(report)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", ["resume", "rollback"])
@cases(4)
@given(changes=mutations, end=st.integers(0, 10**6))
@example(changes=[Mutation("replace", 1, Nested(3))], end=10)
def test_a_forged_journal_writes_managed_keys_at_most(
    whole: bytes, paths: Iterator[Path], how: str, changes: Sequence[Mutation], end: int
) -> None:
    """Whatever it names, only texts, numbers and booleans under these keys are written."""
    path = next(paths)
    path.write_bytes(forged(whole, changes, end))
    stack = new_stack(policies=3, agents=0)
    before = {policy_id: stack.fake.document(policy_id) for policy_id in stack.fake.policy_ids}
    with all_http(stack):
        go_on(stack, path, how)

    assert stack.strays == []
    for asked in stack.writes:
        old = before[asked.path.rpartition("/")[2]]["inputs"][0]["config"]
        assert differences(old, decode(asked.body)["inputs"][0]["config"]) <= MANAGED


@pytest.mark.parametrize(
    "options",
    [
        7,
        {"first": None},
        {"first": [["a"]]},
        {"waves": 5},
        {"waves": [1]},
        {"waves": ["x"]},
        {"gate_timeout": "nan"},
        {"gate_timeout": -1},
        {"gate_timeout": 1e300},
        {"gate_timeout": None},
        {"gate": 7},
        {"gate": {"kind": 7}},
        {"gate": {"kind": "endpoints", "min_healthy": []}},
        {"gate": {"kind": "endpoints", "min_healthy": 0}},
        {"gate": {"kind": "endpoints", "min_healthy": 10**400}},
        {"on_unhealthy": "shrug"},
    ],
    ids=lambda options: str(options)[:40],
)
def test_options_that_no_rollout_has_are_refused(
    whole: bytes, paths: Iterator[Path], options: JsonValue
) -> None:
    """Before anything is sent, and the journal stays as it is."""
    records = [decode(line) for line in whole.splitlines()]
    path = next(paths)
    data = chained([{**records[0], "options": options}, *records[1:4]])
    path.write_bytes(data)
    stack = new_stack(policies=3, agents=0)
    with all_http(stack), stack.client() as kibana, pytest.raises(MirrorPolicyError):
        kibana.resume(path)

    assert path.read_bytes() == data
    assert stack.asked == []


def test_a_journal_of_nothing_but_zeros_is_refused() -> None:
    """A file system that lost the content leaves such a file."""
    assert read(bytes(4096)) is None
