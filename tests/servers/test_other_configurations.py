"""What other configurations do to a mirror, among them the one of Elastic's documentation.

These are measurements: they say why the product's configuration is as it is. The documentation of
air-gapped environments takes the dash out of nginx's ETag with a map, and sets `FileETag MTime`
in Apache; the configurations here are composed from that description.
"""

import os
import re
import sys
import time

import pytest
from support.mirrors import HOST, MANIFEST, VERSION
from support.probe import Probe
from support.server_sites import (
    DOCUMENTED_MAP,
    GZIP,
    MAP_WITH_DEFAULT,
    USE_MAP,
    apache_files,
    nginx_files,
    nginx_proxy,
)
from support.web_servers import WebServers

from elastic_mirror_policy.mirror.checking.etag import ETagClass, classify
from elastic_mirror_policy.testing.artifact_server import ETagStyle, FakeArtifactServer

DASHED = re.compile(r'"[0-9a-f]+-[0-9a-f]+"')


def test_plain_nginx_has_a_dash(nginx: WebServers) -> None:
    """What endpoints are documented to reject is what nginx gives by itself, with 304 for it."""
    plain = nginx_files(nginx)

    answer = plain.ask()

    assert DASHED.fullmatch(str(answer.etag))
    assert plain.ask(if_none_match=str(answer.etag)).status == 304


def test_the_documented_map_takes_the_dash_out_and_304_with_it(nginx: WebServers) -> None:
    """The server goes on comparing with the ETag that it no longer shows."""
    hidden = str(nginx_files(nginx).ask().etag)
    mapped = nginx_files(nginx, USE_MAP, DOCUMENTED_MAP)

    shown = str(mapped.ask().etag)

    assert shown == hidden.replace("-", "")
    assert mapped.ask(if_none_match=shown).status == 200
    assert mapped.ask(if_none_match=hidden).status == 304


def test_the_documented_map_leaves_the_file_time_alone(nginx: WebServers) -> None:
    """If-Modified-Since still gets 304."""
    mapped = nginx_files(nginx, USE_MAP, DOCUMENTED_MAP)

    since = mapped.ask().headers["last-modified"]

    assert mapped.ask(if_modified_since=since).status == 304


def test_compression_makes_the_etag_of_nginx_weak(nginx: WebServers) -> None:
    """With gzip, the mapped ETag gets `W/` and the length is lost."""
    zipped = nginx_files(nginx, f"{GZIP} {USE_MAP}", DOCUMENTED_MAP)

    answer = zipped.ask(accept_encoding="gzip")

    assert classify(answer.etag) is ETagClass.WEAK
    assert "content-length" not in answer.headers
    assert answer.headers["transfer-encoding"] == "chunked"


def test_a_plain_proxy_passes_the_etag_on(nginx: WebServers) -> None:
    """What the upstream sends arrives."""
    with FakeArtifactServer.example(VERSION) as upstream:
        answer = nginx_proxy(nginx, upstream).ask()

    assert classify(answer.etag) is ETagClass.GOOD


def test_compression_makes_the_etag_of_a_proxy_weak(nginx: WebServers) -> None:
    """With gzip, the upstream's ETag gets `W/` and the length is lost."""
    with FakeArtifactServer.example(VERSION) as upstream:
        answer = nginx_proxy(nginx, upstream, GZIP).ask(accept_encoding="gzip")

    assert classify(answer.etag) is ETagClass.WEAK
    assert answer.headers["transfer-encoding"] == "chunked"


def test_the_documented_map_removes_the_etag_of_an_upstream(nginx: WebServers) -> None:
    """The map has no default: an ETag without a dash becomes nothing, and endpoints stop."""
    with FakeArtifactServer.example(VERSION) as upstream:
        answer = nginx_proxy(nginx, upstream, USE_MAP, DOCUMENTED_MAP).ask()

    assert (answer.status, answer.etag) == (200, None)


