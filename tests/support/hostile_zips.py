"""Zip files that lie about themselves: headers, offsets, sizes, checksums, names and members."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from hypothesis import strategies as st

from elastic_mirror_policy.testing._artifacts.content import (
    example_artifacts,
    manifest_document,
    manifest_zip,
    zip_bomb,
)

Record: TypeAlias = Literal["local", "central", "end"]

SIGNATURES: Final[Mapping[Record, bytes]] = {
    "local": b"PK\x03\x04",
    "central": b"PK\x01\x02",
    "end": b"PK\x05\x06",
}
FIELDS: Final[Mapping[Record, Sequence[tuple[int, str]]]] = {
    "local": ((4, "H"), (6, "H"), (8, "H"), (14, "L"), (18, "L"), (22, "L"), (26, "H"), (28, "H")),
    "central": (
        *((6, "H"), (8, "H"), (10, "H"), (12, "L"), (16, "L"), (20, "L"), (24, "L"), (28, "H")),
        *((30, "H"), (32, "H"), (34, "H"), (36, "H"), (38, "L"), (42, "L")),
    ),
    "end": ((4, "H"), (6, "H"), (8, "H"), (10, "H"), (12, "L"), (16, "L"), (20, "H")),
}
"""Places and widths of the numbers in each record of a zip file."""

VALUES: Final = (0, 1, 8, 9, 12, 14, 20, 63, 99, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
LARGE: Final = (0, 1, 2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1)

DOCUMENT: Final = manifest_document("1.0.261", example_artifacts("9.1.3"))
GOOD: Final = manifest_zip(DOCUMENT, signature=b"s" * 99)


@dataclass(frozen=True, slots=True)
class Lie:
    """One number of one record, which is another.

    Attributes:
        record: The record.
        number: Which of the records of its kind, and which of its fields.
        value: What it is then.
    """

    record: Record
    number: int
    value: int

    def told(self, data: bytes) -> bytes:
        """Return the zip file with it."""
        places = _places(data, SIGNATURES[self.record])
        fields = FIELDS[self.record]
        start = places[self.number // len(fields) % len(places)] if places else len(data)
        offset, width = fields[self.number % len(fields)]
        size = struct.calcsize(f"<{width}")
        number = struct.pack(f"<{width}", self.value % 256**size)
        return data[: start + offset] + number + data[start + offset + size :]


def _places(data: bytes, mark: bytes) -> list[int]:
    return [place for place in range(len(data)) if data.startswith(mark, place)]


lies: Final = st.lists(
    st.builds(
        Lie,
        st.sampled_from(["local", "central", "central", "end"]),
        st.integers(0, 2**8),
        st.sampled_from(VALUES) | st.integers(0, 2**32 - 1),
    ),
    min_size=1,
    max_size=3,
)


def with_extra(sizes: Sequence[int], marked: int, *, kind: int = 1) -> bytes:
    """Return a zip file whose one entry has large numbers in an extra field, as zip64 has.

    Args:
        sizes: The numbers, of eight bytes each.
        marked: Bits of the numbers that the header leaves to it: length, packed length, offset.
        kind: The kind of the extra field.
    """
    plain = manifest_zip(b"{}")
    at, end = plain.index(SIGNATURES["central"]), plain.index(SIGNATURES["end"])
    entry, tail = bytearray(plain[at:end]), bytearray(plain[end:])
    for bit, offset in enumerate((24, 20, 42)):
        if marked >> bit & 1:
            entry[offset : offset + 4] = b"\xff" * 4
    extra = struct.pack(f"<HH{len(sizes)}Q", kind, 8 * len(sizes), *sizes)
    entry[30:32] = struct.pack("<H", len(extra))
    tail[12:16] = struct.pack("<L", len(entry) + len(extra))
    return bytes(plain[:at] + entry + extra + tail)


def of_entries(names: Sequence[str]) -> bytes:
    """Return a zip file of entries with these names, each of which may be there twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, name in enumerate(names):
            # The name is put in later: a name that is there twice would be warned of.
            archive.writestr(f"{number:0{len(name.encode())}}"[: len(name.encode())], b"{}")
    data = buffer.getvalue()
    for number, name in enumerate(names):
        encoded = name.encode()
        data = data.replace(f"{number:0{len(encoded)}}".encode()[: len(encoded)], encoded)
    return data


def packed(content: bytes, compression: int) -> bytes:
    """Return a zip file whose manifest is packed in some way."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("manifest.json", content)
    return buffer.getvalue()


def naming(**entry: object) -> bytes:
    """Return a manifest of one artifact."""
    return manifest_zip({"artifacts": {"a": {"relative_url": "/x/a", **entry}}})


WORST_MANIFESTS: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "page": b"<html>login</html>",
    "cut": GOOD[:-30],
    "bomb": zip_bomb(1 << 23),
    "offset": with_extra([2**64 - 1], 4),
    "length": with_extra([2**64 - 1], 1),
    "packed length": with_extra([2**64 - 1], 2),
    "encrypted": Lie("central", 1, 1).told(Lie("local", 1, 1).told(GOOD)),
    "checksum": Lie("central", 4, 1).told(GOOD),
    "bzip2": packed(b"{}", zipfile.ZIP_BZIP2),
    "lzma": packed(b"{}", zipfile.ZIP_LZMA),
    "many members": of_entries([f"member-{number:04}" for number in range(2000)]),
    "two manifests": of_entries(["manifest.json", "manifest.json"]),
    "no manifest": of_entries(["/manifest.json", "../manifest.json", "manifest.jsn"]),
    "deep": manifest_zip(b"[" * 10**6),
    "many values": manifest_zip(b"[" + b"[]," * 500_000 + b"0]"),
    "4301 digits": manifest_zip(b'{"artifacts": {"a": ' + b"9" * 4301 + b"}}"),
    "list": manifest_zip([]),
    "no artifacts": manifest_zip({"artifacts": {}}),
    "many artifacts": manifest_zip({"artifacts": {f"{n}": {} for n in range(1_001)}}),
    "surrogate": manifest_zip({**DOCUMENT, "manifest_version": "\ud800"}),
    "long version": manifest_zip({**DOCUMENT, "manifest_version": "1" * 10**6}),
    "climbs": naming(relative_url="/../../etc/passwd"),
    "other host": naming(relative_url="//evil.example/a"),
    "manifest": naming(relative_url="/downloads/endpoint/manifest/artifacts-9.1.3.zip"),
    "escape": naming(relative_url="/\x1b[2J"),
    "size below 0": naming(encoded_size=-1),
    "size of 1 TB": naming(encoded_size=1 << 40),
    "size in digits": naming(encoded_size="1"),
    "deep size": naming(encoded_size=[[[[[[]]]]]]),
    "short hash": naming(encoded_sha256="ab"),
}
"""The worst manifests, by name; all of them are refused."""
