"""What a mirror in proxy mode asks its upstream, and what it does when the upstream changes."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from support.mirrors import (
    HIDDEN,
    HOST,
    MANIFEST,
    Certificates,
    Changes,
    Combination,
    Mirror,
    ServerName,
    StartMirror,
    upstream_answer,
)
from support.probe import Probe
from support.web_servers import WebServers, eventually

from elastic_mirror_policy.mirror.checking.etag import ETagClass, classify
from elastic_mirror_policy.mirror.webservers.webserver import webserver_config
from elastic_mirror_policy.testing.artifact_server import ETagStyle

LARGE = "/downloads/endpoint/manifest/artifacts-7.7.7.zip"


def test_the_upstream_is_asked_by_its_own_name(proxy: Mirror) -> None:
    """A CDN does not know the mirror's name."""
    proxy.ask(MANIFEST, user_agent="Synthetic Agent/1.0")

    headers = proxy.upstream.requests[0].headers
    assert headers["host"] == proxy.upstream.url.replace("http://127.0.0.1", "localhost")
    assert headers["user-agent"] == "Synthetic Agent/1.0"


class Recorder(HTTPServer):
    """A TLS server that writes down which name it was asked by."""

    def __init__(self, certificates: Certificates) -> None:
        super().__init__(("127.0.0.1", 0), BaseHTTPRequestHandler)
        self.names: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.cert, certificates.key)
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.socket = context.wrap_socket(self.socket, server_side=True)


@pytest.fixture
def recorder(certificates: Certificates) -> Iterator[Recorder]:
    """Run the recorder in a thread."""
    with Recorder(certificates) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_tls_names_the_upstream(
    server: ServerName, servers: WebServers, recorder: Recorder, certificates: Certificates
) -> None:
    """The name is part of the TLS greeting (SNI), without which a CDN cannot pick a certificate."""
    home = servers.home()
    config = webserver_config(
        server,
        mode="proxy",
        server_name=HOST,
        listen=f"127.0.0.1:{home.port}",
        upstream=f"https://localhost:{recorder.server_port}",
        upstream_ca=certificates.ca,
        cache_dir=home.cache,
        log_dir=home.logs,
    )
    servers.run(server, home, config)

    Probe(home.port, HOST).ask(MANIFEST)

    assert set(recorder.names) == {"localhost"}


def test_nothing_of_the_client_network_goes_upstream(proxy: Mirror) -> None:
    """No credential, no cookie, no address and no name of the mirror reaches the upstream."""
    proxy.ask(MANIFEST, authorization="Basic c3ludGhldGlj", cookie="a=b", accept_encoding="gzip")

    headers = proxy.upstream.requests[0].headers
    assert not {"authorization", "cookie", "accept-encoding", "via"} & set(headers)
    assert not [name for name in headers if name.startswith("x-forwarded")]
    assert HOST not in " ".join(headers.values())


@pytest.mark.parametrize("path", [*HIDDEN[1:], "/downloads/%2erecord"])
def test_hidden_files_are_not_even_asked_for(proxy: Mirror, path: str) -> None:
    """A hidden path stops at the mirror."""
    proxy.ask(path)

    assert proxy.upstream.requests == ()


def reaches_upstream(mirror: Mirror, path: str) -> bool:
    """Whether the upstream is asked when the mirror is."""
    before = len(mirror.upstream.requests)
    mirror.ask(path)
    return len(mirror.upstream.requests) > before


def test_an_artifact_is_kept(proxy: Mirror) -> None:
    """Once it is in the cache, the upstream is not asked for it."""
    eventually(lambda: reaches_upstream(proxy, proxy.artifact), lambda reached: not reached)

    assert not reaches_upstream(proxy, proxy.artifact)


def test_a_large_file_is_kept_too(server: ServerName, start_mirror: StartMirror) -> None:
    """The limit of Apache's cache, one megabyte unless set, does not apply."""
    data = bytes(range(256)) * 12_000
    mirror = start_mirror(
        Combination(server, "proxy"), upstream=lambda up: up.serve_manifest("7.7.7", data)
    )
    eventually(lambda: reaches_upstream(mirror, LARGE), lambda reached: not reached)

    assert not reaches_upstream(mirror, LARGE)
    assert mirror.ask(LARGE).body == data


