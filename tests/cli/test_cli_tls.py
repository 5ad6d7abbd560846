"""TLS from the command line: an unknown authority is told with its remedy."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from support.commands import Shell, assert_one_line

from elastic_mirror_policy.testing import FakeKibana


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
