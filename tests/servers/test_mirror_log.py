"""What the real servers write to their logs is what `mirror log` reads."""

from support.mirrors import MANIFEST, VERSION, Mirror

from elastic_mirror_policy.mirror import read_access_logs


def test_the_log_of_a_real_server_is_read(mirror: Mirror) -> None:
    """Given out, unchanged, refused and other requests are told apart, and no line is damaged."""
    etag = str(mirror.ask(MANIFEST).etag)
    mirror.ask(MANIFEST, if_none_match=etag)
    mirror.ask(mirror.artifact)
    mirror.ask(MANIFEST.replace(VERSION, "1.2.3"))
    mirror.ask("/a%22b/%0a", user_agent='forged" 200 1 "')
    mirror.home.log_lines(count=5)

    report = read_access_logs([mirror.home.logs / "elastic-mirror.access.log"])
    made = {one.endpoint_version: one for one in report.callers[0].manifests}

    assert report.damaged == 0
    assert report.others
    assert [caller.address for caller in report.callers] == ["127.0.0.1"]
    assert made[VERSION].delivered
    assert made[VERSION].unchanged
    assert (made["1.2.3"].refused, made["1.2.3"].served) == (1, False)
    assert report.callers[0].artifacts is not None
