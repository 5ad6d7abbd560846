"""`region_by_region.py`: one region after the other, until one goes wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import environment_for
from support.example_runs import EXAMPLES, Ended, run_python, run_script
from support.rollouts import base_urls, writes

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana, Fault

SCRIPT = EXAMPLES / "region_by_region.py"
REGIONS = ("EMEA", "AMER", "APAC")
Mirrors = dict[str, str]


@pytest.fixture
def mirrors(fake: FakeKibana) -> Iterator[Mirrors]:
    """Give the URL of each region's mirror."""
    with (
        FakeArtifactServer.example(fake.version) as emea,
        FakeArtifactServer.example(fake.version) as amer,
        FakeArtifactServer.example(fake.version) as apac,
    ):
        yield dict(zip(REGIONS, (emea.url, amer.url, apac.url), strict=True))


@pytest.fixture
def script(mirrors: Mirrors, tmp_path: Path) -> Path:
    """Give the script with the mirrors' URLs written into it, as its user would."""
    text = SCRIPT.read_text("utf-8")
    for region, url in mirrors.items():
        placeholder = f"https://mirror.{region.lower()}.example"
        assert text.count(placeholder) == 1
        text = text.replace(placeholder, url)
    copy = tmp_path / SCRIPT.name
    copy.write_text(text, "utf-8")
    return copy


def run(fake: FakeKibana, script: Path, **more: str) -> Ended:
    """Run the script with its own folder for the journals."""
    environment = environment_for(fake, **more)
    return run_script(script, script.parent, folder=script.parent, environment=environment)


def in_region(fake: FakeKibana, region: str) -> list[JsonValue]:
    """Return the policies of a region in the default space."""
    found = [fake.document(policy_id) for policy_id in fake.policy_ids]
    return [d for d in found if d["name"].startswith(region) and "default" in d["spaceIds"]]


def journals(script: Path) -> set[str]:
    """Return the names of the journals that were written."""
    return {path.stem for path in script.parent.glob("*.journal")}


def test_each_region_gets_its_own_mirror(fake: FakeKibana, script: Path, mirrors: Mirrors) -> None:
    """Two policies each, and a journal each."""
    ended = run(fake, script)

    got = {region: {base_urls(d) for d in in_region(fake, region)} for region in REGIONS}
    assert ended.returncode == 0
    assert got == {region: {(url,) * 3} for region, url in mirrors.items()}
    assert ended.stdout.splitlines() == [
        f"{region} *: 2 policies, 0 not done" for region in REGIONS
    ]
    assert journals(script) == set(REGIONS)


def test_a_second_run_has_nothing_to_do(fake: FakeKibana, script: Path) -> None:
    """With a new folder for its journals it ends with 0 and writes nothing."""
    first = run(fake, script)
    fake.forget_requests()
    second = script.parent / "second"
    second.mkdir()

    ended = run_script(script, second, folder=second, environment=environment_for(fake))

    assert (first.returncode, ended.returncode) == (0, 0)
    assert writes(fake) == []


def test_a_region_that_goes_wrong_stops_the_rest(fake: FakeKibana, script: Path) -> None:
    """The region before stays done, the one after is not begun, and the way back is printed."""
    wrong = in_region(fake, "AMER")[0]["id"]
    fake.inject(Fault(method="PUT", path=wrong, times=None, status=400, text="refused"))

    ended = run(fake, script)

    untouched = {document["id"] for document in in_region(fake, "APAC")}
    assert ended.returncode == 1
    assert "EMEA *: 2 policies, 0 not done" in ended.stdout
    assert not untouched & set(writes(fake))
    assert journals(script) == {"EMEA", "AMER"}


def test_the_undo_that_is_printed_takes_the_region_back(
    fake: FakeKibana, script: Path, mirrors: Mirrors
) -> None:
    """The command can be pasted; the other region keeps its mirror."""
    before = {d["id"]: base_urls(d) for d in in_region(fake, "AMER")}
    wrong = in_region(fake, "AMER")[0]["id"]
    fake.inject(Fault(method="PUT", path=wrong, times=None, status=400, text="refused"))
    ended = run(fake, script)
    fake.clear_faults()
    (line,) = [line for line in ended.stdout.splitlines() if "To undo" in line]
    words = line.partition("elastic-mirror-policy ")[2].split()

    undone = run_python(
        "-m",
        "elastic_mirror_policy",
        *words,
        folder=script.parent,
        environment=environment_for(fake),
    )

    assert undone.returncode == 0, undone
    assert {d["id"]: base_urls(d) for d in in_region(fake, "AMER")} == before
    assert {base_urls(d) for d in in_region(fake, "EMEA")} == {(mirrors["EMEA"],) * 3}


def test_a_kibana_that_is_not_there_is_one_line(fake: FakeKibana, script: Path) -> None:
    """Nothing is written, no journal either."""
    ended = run(fake, script, KIBANA_URL=f"{fake.url}/nowhere")

    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    assert journals(script) == set()
