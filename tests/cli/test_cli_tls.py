"""TLS from the command line: an unknown authority is told with its remedy."""

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from support.commands import Shell, assert_one_line

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana
from elastic_mirror_policy.testing._artifacts.content import example_artifacts

VERSION = "9.1.3"


def context_of(authority: trustme.CA) -> ssl.SSLContext:
    """Return the settings of a server with a certificate of this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def ca(shell: Shell) -> Iterator[Path]:
    """The certificate of the authority of a Kibana that the shell's environment leads to."""
    authority = trustme.CA()
    context = context_of(authority)
    path = shell.folder / "ca.pem"
    authority.cert_pem.write_to_path(path)
    with FakeKibana.example().serve(ssl_context=context) as fake:
        shell.talk_to(fake)
        yield path


@pytest.mark.usefixtures("ca")
def test_a_certificate_nobody_knows_is_1_and_says_how_to_pass_a_ca(shell: Shell) -> None:
    """In one line."""
    assert_one_line(shell.run("policies"), 1, "certificate verify failed", "--ca-cert")


def test_the_ca_can_be_given_by_option(shell: Shell, ca: Path) -> None:
    """`--ca-cert`."""
    assert shell.run("policies", "--ca-cert", ca).code == 0


@pytest.mark.parametrize("name", ["KIBANA_CA_CERT", "KIBANA_CA_CERTS"])
def test_the_ca_can_be_given_by_environment(shell: Shell, ca: Path, name: str) -> None:
    """Under both names."""
    shell.set(**{name: str(ca)})

    assert shell.run("policies").code == 0


@pytest.mark.usefixtures("ca")
def test_a_ca_that_is_no_certificate_is_told(shell: Shell) -> None:
    """Not taken for none."""
    (shell.folder / "wrong.pem").write_text("hello\n")

    ended = shell.run("policies", "--ca-cert", "wrong.pem")

    assert ended.code in {1, 64}
    assert len(ended.err.splitlines()) == 1
    assert ended.out == ""


def test_variables_of_the_http_library_do_not_change_whom_we_trust(shell: Shell, ca: Path) -> None:
    """What was given wins over `REQUESTS_CA_BUNDLE`."""
    shell.set(REQUESTS_CA_BUNDLE="/nowhere.pem", CURL_CA_BUNDLE="/nowhere.pem")

    assert shell.run("policies", "--ca-cert", ca).code == 0


@pytest.mark.parametrize("apart", [True, False])
def test_a_client_certificate_is_shown_to_a_kibana_that_asks(shell: Shell, *, apart: bool) -> None:
    """With its key in a file of its own, or in the same file."""
    authority = trustme.CA()
    context = context_of(authority)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.cert_pem.write_to_path(shell.folder / "ca.pem")
    issued = authority.issue_cert("client@corp.example")
    issued.cert_chain_pems[0].write_to_path(shell.folder / "c.pem")
    issued.private_key_pem.write_to_path(shell.folder / "k.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(shell.folder / "both.pem")
    words = ("--client-cert", "c.pem", "--client-key", "k.pem") if apart else ()
    with FakeKibana.example().serve(ssl_context=context) as fake:
        shell.talk_to(fake)
        ended = shell.run(
            *("policies", "--ca-cert", "ca.pem"), *(words or ("--client-cert", "both.pem"))
        )

    assert ended.code == 0, ended.err


@dataclass(frozen=True)
class Estate:
    """A Kibana and a mirror, each with a certificate of an authority of its own."""

    mirror: str
    kibana_ca: Path
    mirror_ca: Path


@pytest.fixture
def estate(shell: Shell) -> Iterator[Estate]:
    """An estate whose Kibana the shell's environment leads to."""
    folder = shell.folder
    for name in ("kibana", "mirror"):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / f"{name}-ca.pem")
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "kibana.pem")
    pair = (str(folder / "mirror.pem"),) * 2
    with (
        FakeKibana(VERSION).serve(ssl_context=context) as fake,
        FakeArtifactServer({VERSION: example_artifacts(VERSION)}, tls=pair) as mirror,
    ):
        agents = fake.add_agent_policy("servers")
        fake.add_policy("Servers", agent_policies=[agents])
        fake.enrol(agents, version=VERSION)
        shell.talk_to(fake)
        yield Estate(mirror.url, folder / "kibana-ca.pem", folder / "mirror-ca.pem")