@pytest.mark.parametrize("style", [ETagStyle.PLAIN, ETagStyle.DASHED])
def test_a_map_with_a_default_is_safe_in_a_proxy(nginx: WebServers, style: ETagStyle) -> None:
    """The ETag is there, with and without a dash to take out."""
    with FakeArtifactServer.example(VERSION) as upstream:
        upstream.etag_style = style
        answer = nginx_proxy(nginx, upstream, USE_MAP, MAP_WITH_DEFAULT).ask()

    assert classify(answer.etag) is ETagClass.GOOD


def test_a_map_with_a_default_is_safe_for_files(nginx: WebServers) -> None:
    """The dash goes."""
    answer = nginx_files(nginx, USE_MAP, MAP_WITH_DEFAULT).ask()

    assert classify(answer.etag) is ETagClass.GOOD


def test_nginx_joins_slashes_and_minds_case(nginx: WebServers) -> None:
    """A doubled slash is forgiven, a wrong case is not, and 404 has no ETag."""
    plain = nginx_files(nginx)

    missing = plain.ask(MANIFEST.replace("endpoint", "Endpoint"))

    assert plain.ask("/" + MANIFEST).status == 200
    assert (missing.status, missing.etag) == (404, None)


def test_nginx_serves_a_path_by_alias(nginx: WebServers) -> None:
    """A base URL with a path works."""
    aliased = nginx_files(nginx, "location /mirror/ { alias ROOT/; }")

    assert aliased.ask("/mirror" + MANIFEST).status == 200


def test_plain_apache_has_a_dash(apache: WebServers) -> None:
    """Length and time, joined by a dash."""
    assert DASHED.fullmatch(str(apache_files(apache).ask().etag))


def test_the_documented_setting_takes_the_dash_out_and_keeps_304(apache: WebServers) -> None:
    """`FileETag MTime` is enough for Apache."""
    mtime = apache_files(apache, "FileETag MTime")

    etag = str(mtime.ask().etag)

    assert classify(etag) is ETagClass.GOOD
    assert mtime.ask(if_none_match=etag).status == 304


def test_compression_brings_the_dash_back_in_apache(apache: WebServers) -> None:
    """mod_deflate adds `-gzip` to the ETag."""
    zipped = apache_files(apache, "FileETag MTime\nSetOutputFilter DEFLATE")

    answer = zipped.ask(accept_encoding="gzip")

    assert str(answer.etag).endswith('-gzip"')
    assert classify(answer.etag) is ETagClass.DASHED


def test_apache_calls_a_fresh_file_weak(apache: WebServers) -> None:
    """A file that was changed in this second, or in time to come, has `W/` before its ETag."""
    mtime = apache_files(apache, "FileETag MTime")
    fresh = mtime.home.root / "fresh"
    fresh.write_text("fresh")
    os.utime(fresh, (time.time() + 3600,) * 2)

    answer = mtime.ask("/fresh")

    assert classify(answer.etag) is ETagClass.WEAK


def test_a_digest_of_apache_has_unusual_characters(apache: WebServers) -> None:
    """`FileETag Digest` is strong and made of the content, but written in base64."""
    digest = apache_files(apache, "FileETag Digest")

    answer = digest.ask()

    assert classify(answer.etag) is ETagClass.UNUSUAL
    assert digest.ask(if_none_match=str(answer.etag)).status == 304


def test_apache_joins_slashes(apache: WebServers) -> None:
    """A doubled slash is forgiven."""
    assert apache_files(apache).ask("/" + MANIFEST).status == 200


def test_the_server_of_python_has_no_etag(servers: WebServers) -> None:
    """`python -m http.server` sends none: endpoints would not load anything new from it."""
    home = servers.home()
    FakeArtifactServer.example(VERSION).dump(home.root)
    servers.start(
        [sys.executable, "-m", "http.server", str(home.port), "--bind", "127.0.0.1"], home
    )

    answer = Probe(home.port, HOST).ask(MANIFEST)

    assert (answer.status, answer.etag) == (200, None)
