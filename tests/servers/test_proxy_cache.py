"""What a mirror in proxy mode does when its upstream changes, fails and comes back."""

from dataclasses import replace

import pytest
from support.mirrors import MANIFEST, Mirror, came_from_the_cache, upstream_answer
from support.probe import Answer
from support.web_servers import eventually

from elastic_mirror_policy.testing._artifacts.faults import ArtifactFault, status


def test_a_new_release_is_seen(proxy: Mirror) -> None:
    """An endpoint that has the old manifest gets the new one soon after it is published."""
    old = proxy.ask(MANIFEST)
    proxy.upstream.release()

    answer = eventually(
        lambda: proxy.ask(MANIFEST, if_none_match=str(old.etag)), lambda found: found.status != 304
    )

    new = upstream_answer(proxy)
    assert (answer.status, answer.etag, answer.body) == (200, new.etag, new.body)
    assert new.etag != old.etag


def says(cache_control: str) -> ArtifactFault:
    """Return what makes the upstream give orders to caches, and a cookie."""
    more = {"Cache-Control": cache_control, "Set-Cookie": "synthetic=1"}
    return lambda answer: replace(answer, headers={**answer.headers, **more})


@pytest.mark.parametrize("cache_control", ["max-age=86400", "no-store"])
def test_how_long_a_manifest_is_kept_is_the_mirror_s_decision(
    proxy: Mirror, cache_control: str
) -> None:
    """A release is not missed for a day, and every endpoint does not reach the upstream."""
    proxy.upstream.inject("artifacts-", says(cache_control))
    old = eventually(lambda: proxy.ask(MANIFEST), came_from_the_cache)
    proxy.upstream.release()

    answer = eventually(lambda: proxy.ask(MANIFEST), lambda found: found.etag != old.etag)

    assert came_from_the_cache(old)
    assert answer.etag == upstream_answer(proxy).etag
    assert "set-cookie" not in answer.headers


def test_an_unchanged_manifest_is_not_sent_again(proxy: Mirror) -> None:
    """When its time is over, the cache asks the upstream with the ETag it has."""
    old = proxy.ask(MANIFEST)

    eventually(lambda: proxy.ask(MANIFEST), lambda _answer: len(proxy.upstream.requests) > 1)

    again = proxy.upstream.requests[1]
    assert (again.status, again.headers["if-none-match"]) == (304, old.etag)
    assert proxy.ask(MANIFEST).body == old.body


def stale(mirror: Mirror, **headers: str) -> Answer:
    """Ask until the cache's time is over and the answer comes from it all the same."""
    mirror.upstream.inject("artifacts-", status(503))
    asked = len(mirror.upstream.requests)
    eventually(lambda: mirror.ask(MANIFEST), lambda _answer: len(mirror.upstream.requests) > asked)
    return mirror.ask(MANIFEST, **headers)


def test_an_upstream_that_fails_is_not_seen_by_endpoints(proxy: Mirror) -> None:
    """The last good manifest is served while the upstream answers with errors."""
    old = proxy.ask(MANIFEST)

    answer = stale(proxy)

    assert (answer.status, answer.etag, answer.body) == (200, old.etag, old.body)


def test_an_upstream_that_is_away_is_not_seen_by_endpoints(proxy: Mirror) -> None:
    """The last good manifest is served while the upstream cannot be reached."""
    old = proxy.ask(MANIFEST)
    stale(proxy)
    proxy.upstream.__exit__(None, None, None)
    try:
        answer = proxy.ask(MANIFEST)
    finally:
        proxy.upstream.__enter__()

    assert (answer.status, answer.etag, answer.body) == (200, old.etag, old.body)


def test_a_stale_manifest_is_304_in_nginx_only(proxy: Mirror) -> None:
    """Apache sends a stale manifest whole; the ETag is the same in both."""
    old = proxy.ask(MANIFEST)

    answer = stale(proxy, if_none_match=str(old.etag))

    assert answer.etag == old.etag
    assert answer.status == {"nginx": 304, "apache": 200}[proxy.combination.server]


def test_the_upstream_counts_again_when_it_is_back(proxy: Mirror) -> None:
    """A release that was published meanwhile arrives."""
    old = proxy.ask(MANIFEST)
    stale(proxy)
    proxy.upstream.release()
    proxy.upstream.heal()

    answer = eventually(lambda: proxy.ask(MANIFEST), lambda found: found.etag != old.etag)

    assert answer.body == upstream_answer(proxy).body


def test_a_manifest_that_was_withdrawn_goes(proxy: Mirror) -> None:
    """404 is an answer, not a failure: it is passed on."""
    proxy.ask(MANIFEST)
    proxy.upstream.inject("artifacts-", status(404))

    answer = eventually(lambda: proxy.ask(MANIFEST), lambda found: found.status != 200)

    assert answer.status == 404


def test_an_empty_cache_and_no_upstream_is_an_error(proxy: Mirror) -> None:
    """Nothing is made up: without anything to serve, the answer is an error of the server."""
    proxy.upstream.inject("artifacts-", status(503))

    answer = proxy.ask(MANIFEST)

    assert (answer.status, answer.etag) == (503, None)
