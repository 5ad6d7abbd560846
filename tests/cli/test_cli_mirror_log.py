"""`mirror log` tells what access logs prove, in words and as JSON."""

import pytest
from support.access_logs import log_line
from support.commands import Shell

VERSION = "9.1.3"


def test_what_the_logs_prove_is_told_as_json(shell: Shell) -> None:
    """By address and version; times are in UTC."""
    lines = [log_line(VERSION), log_line(VERSION, status=304), log_line("", address="192.0.2.16")]
    (shell.folder / "access.log").write_text("".join(lines))

    ended = shell.run("mirror", "log", "access.log", "--format", "json")
    told = ended.json
    one, other = told["callers"]

    assert ended.code == 0
    assert (told["kind"], told["last"]) == ("mirror-log-report", "2026-11-25T16:05:32Z")
    assert told["versions"] == [{"endpoint_version": VERSION, "addresses": 1}]
    assert told["summary"] == {
        "lines": 3,
        "damaged": 0,
        "others": 0,
        "not_kept": 0,
        "addresses": 2,
    }
    assert one["artifacts"] is None
    assert one["manifests"] == [
        {
            "endpoint_version": VERSION,
            "last": "2026-11-25T16:05:32Z",
            "last_status": 304,
            "delivered": 1,
            "unchanged": 1,
            "refused": 0,
        }
    ]
    assert (other["address"], other["manifests"]) == ("192.0.2.16", [])
    assert other["artifacts"]["delivered"] == 1


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (log_line(VERSION), 0, f"1 line; manifests given out: {VERSION} to 1 address"),
        (log_line(VERSION, status=404), 2, f"{VERSION} to 0 addresses"),
        ("not a line of a mirror's log\n", 1, "1 of 1 lines are not in the format"),
    ],
)
def test_the_exit_code_says_whether_a_manifest_was_given_out(
    shell: Shell, text: str, code: int, words: str
) -> None:
    """1 when no line could be read: then nothing is proven."""
    (shell.folder / "access.log").write_text(text)

    ended = shell.run("mirror", "log", "access.log")

    assert ended.code == code
    assert words in " ".join(ended.out.split())
