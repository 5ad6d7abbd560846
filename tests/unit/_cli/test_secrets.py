"""A secret comes from a file or from standard input."""

import io
import sys
from pathlib import Path

import pytest

from elastic_mirror_policy._cli.secrets import read_secret
from elastic_mirror_policy.errors import ConfigurationError


@pytest.mark.parametrize("text", ["key", "key\n", "\n key \r\nsecond line\n"])
def test_the_first_line_is_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Without the space around it."""
    file = tmp_path / "secret"
    file.write_text(text)
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    assert read_secret(str(file)) == read_secret("-") == "key"
    assert read_secret(None) == ""


@pytest.mark.parametrize("stream", [None, io.StringIO(), io.StringIO(" \n")])
def test_a_standard_input_without_a_secret_is_told(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO | None
) -> None:
    """A daemon may have no standard input at all."""
    monkeypatch.setattr(sys, "stdin", stream)

    with pytest.raises(ConfigurationError, match="Standard input contains no secret"):
        read_secret("-")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_a_device_without_an_end_is_not_read_to_its_end() -> None:
    """What is read of it is no secret, as whoever uses it finds out."""
    assert len(read_secret("/dev/zero")) == 65_536
