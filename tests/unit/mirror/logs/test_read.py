"""What is read from access logs: addresses, versions, times, and lines that are damaged."""

import gzip
import io
import sys
from pathlib import Path

import pytest
from support.access_logs import log_line

from elastic_mirror_policy.errors import ArtifactError, ConfigurationError
from elastic_mirror_policy.mirror import AccessLogReport, read_access_logs
from elastic_mirror_policy.mirror.logs import read
from elastic_mirror_policy.mirror.logs.line import seconds

AT = 1795622732
"""The time of `log_line`, in seconds since 1970."""


def report_of(folder: Path, *texts: str) -> AccessLogReport:
    """Return what logs with these texts prove."""
    files = [folder / f"access.log.{number}" for number, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return read_access_logs(files)


def test_each_address_has_its_versions_and_its_artifacts(tmp_path: Path) -> None:
    """Artifacts stand apart: their paths do not say for which version they were asked."""
    report = report_of(tmp_path, log_line("9.1.3") + log_line("") + log_line("8.18.2", status=304))
    (caller,) = report.callers
    assert caller.artifacts is not None

    assert caller.address == "192.0.2.15"
    assert [(m.endpoint_version, m.delivered, m.unchanged) for m in caller.manifests] == [
        ("8.18.2", 0, 1),
        ("9.1.3", 1, 0),
    ]
    assert (caller.artifacts.delivered, caller.artifacts.last) == (1, AT)
    assert report.versions == {"8.18.2": 1, "9.1.3": 1}
    assert report.exit_code == 0


def test_addresses_are_not_mixed_up_with_those_that_begin_alike(tmp_path: Path) -> None:
    """`10.0.0.1` and `10.0.0.10` are two hosts."""
    lines = [log_line("9.1.3", address=f"10.0.0.{last}") for last in (10, 1, 11, 1)]

    report = report_of(tmp_path, "".join(lines))

    assert [(c.address, c.manifests[0].delivered) for c in report.callers] == [
        ("10.0.0.1", 2),
        ("10.0.0.10", 1),
        ("10.0.0.11", 1),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_last_request_is_the_latest_in_whatever_order_the_files_are(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    """Rotated logs are given by a pattern of the shell, the newest first."""
    texts = (
        log_line("9.1.3", time="24/Nov/2026:10:00:00 +0000"),
        log_line("9.1.3", time="25/Nov/2026:11:00:00 +0100", status=404),
    )

    report = report_of(tmp_path, *(texts[index] for index in order))
    made = report.callers[0].manifests[0]

    assert (made.last_status, made.delivered, made.refused) == (404, 1, 1)
    assert report.last == made.last
    assert report.first == made.last - 86_400


@pytest.mark.parametrize(
    "damaged",
    [
        "half a line",
        '192.0.2.15 - - [25/Nov/2026:16:05:32 +0000] "GET /downloads/end',
        log_line("9.1.3", time="25/Nov/2026:16:05:99 +0000"),
        log_line("9.1.3", time="25/Foo/2026:16:05:32 +0000"),
        log_line("9.1.3").replace(" 200 ", " two "),
        "\x00\xff\x1b[2J",
        "",
    ],
)
def test_a_damaged_line_is_counted_and_the_others_are_read(tmp_path: Path, damaged: str) -> None:
    """A disk that was full, or a program that wrote between, does not hide what is there."""
    report = report_of(tmp_path, f"{log_line('9.1.3')}{damaged.rstrip()}\n{log_line('9.1.3')}")

    assert (report.lines, report.damaged) == (3, 1)
    assert report.callers[0].manifests[0].delivered == 2
    assert any("1 of 3 lines" in note for note in report.notes)


def test_an_unfinished_last_line_counts(tmp_path: Path) -> None:
    """The server is writing it."""
    report = report_of(tmp_path, log_line("9.1.3") + log_line("9.1.3").rstrip("\n"))

    assert (report.lines, report.damaged) == (2, 0)


def test_requests_for_other_things_are_counted_apart(tmp_path: Path) -> None:
    """Somebody looked at the front page; an odd method or request is no damage either."""
    other = log_line("9.1.3").replace("/downloads/endpoint/manifest", "/elsewhere")
    odd = log_line("9.1.3").replace(
        "GET /downloads/endpoint/manifest/artifacts-9.1.3.zip HTTP/1.1", r"\x16\x03\x01"
    )

    report = report_of(tmp_path, other + odd)

    assert (report.lines, report.damaged, report.others, report.callers) == (2, 0, 2, ())
    assert report.exit_code == 2


def test_a_request_that_delivers_nothing_is_not_counted_as_one(tmp_path: Path) -> None:
    """A check from an endpoint's host asks by HEAD for headers only."""
    report = report_of(tmp_path, log_line("9.1.3").replace('"GET ', '"HEAD '))

    assert (report.damaged, report.others, report.callers) == (0, 1, ())
    assert report.exit_code == 2


def test_a_user_name_cannot_forge_a_field(tmp_path: Path) -> None:
    """A name comes from the client; servers escape its quotes, and nothing else."""
    forged = "[01/Jan/2020:00:00:00 +0000] x22GET /downloads/endpoint/manifest/artifacts-1.1.1.zip"

    report = report_of(tmp_path, log_line("9.1.3", user=forged))

    assert report.versions == {"9.1.3": 1}
    assert report.first == AT


@pytest.mark.parametrize("prefix", ["", "/mirror", "/a/b"])
def test_a_mirror_below_a_path_is_read_too(tmp_path: Path, prefix: str) -> None:
    """The base URL may have one."""
    assert report_of(tmp_path, log_line("9.1.3", prefix=prefix)).versions == {"9.1.3": 1}


def test_a_compressed_log_is_read(tmp_path: Path) -> None:
    """Rotated logs are."""
    file = tmp_path / "access.log.2.gz"
    file.write_bytes(gzip.compress(log_line("9.1.3").encode()))

    assert read_access_logs([file]).versions == {"9.1.3": 1}


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a log can come over a pipe, compressed or not."""
    data = gzip.compress(log_line("9.1.3").encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))

    assert read_access_logs(["-"]).versions == {"9.1.3": 1}


def test_a_line_without_an_end_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is dropped when it is longer than any line, and the next ones are read."""
    monkeypatch.setattr(read, "BLOCK", 256)

    report = report_of(tmp_path, "x" * 2000 + "\n" + log_line("9.1.3"))

    assert report.damaged >= 1
    assert report.versions == {"9.1.3": 1}


def test_addresses_beyond_the_limit_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded, and the report says what it left out."""
    monkeypatch.setattr(read, "MOST_CALLERS", 1)

    report = report_of(tmp_path, log_line("9.1.3") + log_line("9.1.3", address="192.0.2.16"))

    assert (len(report.callers), report.not_kept) == (1, 1)
    assert any("1 requests" in note or "1 request" in note for note in report.notes)


@pytest.mark.parametrize(
    "data", [gzip.compress(b"x" * 5000, mtime=0)[:-9], b"\x1f\x8b not gzip"], ids=["torn", "forged"]
)
def test_a_broken_archive_is_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    """Half a log proves half a truth."""
    file = tmp_path / "access.log.gz"
    file.write_bytes(data)

    with pytest.raises(ArtifactError, match=r"access\.log\.gz cannot be read to its end"):
        read_access_logs([file])


@pytest.mark.parametrize("name", ["missing.log", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    """With the system's reason; nothing is wrong with what is in it."""
    with pytest.raises(ArtifactError, match=r"cannot be read: (No such file|Is a directory)"):
        read_access_logs([tmp_path / name])


def test_a_standard_input_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon may have none at all."""
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(ArtifactError, match=r"log - cannot be .*: standard input is closed"):
        read_access_logs(["-"])


@pytest.mark.parametrize("files", [[], "access.log"])
def test_a_list_of_files_is_needed(files: list[str] | str) -> None:
    """A text would be read letter by letter."""
    with pytest.raises(ConfigurationError, match="No access log was given"):
        read_access_logs(files)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"25/Nov/2026:16:05:32 +0000", AT),
        (b"25/Nov/2026:17:05:32 +0100", AT),
        (b"25/Nov/2026:12:35:32 -0330", AT),
        (b"31/Nov/2026:16:05:32 +0000", None),
        (b"25/Nov/2026:16:05:32 +9999", None),
        (b"not a time", None),
    ],
)
def test_times_are_read_with_their_zone(text: bytes, moment: int | None) -> None:
    """Servers write local time."""
    assert seconds(text) == moment


def test_a_log_without_a_single_line_tells_nothing(tmp_path: Path) -> None:
    """It may be the wrong file."""
    report = report_of(tmp_path, "")

    assert report.exit_code == 1
    assert "No request" in str(report)


def test_names_from_the_log_are_data(tmp_path: Path) -> None:
    """Addresses and versions come from clients."""
    report = report_of(tmp_path, log_line("9.1.3-<b>x</b>") + log_line("9.1.3"))

    assert "<b>" not in report.to_html()
    assert "192.0.2.15" in str(report)


def test_a_report_is_short_where_a_program_is_looked_at(tmp_path: Path) -> None:
    """How many addresses, and how many versions."""
    assert repr(report_of(tmp_path, "")) == "<AccessLogReport: 0 addresses, 0 versions>"