def test_who_has_another_etag_makes_apache_ask_again(proxy: Mirror) -> None:
    """From its cache nginx answers; Apache asks the upstream for each such request."""
    eventually(lambda: reaches_upstream(proxy, proxy.artifact), lambda reached: not reached)
    before = len(proxy.upstream.requests)

    answer = proxy.ask(proxy.artifact, if_none_match='"other"')

    assert answer.status == 200
    asked = len(proxy.upstream.requests) - before
    assert asked == {"nginx": 0, "apache": 1}[proxy.combination.server]


def test_a_condition_on_an_empty_cache_is_answered(proxy: Mirror) -> None:
    """The first request of all may be a conditional one."""
    known = upstream_answer(proxy)

    answer = proxy.ask(MANIFEST, if_none_match=str(known.etag))

    assert (answer.status, answer.etag, answer.body) == (304, known.etag, b"")


@pytest.mark.parametrize("style", [ETagStyle.PLAIN, ETagStyle.WEAK, ETagStyle.UNQUOTED])
def test_the_upstream_etag_is_passed_on(
    server: ServerName, start_mirror: StartMirror, style: ETagStyle
) -> None:
    """What endpoints would get from the upstream, they get from the mirror."""
    mirror = start_mirror(
        Combination(server, "proxy"), upstream=lambda up: setattr(up, "etag_style", style)
    )

    answers = [mirror.ask(MANIFEST) for _ in range(2)]

    assert {answer.etag for answer in answers} == {upstream_answer(mirror).etag}


@pytest.fixture
def dashed(server: ServerName, start_mirror: StartMirror) -> Mirror:
    """Return a mirror of an upstream whose ETags look like those of a plain nginx."""
    return start_mirror(
        Combination(server, "proxy"),
        upstream=lambda up: setattr(up, "etag_style", ETagStyle.DASHED),
    )


def test_a_dash_of_the_upstream_goes(dashed: Mirror) -> None:
    """A mirror of a mirror that runs a plain nginx or Apache has a good ETag."""
    answers = [dashed.ask(MANIFEST) for _ in range(2)]

    wanted = str(upstream_answer(dashed).etag).replace("-", "")
    assert [answer.etag for answer in answers] == [wanted, wanted]
    assert classify(wanted) is ETagClass.GOOD


def test_without_the_dash_only_apache_answers_304(dashed: Mirror) -> None:
    """What nginx compares with is what the upstream sent; endpoints then get the whole manifest."""
    etag = str(dashed.ask(MANIFEST).etag)

    answer = dashed.ask(MANIFEST, if_none_match=etag)

    assert answer.etag == etag
    assert answer.status == {"nginx": 200, "apache": 304}[dashed.combination.server]


@pytest.mark.parametrize("fault", ["authority", "name"])
def test_an_upstream_with_a_wrong_certificate_is_refused(
    server: ServerName,
    start_mirror: StartMirror,
    tmp_path_factory: pytest.TempPathFactory,
    fault: str,
) -> None:
    """Nothing is taken from a server that cannot prove to be the upstream."""
    name = {"authority": "localhost", "name": "other.test"}[fault]
    shown = Certificates.create(tmp_path_factory.mktemp("other"), name)
    changes: Changes = {"upstream_certificates": shown}
    if fault == "name":
        changes["upstream_ca"] = shown.ca
    mirror = start_mirror(Combination(server, "proxy", tls=True), **changes)

    answer = mirror.ask(MANIFEST)

    assert answer.status >= 500
    assert mirror.upstream.requests == ()


def test_an_upstream_named_by_its_address_is_refused(
    server: ServerName, start_mirror: StartMirror
) -> None:
    """Neither server looks for an address in a certificate: the upstream needs a name."""
    mirror = start_mirror(
        Combination(server, "proxy", tls=True),
        edit=lambda config: config.replace("https://localhost", "https://127.0.0.1"),
    )

    answer = mirror.ask(MANIFEST)

    assert answer.status >= 500
    assert mirror.upstream.requests == ()
