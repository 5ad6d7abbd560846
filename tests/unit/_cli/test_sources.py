"""Where a value of a connection comes from."""

from pathlib import Path

import pytest

from elastic_mirror_policy._cli.options import Connection
from elastic_mirror_policy._cli.sources import Sourced, Sources, sources_of


def sources(*, ca_cert: str | None = None, kibana_ca_cert: str | None = None) -> Sources:
    """Return where the values of a connection come from that has these options."""
    connection = Connection(
        kibana=None,
        config=None,
        kibana_url=None,
        api_key_file=None,
        username=None,
        password_file=None,
        ca_cert=ca_cert,
        kibana_ca_cert=kibana_ca_cert,
        client_cert=None,
        client_key=None,
        space=(),
        all_spaces=False,
        timeout=None,
        verbose=0,
    )
    return sources_of(connection)


def trusted(*, ca_cert: str | None = None, kibana_ca_cert: str | None = None) -> tuple[str, ...]:
    """Return the files of CAs that Kibana's certificate may come from."""
    return sources(ca_cert=ca_cert, kibana_ca_cert=kibana_ca_cert).trusted


def test_a_value_that_may_be_a_secret_is_not_in_its_repr() -> None:
    """Only the place that it comes from."""
    assert repr(Sourced("hunter2", "KIBANA_PASSWORD")) == "Sourced('KIBANA_PASSWORD')"


def test_the_ca_of_the_environment_is_trusted_besides_that_of_all_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latter may be another server's; as an option wins, the former need not be there."""
    file = tmp_path / "kibana.pem"
    monkeypatch.setenv("KIBANA_CA_CERT", str(file))
    alone, without = trusted(), trusted(ca_cert="all.pem")
    file.touch()

    assert alone == (str(file),)
    assert without == ("all.pem",)
    assert trusted(ca_cert="all.pem") == ("all.pem", str(file))


def test_the_ca_of_kibana_alone_replaces_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of all servers, and that of the environment."""
    monkeypatch.setenv("KIBANA_CA_CERT", "environment.pem")

    assert trusted(ca_cert="all.pem", kibana_ca_cert="own.pem") == ("own.pem",)


def test_a_ca_that_is_named_for_kibana_limits_trust_to_what_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The public ones are trusted beside that of all servers, and not beside Kibana's own."""
    file = tmp_path / "kibana.pem"
    file.touch()
    general, own = sources(ca_cert="all.pem"), sources(kibana_ca_cert="own.pem")
    monkeypatch.setenv("KIBANA_CA_CERT", str(file))
    both = sources(ca_cert="all.pem")

    assert (general.trusts_public, own.trusts_public, both.trusts_public) == (True, False, False)
