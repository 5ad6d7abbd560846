"""Different files with one ETag: it does not follow what is served, so no change is noticed (pure).

An endpoint compares the manifest's ETag to know that something is new (security-docs 3429). A
server that sends the same one for everything looks healthy in each single answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from elastic_mirror_policy.mirror.checking.etag import follows_time


@dataclass(frozen=True, slots=True)
class Tagged:
    """An answer as far as its ETag goes.

    Attributes:
        path: What was asked for.
        etag: Its ETag as sent.
        modified: Its Last-Modified in seconds since 1970, or None.
        content: What tells its bytes from others.
    """

    path: str
    etag: str | None
    modified: int | None
    content: str


def same_etags(
    manifests: Iterable[Tagged], artifacts: Iterable[Tagged] = ()
) -> Mapping[str, Tagged]:
    """Return the paths of manifests whose ETag another file has too, and that file.

    Where the ETag is made of the file's time, files of the same time may share it.
    """
    listed = tuple(manifests)
    by_etag: dict[str, list[Tagged]] = {}
    for one in (*listed, *artifacts):
        if one.etag:
            by_etag.setdefault(one.etag, []).append(one)
    found = {}
    for one in listed:
        alike = by_etag.get(one.etag or "", ())
        other = next((other for other in alike if _contradicts(one, other)), None)
        if other is not None:
            found[one.path] = other
    return found


def _contradicts(one: Tagged, other: Tagged) -> bool:
    timed = one.modified == other.modified and follows_time(one.etag or "", one.modified)
    return one.content != other.content and not timed
