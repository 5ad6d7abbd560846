"""Bundles that are not what they say: members, headers, indexes and lengths of any kind."""

import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from hypothesis import strategies as st
from support.mutations import Mutation, dumped, mutated

from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy.mirror.bundles.tar import END, header, padding

INDEX: Final = "bundle-index.json"
TYPES: Final = (
    *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE),
    *(tarfile.FIFOTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.GNUTYPE_SPARSE, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.REGTYPE, tarfile.AREGTYPE, b"V", b"\xff"),
)
NAMES: Final = (
    *("", ".", "..", "/", "../outside", "/srv/outside", "a/../../outside", "./a", "a//b", "a/"),
    *("downloads", "downloads/endpoint/manifest/artifacts-9.1.3.zip", "C:\\outside", "con", INDEX),
    *(".elastic-mirror-policy/sync.json", "a\x1b[2J", "\u202eexe", "x" * 100, "\xff"),
)
SIZES: Final = (0, 1, 511, 513, 2**31, 8**11 - 1)
CHECKSUM: Final = slice(148, 156)

Member: TypeAlias = tuple[bytes, bytes]
"""A header of 512 bytes, and what follows it."""

Damage: TypeAlias = Callable[[list[Member]], bytes]
"""Takes the members of a good bundle and returns another bundle."""


def members(bundle: bytes) -> list[Member]:
    """Return the members of a good bundle."""
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        return [
            (
                bundle[info.offset : info.offset_data],
                bundle[info.offset_data : info.offset_data + info.size],
            )
            for info in archive
        ]


def joined(parts: Sequence[Member], end: bytes = END) -> bytes:
    """Return the bundle of these members."""
    return b"".join(head + data + padding(len(data)) for head, data in parts) + end


def summed(head: bytes) -> bytes:
    """Return a header whose checksum is right, whatever else it says."""
    blank = head[: CHECKSUM.start] + b" " * 8 + head[CHECKSUM.stop :]
    return head[: CHECKSUM.start] + f"{sum(blank):06o}\0 ".encode() + head[CHECKSUM.stop :]


