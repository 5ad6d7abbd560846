"""PEM files are looked at before anything is sent."""

from pathlib import Path
from typing import Any

import pytest

from elastic_mirror_policy import ConfigurationError, Kibana


@pytest.mark.parametrize(
    "files",
    [
        {"ca_cert": "no-such.pem"},
        {"client_cert": "no-such.pem"},
        {"client_cert": ("there.pem", "no-such.pem")},
    ],
)
def test_a_pem_file_that_cannot_be_read_is_refused_at_once(
    files: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing file is a mistake in the configuration, over plain http too."""
    monkeypatch.chdir(tmp_path)
    Path("there.pem").touch()
    with pytest.raises(ConfigurationError, match=r"'no-such\.pem' is not there"):
        Kibana(
            "http://127.0.0.1:1",
            api_key="id:key",
            ca_cert=files.get("ca_cert"),
            client_cert=files.get("client_cert"),
        )
