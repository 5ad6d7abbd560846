"""Files of rules as nobody would write them: any value in any place, cut, twisted, or no TOML."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st
from support.mutations import Mutation, odd
from support.pem import pem

from elastic_mirror_policy._json import JsonValue


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that TOML has and JSON does not, as it is written."""

    text: str


LITERALS: Final = tuple(
    map(
        Literal,
        (
            "1979-05-27T07:32:00Z",
            "9999-12-31T23:59:59.999999-23:59",
            "0001-01-01T00:00:00+23:59",
            "0000-00-00",
            "2026-02-30",
            "1979-05-27",
            "07:32:00",
            "24:60:60",
            "1979-05-27T07:32:00+99:99",
            "inf",
            "-nan",
            "1e999999",
            "0x" + "f" * 5000,
            "0o" + "7" * 9000,
            "9" * 4301,
            "1_000__0",
            "0777",
            "true_",
            "''",
            "'''\n'''",
            '"""\\\n   x"""',
            '"\\ud800"',
            '"\\U00110000"',
            '"\\x00"',
            '"unended',
            "[1, 'a', {}]",
            "{" + "a." * 38 + "b = 1}",
            "{" + "a." * 500 + "b = 1}",
            "{a = 1, a = 2}",
            "[" * 200 + "]" * 200,
            "[" * 5000 + "]" * 5000,
        ),
    )
)

whole: Final[JsonValue] = {
    "rule": [
        {
            "name": "Europe",
            "policies": ["EMEA *", "One"],
            "exclude": ["*test*"],
            "ids": ["id-one"],
            "spaces": ["default"],
            "agent_policies": ["Servers"],
            "base_url": "https://mirror.example",
            "channel": "stable",
            "interval": 3600,
            "proxy_disable": True,
            "linux": {"ca_cert_file": "ca.pem", "proxy_url": "http://proxy.example:3128"},
            "windows": {"clear": ["public_key"], "manifest_relative_url": "/m/<version>.zip"},
        },
        {"frozen": True},
        {"mac": {"base_url": "http://127.0.0.1:8080/a", "public_key": pem("PUBLIC KEY")}},
    ]
}
"""Rules in which every key is used."""


def written(value: JsonValue) -> str:
    """Return a document as TOML; null has no spelling there, and is written all the same."""
    if not isinstance(value, dict):
        return _inline(value)
    return "".join(f"{_key(key)} = {_inline(item)}\n" for key, item in value.items())


def _inline(value: JsonValue) -> str:
    depth = 0
    while isinstance(value, list) and len(value) == 1:
        depth, value = depth + 1, value[0]
    return "[" * depth + _plain(value) + "]" * depth


def _plain(value: JsonValue) -> str:
    match value:
        case Literal(text):
            return text
        case dict():
            items = (f"{_key(key)} = {_inline(item)}" for key, item in value.items())
            return "{" + ", ".join(items) + "}"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case _:
            return json.dumps(value)


def _key(key: str) -> str:
    return json.dumps(key)


literals: Final = st.sampled_from(LITERALS)
mutations: Final = st.lists(
    st.builds(
        Mutation,
        st.sampled_from(["replace", "replace", "delete", "double", "wrap", "unwrap", "rename"]),
        st.integers(0, 2**20),
        odd | literals,
    ),
    min_size=1,
    max_size=3,
)

TOKENS: Final[Sequence[bytes]] = (
    *(b"[[rule]]\n", b"[rule]\n", b"[rule.linux]\n", b"[[rule.linux]]\n", b"[[", b"]]", b"[a.b]\n"),
    *(b"rule = 1\n", b"base_url", b"policies", b"frozen", b"ca_cert_file", b"clear", b"name"),
    *(b" = ", b"=", b".", b",", b"{", b"}", b"[", b"]", b"#", b"'", b'"', b"'''", b'"""', b"\\"),
    *(b"true\n", b"1\n", b"'x'\n", b'"https://m.example"\n', b'["*"]\n', b"1979-05-27\n", b"inf"),
    *(b"\n", b"\r\n", b"\r", b"\t", b" ", b"\0", b"\x1b[2J", b"\x7f", b"\x85", b"\xe2\x80\xae"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"\xf4\x90\x80\x80", b"\\u0000"),
)
soup: Final = st.lists(st.sampled_from(TOKENS), max_size=25).map(b"".join)
"""Pieces of TOML in any order, and what has no place in it."""

ONE: Final = b"[[rule]]\n"

WORST_RULES: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "binary": bytes(range(256)),
    "utf-16": "[[rule]]\nfrozen = true\n".encode("utf-16"),
    "surrogate": ONE + b'name = "\xed\xa0\x80"\n',
    "escape in a name": ONE + b'name = "\\u001b[2J\\u202e"\nbase_url = 1\n',
    "long name": ONE + b"name = '" + b"x" * 10**6 + b"'\nfrozen = 1\n",
    "long key": b"x" * 10**6 + b" = 1\n",
    "long file": ONE + b"ca_cert_file = '" + b"x" * 10**6 + b"'\n",
    "long URL": ONE + b"base_url = 'https://" + b"x" * 10**6 + b" '\n",
    "long interval": ONE + b"interval = '" + b"9" * 10**6 + b"'\n",
    "4301 digits": ONE + b"interval = " + b"9" * 4301 + b"\n",
    "hexadecimal": ONE + b"interval = 0x" + b"f" * 5000 + b"\n",
    "hexadecimal name": ONE + b"name = 0x" + b"f" * 5000 + b"\n",
    "hexadecimal clear": ONE + b"clear = [0x" + b"f" * 5000 + b"]\n",
    "deep": ONE + b"interval = " + b"[" * 10**5 + b"]" * 10**5,
    "deep tables": ONE + b"interval = " + b"{a=" * 10**5,
    "twice": ONE + b"base_url = 'http://a'\nbase_url = 'http://b'\n",
    "two kinds": b"rule = 1\n" + ONE,
    "date": ONE + b"interval = 9999-12-31T23:59:59-23:59\n",
    "infinite": ONE + b"interval = inf\n",
    "NUL in a file": ONE + b'ca_cert_file = "a\\u0000b"\n',
    "no end": ONE + b"ca_cert_file = '/dev/zero'\n",
    "a number": ONE + b"ca_cert_file = 1\n",
    "a folder": ONE + b"ca_cert_file = '/'\n",
    "a process": ONE + b"ca_cert_file = '/proc/self/mem'\n",
    "a private key": ONE + b"ca_cert = '-----BEGIN PRIVATE KEY-----'\n",
    "too large": b"#" * (5 << 20),
    "credentials": ONE + b"base_url = 'https://user:secret@mirror.example'\n",
}
"""The worst files of rules, by name; all of them are refused."""