def member(name: str, data: bytes = b"", *, kind: bytes = b"0", size: int | None = None) -> Member:
    """Return a member of any kind; its size may be a lie."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/srv/outside"
    info.size = len(data) if size is None else size
    return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "replace")[-512:], data


@dataclass(frozen=True, slots=True)
class Headed:
    """Some bytes of a header are others, and its checksum fits."""

    number: int
    place: int
    value: bytes

    def __call__(self, parts: list[Member]) -> bytes:
        """Return the bundle."""
        head, data = parts[self.number % len(parts)]
        start = self.place % (len(head) - len(self.value))
        head = head[:start] + self.value + head[start + len(self.value) :]
        parts[self.number % len(parts)] = (summed(head), data)
        return joined(parts)


@dataclass(frozen=True, slots=True)
class Inserted:
    """There is one more member."""

    number: int
    name: str
    kind: bytes
    size: int
    data: bytes

    def __call__(self, parts: list[Member]) -> bytes:
        """Return the bundle."""
        more = member(self.name, self.data, kind=self.kind, size=self.size)
        parts.insert(self.number % (len(parts) + 1), more)
        return joined(parts)


@dataclass(frozen=True, slots=True)
class Ordered:
    """Members are left out, there twice, or elsewhere; or the end is missing."""

    order: Sequence[int]
    end: bytes

    def __call__(self, parts: list[Member]) -> bytes:
        """Return the bundle."""
        return joined([parts[number % len(parts)] for number in self.order], self.end)


@dataclass(frozen=True, slots=True)
class Indexed:
    """The index says something else, and its header has its length."""

    changes: Sequence[Mutation]

    def __call__(self, parts: list[Member]) -> bytes:
        """Return the bundle."""
        return with_index(parts, dumped(mutated(decode(parts[0][1]), self.changes)))


@dataclass(frozen=True, slots=True)
class Cut:
    """It ends early, or goes on."""

    part: float
    more: bytes

    def __call__(self, parts: list[Member]) -> bytes:
        """Return the bundle."""
        data = joined(parts)
        return data[: int(len(data) * self.part)] + self.more


def with_index(parts: Sequence[Member], index: bytes) -> bytes:
    """Return the bundle with another index."""
    return joined([(header(INDEX, len(index), 0), index), *parts[1:]])


def changed_index(change: Callable[[JsonValue], object]) -> Callable[[list[Member]], bytes]:
    """Return what changes the index of a bundle."""

    def changed(parts: list[Member]) -> bytes:
        index = decode(parts[0][1])
        change(index)
        return with_index(parts, json.dumps(index).encode())

    return changed


def damages(mutations: st.SearchStrategy[list[Mutation]]) -> st.SearchStrategy[Damage]:
    """Return everything that can become of a bundle; half of it is a changed index."""
    return st.one_of(
        st.builds(Indexed, mutations),
        st.builds(Indexed, mutations),
        st.builds(
            Headed, st.integers(0, 9), st.integers(0, 511), st.binary(min_size=1, max_size=12)
        ),
        st.builds(
            Inserted,
            st.integers(0, 9),
            st.sampled_from(NAMES),
            st.sampled_from(TYPES),
            st.sampled_from(SIZES),
            st.binary(max_size=600),
        ),
        st.builds(
            Ordered, st.lists(st.integers(0, 9), max_size=9), st.sampled_from([END, b"", END[:512]])
        ),
        st.builds(Cut, st.floats(0, 1), st.binary(max_size=9)),
    )


def zeros(count: int) -> Damage:
    """Return what puts so many values into an index that are none of its kind."""
    return lambda parts: with_index(parts, b'{"files": [' + b"0," * count + b"0]}")


def first_named(name: str) -> Damage:
    """Return what gives the first artifact another name, in the index too."""
    return changed_index(lambda index: index["files"][0].update(path=name))


def prefixed(kind: bytes, size: int) -> Damage:
    """Return what puts a header of a special kind before the members."""
    return lambda parts: joined([member("x", b"y" * 512, kind=kind, size=size), *parts])


WORST_BUNDLES: Final[Mapping[str, Damage]] = {
    "nothing": lambda _: b"",
    "zeros": lambda _: bytes(10_240),
    "page": lambda _: b"<html>" * 1000,
    "cut": lambda parts: joined(parts)[:-3000],
    "no end": lambda parts: joined(parts, b""),
    "no index": lambda parts: joined(parts[1:]),
    "index of 8 GB": lambda parts: joined([(header(INDEX, 8**11 - 1, 0), b""), *parts[1:]]),
    "index is deep": lambda parts: with_index(parts, b"[" * 10**6),
    "index of zeros": zeros(10**6),
    "index of objects": lambda parts: with_index(parts, b'{"files":[' + b"{}," * 10**6 + b"{}]}"),
    "index is no JSON": lambda parts: with_index(parts, b"\xff\xfe"),
    "year 9999": changed_index(
        lambda index: index.update(created_at="9999-12-31T23:59:59-23:59", manifests=[])
    ),
    "many digits": changed_index(lambda index: index["files"][0].update(size=10**4000)),
    "climbs": first_named("../../outside"),
    "absolute": first_named("/srv/outside"),
    "NUL": first_named("a\0b"),
    "surrogate": first_named("\ud800"),
    "hidden": first_named(".elastic-mirror-policy/sync.json"),
    "in the manifests": first_named("downloads/endpoint/manifest/artifacts-9.1.3.zip"),
    "link": lambda parts: joined([*parts, member("downloads/x", kind=tarfile.SYMTYPE)]),
    "hard link": lambda parts: joined([*parts, member("downloads/x", kind=tarfile.LNKTYPE)]),
    "device": lambda parts: joined([*parts, member("downloads/x", kind=tarfile.BLKTYPE)]),
    "pax of 8 GB": prefixed(tarfile.XHDTYPE, 8**11 - 1),
    "long name of 8 GB": prefixed(tarfile.GNUTYPE_LONGNAME, 8**11 - 1),
    "sparse": prefixed(tarfile.GNUTYPE_SPARSE, 1 << 30),
    "twice": lambda parts: joined([*parts, parts[1]]),
    "other bytes": lambda parts: joined(
        [*parts[:-1], (parts[-1][0], bytes(len(parts[-1][1])))],
    ),
    "negative size": lambda parts: joined(
        [(summed(parts[0][0][:124] + b"\xff" * 12 + parts[0][0][136:]), parts[0][1]), *parts[1:]]
    ),
}
"""The worst bundles, by name; all of them are refused."""
