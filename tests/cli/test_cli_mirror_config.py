"""`mirror config`: every option reaches the configuration that is printed."""

import pytest

from elastic_mirror_policy._cli import USAGE, run
from elastic_mirror_policy.mirror.webservers.webserver import webserver_config

STATIC = ("--server-name", "mirror.test", "--root", "/srv/mirror")
PROXY = ("--server-name", "mirror.test", "--mode", "proxy")


def config(server: str, *options: str) -> int:
    """Return the exit code of the command."""
    return run(["mirror", "config", server, *options])


@pytest.mark.parametrize(
    ("server", "options", "line"),
    [
        ("nginx", (*PROXY, "--upstream-ca", "/pki/up.pem"), 'certificate "/pki/up.pem";'),
        ("apache", (*PROXY, "--cache-dir", "/data/cache"), 'CacheRoot "/data/cache"'),
        ("nginx", (*STATIC, "--log-dir", "/data/log"), 'log "/data/log/elastic-mirror.error.log'),
        ("nginx", (*PROXY, "--upstream", "http://up.test"), '"http://up.test/downloads/"'),
        ("nginx", (*STATIC, "--listen", "8080"), "listen 8080"),
        ("apache", (*STATIC, "--prefix", "/mirror"), '"/mirror/downloads/"'),
        ("nginx", STATIC, 'root "/srv/mirror";'),
    ],
)
def test_each_option_reaches_the_printed_configuration(
    capsys: pytest.CaptureFixture[str], server: str, options: tuple[str, ...], line: str
) -> None:
    """What is asked for on the command line stands in the file."""
    code = config(server, *options)

    assert code == 0
    assert line in capsys.readouterr().out


def test_the_certificate_and_its_key_reach_the_printed_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With both the mirror is served over TLS."""
    code = config("nginx", *STATIC, "--tls-cert", "/tls/m.pem", "--tls-key", "/tls/m.key")

    printed = capsys.readouterr().out
    assert code == 0
    assert 'ssl_certificate "/tls/m.pem";' in printed
    assert 'ssl_certificate_key "/tls/m.key";' in printed


def test_what_is_printed_is_what_python_returns(capsys: pytest.CaptureFixture[str]) -> None:
    """Without further options the defaults of the command are those of the function."""
    config("apache", *PROXY)

    expected = webserver_config("apache", mode="proxy", server_name="mirror.test")
    assert capsys.readouterr().out.strip() == expected.strip()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ((*STATIC, "--upstream-ca", "/pki/up.pem"), "upstream_ca has no effect in static mode"),
        ((*STATIC, "--log-dir", '/log";}'), "log_dir"),
    ],
)
def test_an_option_that_cannot_be_used_is_a_mistake_in_the_command_line(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], named: str
) -> None:
    """Nothing is printed, and the message names the option."""
    code = config("nginx", *options)

    printed = capsys.readouterr()
    assert code == USAGE
    assert printed.out == ""
    assert named in printed.err
