"""A minimal caller of FakeKibana: sends what it is told and gives back status and JSON."""

import json
from dataclasses import dataclass

from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy.testing import FakeKibana

POLICIES = "/api/fleet/package_policies"
ENDPOINT_KUERY = "kuery=ingest-package-policies.package.name:endpoint"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and decoded body."""

    status: int
    json: JsonValue

    @property
    def message(self) -> str:
        """The `message` of an error."""
        return str(self.json["message"])

    @property
    def names(self) -> list[str]:
        """The names of the listed items."""
        return [item["name"] for item in self.json["items"]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls a fake with one key, with the headers a good client sends."""

    fake: FakeKibana
    key: str = ""

    def call(self, method: str, path: str, body: JsonValue = None, **headers: str | None) -> Answer:
        """Send one request; a header given as None is left out, `_` in names stands for `-`."""
        merged: dict[str, str | None] = {
            "Authorization": f"ApiKey {self.key or self.fake.api_key}",
            "kbn-xsrf": "test",
            "Content-Type": "application/json",
        }
        merged |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in merged.items() if value is not None}
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.fake.handle(method, path, sent, content)
        return Answer(answer.status, decode(answer.body) if answer.body else None)

    def get(self, path: str, **headers: str | None) -> Answer:
        """Send a GET."""
        return self.call("GET", path, **headers)

    def put(self, policy_id: str, body: JsonValue, **headers: str | None) -> Answer:
        """Send a PUT of a package policy."""
        return self.call("PUT", f"{POLICIES}/{policy_id}", body, **headers)

    def item(self, policy_id: str) -> JsonValue:
        """Return a package policy as it is listed."""
        answer = self.get(f"{POLICIES}/{policy_id}")
        assert answer.status == 200, answer
        return answer.json["item"]


def update_body(item: JsonValue) -> JsonValue:
    """Return a PUT body that every release takes, made of an item."""
    keys = ("version", "name", "description", "namespace", "enabled", "policy_id", "policy_ids")
    body = {key: item[key] for key in (*keys, "output_id") if key in item}
    body["package"] = {key: item["package"][key] for key in ("name", "title", "version")}
    body["inputs"] = [
        {key: one[key] for key in ("type", "enabled", "streams", "config")}
        for one in item["inputs"]
    ]
    return body


def new_fake(
    version: str = "9.4.2", *, checks_version: bool = False
) -> tuple[FakeKibana, Caller, str]:
    """Return a fake with one policy, a caller and the id of the policy."""
    fake = FakeKibana(version, checks_version=checks_version)
    return fake, Caller(fake), fake.add_policy("Servers")
