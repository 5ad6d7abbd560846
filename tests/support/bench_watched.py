"""A Kibana that sees what a tool does to it, while a colleague and Kibana itself change it too.

Run as a script: `bench_watched.py '{"policies": 200}'`. The first line printed is JSON with what a
client needs. Then each line of the input is a question, and is answered with one line of JSON:
`begin` before a run, `begin-alone` before a run in which nobody else changes anything and every
answer comes at once, and `end` after it. It ends when its input is closed.
"""

import json
import sys
from collections import Counter
from typing import Any, Final

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana

SERVERS_OWN: Final = {"version", "revision", "updated_at", "updated_by"}
"""What Kibana changes with every write."""
MIRROR: Final = ("advanced", "artifacts", "global", "base_url")
SYSTEMS: Final = ("linux", "mac", "windows")
PATH: Final = "/api/fleet/package_policies/"
UNKNOWN: Final = ("windows.advanced.later", {"setting": ["unknown", 1.5, None]})
"""A setting that no tool knows."""
COLLEAGUE: Final = ("windows.popup.malware.message", "Call the service desk: 5555")
"""The setting that the colleague changes, and to what."""


def lost(expected: JsonValue, found: JsonValue, path: tuple[str, ...] = ()) -> set[str]:
    """Return the paths of what differs, but for the mirror and what Kibana changes itself."""
    if path[-len(MIRROR) :] == MIRROR or (len(path) == 1 and path[0] in SERVERS_OWN):
        return set()
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = [(str(n), *pair) for n, pair in enumerate(zip(expected, found, strict=True))]
    elif isinstance(expected, dict) and isinstance(found, dict):
        keys = {**expected, **found}
        pairs = [(key, expected.get(key, {}), found.get(key, {})) for key in keys]
    else:
        return set() if expected == found else {named(path)}
    return {one for name, old, new in pairs for one in lost(old, new, (*path, name))}


def named(path: tuple[str, ...]) -> str:
    """Return how a reader calls a place: a setting of the policy, or a key of the document."""
    inside = path[:4] == ("inputs", "0", "config", "policy")
    manifest = path[:4] == ("inputs", "0", "config", "artifact_manifest")
    return "artifact_manifest" if manifest else ".".join(path[5:] if inside else path)


class Watched:
    """The policies of one space, and what somebody else made of them during a run."""

    def __init__(self, fake: FakeKibana) -> None:
        self.fake = fake
        self.ids = [one for one in fake.policy_ids if self.is_watched(fake.document(one))]
        for one in self.ids:
            fake.edit(one, *UNKNOWN)
        self.expected: dict[str, JsonValue] = {}
        self.written: dict[str, int] = {}
        self.changed: list[str] = []

    def is_watched(self, document: JsonValue) -> bool:
        """Whether this is an Elastic Defend policy of the default space."""
        return document["package"]["name"] == "endpoint" and "default" in document["spaceIds"]

    def begin(self, *, alone: bool) -> dict[str, Any]:
        """Remember everything; when half is written, somebody else changes the other half."""
        self.fake.clear_faults()
        self.fake.forget_requests()
        self.expected = {one: self.fake.document(one) for one in self.ids}
        self.written = {one: len(self.fake.commits(one)) for one in self.ids}
        self.changed = []
        if alone:
            self.fake.latency = 0.0
        else:
            self.fake.before("PUT", PATH, len(self.ids) // 2 + 1, self.interfere)
        return {"policies": len(self.ids)}

    def interfere(self) -> None:
        """Change what has not been written yet: a colleague's setting, and the exception lists."""
        with self.fake._lock:
            self.changed = [
                one for one in self.ids if len(self.fake.commits(one)) == self.written[one]
            ]
            for one in self.changed:
                self.fake.edit(one, *COLLEAGUE, by="colleague")
            self.fake.run_packager(self.changed)
            self.expected |= {one: self.fake.document(one) for one in self.changed}

    def end(self) -> dict[str, Any]:
        """Compare every policy with what it should be but for the mirror."""
        found = {one: self.fake.document(one) for one in self.ids}
        places = [place for one in self.ids for place in lost(self.expected[one], found[one])]
        requests = self.fake.requests
        return {
            "requests": len(requests),
            "writes": sum(one.method == "PUT" for one in requests),
            "refused": sum(one.status >= 400 for one in requests),
            "set": sum(self.mirrors(one) == {"https://mirror.corp"} for one in found.values()),
            "changed": len(self.changed),
            "lost": Counter(places),
        }

    def mirrors(self, document: JsonValue) -> set[JsonValue]:
        """Return the mirrors of a policy's operating systems."""
        value = document["inputs"][0]["config"]["policy"]["value"]
        found = set()
        for system in SYSTEMS:
            node = value[system]
            for name in MIRROR:
                node = (node or {}).get(name)
            found.add(node)
        return found

    def answer(self, question: str) -> dict[str, Any]:
        """Answer one question."""
        return self.end() if question == "end" else self.begin(alone=question == "begin-alone")


def main(*, policies: int, size_bytes: int, latency: float) -> None:
    """Serve, and answer questions until there are no more."""
    fake = FakeKibana.example("9.4.2", policies=policies, size_bytes=size_bytes)
    fake.latency = latency
    watched = Watched(fake)
    with fake:
        say({"url": fake.url, "key": fake.api_key})
        for line in sys.stdin:
            say(watched.answer(line.strip()))


def say(value: dict[str, Any]) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