def test_the_ca_of_every_server_is_trusted_for_kibana_and_the_mirror(
    shell: Shell, estate: Estate
) -> None:
    """One file with both authorities is all that a command needs."""
    both = shell.folder / "both.pem"
    both.write_bytes(estate.kibana_ca.read_bytes() + estate.mirror_ca.read_bytes())

    checked = shell.run("mirror", "check", estate.mirror, "--fleet", "--ca-cert", both)
    planned = shell.run("plan", "--base-url", estate.mirror, "--ca-cert", both)

    assert checked.code == 0, checked.err
    assert planned.code == 2, planned.err
    assert "could not be reached" not in planned.out


@pytest.mark.parametrize("by", ["option", "environment"])
def test_kibana_may_have_an_authority_that_the_mirror_has_not(
    shell: Shell, estate: Estate, by: str
) -> None:
    """`--ca-cert` is then the mirror's, whether an option or a variable names Kibana's."""
    words = ("--kibana-ca-cert", estate.kibana_ca) if by == "option" else ()
    shell.set(KIBANA_CA_CERT=None if words else str(estate.kibana_ca))

    ended = shell.run(
        "mirror", "check", estate.mirror, "--fleet", "--ca-cert", estate.mirror_ca, *words
    )

    assert ended.code == 0, ended.err


def test_an_option_for_one_server_is_taken_in_place_of_that_for_all(
    shell: Shell, estate: Estate
) -> None:
    """What is given for Kibana alone must be Kibana's."""
    words = ("--ca-cert", estate.kibana_ca, "--kibana-ca-cert", estate.mirror_ca)

    assert_one_line(shell.run("policies", *words), 1, "certificate verify failed")


def test_endpoints_ask_a_mirror_with_the_ca_of_every_server(shell: Shell, estate: Estate) -> None:
    """And an Elasticsearch over plain HTTP needs none."""
    both = shell.folder / "both.pem"
    both.write_bytes(estate.kibana_ca.read_bytes() + estate.mirror_ca.read_bytes())
    shell.set(ELASTICSEARCH_URL="http://127.0.0.1:9", KIBANA_CA_CERT=None)

    ended = shell.run("endpoints", "--mirror", estate.mirror, "--ca-cert", both)

    assert ended.code == 1
    assert "plain HTTP" not in ended.err


@pytest.mark.parametrize("option", ["--ca-cert", "--mirror-ca-cert"])
def test_doctor_asks_the_mirrors_of_a_closed_network_with_their_ca(
    shell: Shell, estate: Estate, option: str
) -> None:
    """Most of them have a certificate of the company's own authority."""
    shell.set(KIBANA_CA_CERT=str(estate.kibana_ca))
    trusting = ("--mirror-ca-cert", estate.mirror_ca, "--journal", shell.folder / "j")
    assert shell.run("apply", "--base-url", estate.mirror, "--yes", *trusting).code == 0

    unknown = shell.run("doctor", "--air-gap", "--format", "json")
    known = shell.run("doctor", "--air-gap", "--format", "json", option, estate.mirror_ca)

    assert state_of_mirror(unknown.out, estate.mirror) == "not-seen"
    assert state_of_mirror(known.out, estate.mirror) == "ok"


def state_of_mirror(printed: str, url: str) -> str:
    """Return how the row of a mirror stands in what `doctor --air-gap` printed."""
    (row,) = [row for row in json.loads(printed)["rows"] if row["check"] == f"mirror {url}"]
    return str(row["state"])


def test_doctor_refuses_a_ca_of_mirrors_that_cannot_be_read(shell: Shell, estate: Estate) -> None:
    """A mistake of the operator is not a mirror that was not seen."""
    shell.set(KIBANA_CA_CERT=str(estate.kibana_ca))

    ended = shell.run("doctor", "--air-gap", "--mirror-ca-cert", "/nowhere.pem")

    assert_one_line(ended, 64, "CA certificate", "/nowhere.pem")
