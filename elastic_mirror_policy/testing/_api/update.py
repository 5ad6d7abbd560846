"""PUT of a package policy: every check of Fleet in its order, then the write."""

from collections.abc import Iterable, Mapping

from elastic_mirror_policy._json import JsonValue, value_at
from elastic_mirror_policy.testing._api.answers import (
    KibanaError,
    bad_request,
    conflict,
    forbidden,
    internal,
    not_found,
)
from elastic_mirror_policy.testing._api.bodies import check_update
from elastic_mirror_policy.testing._api.call import Call
from elastic_mirror_policy.testing._kibana.clock import is_version_token, token_numbers
from elastic_mirror_policy.testing._kibana.hooks import Update, inspect_and_enrich
from elastic_mirror_policy.testing._kibana.paths import setting
from elastic_mirror_policy.testing._kibana.state import Commit, StoredPolicy, shared_with

_NOT_ATTRIBUTES = frozenset({"version", "force", "id"})
_RECOMPUTED = frozenset({"requires_root", "fips_compatible"})
_BACKFILLED = ("name", "description", "namespace", "policy_id", "enabled", "package", "inputs")
_BACKFILLED_TOO = ("vars", "supports_agentless", "supports_cloud_connector")


def update_policy(call: Call) -> JsonValue:
    """Store a package policy and return it without its spaces.

    The order is Fleet's: schema, rights, is it there, then what the body says. So an empty body
    for an id that does not exist shows whether the caller may write, and writes nothing.
    """
    check_update(call.body, call.version)
    call.need(call.rights.may_write_policies)
    policy = call.state.policy_in(call.ids[0], call.space)
    if policy is None:
        raise _missing(call)
    _check_request(call, policy)
    body = _with_backfill(call, policy)
    if policy.package == "endpoint":
        body["inputs"] = _inspected(call, policy, body)
    _keep_policy_id_in_sync(call, body)
    _check_agent_policies(call, policy, body)
    _check_name(call, policy, body["name"])
    _check_version(call, policy, body)
    _write(call, policy, body)
    return {"item": call.state.item(policy, with_spaces=False)}


def _missing(call: Call) -> KibanaError:
    """The refusal of a policy that is not there; 8.13.4 fails over it (kibana#186486)."""
    if not call.version.since((8, 15)):
        return internal("An internal server error occurred. Check Kibana server logs for details.")
    return not_found(f"Saved object [{_type(call, 'agent-policies')}/{call.ids[0]}] not found")


def _type(call: Call, kind: str) -> str:
    return ("fleet-" if call.state.conditions.space_aware else "ingest-") + kind


def _check_request(call: Call, policy: StoredPolicy) -> None:
    body = call.body
    named = body["package"]["name"] if "package" in body else policy.package
    if not call.rights.fleet_write:
        for package in (policy.package, named):
            if package != "endpoint":
                raise forbidden(f"Update for package name {package} is not authorized.")
    if body.get("is_managed") and not body.get("force"):
        raise bad_request(
            f"Cannot update package policy {policy.id} in Fleet because the package policy is "
            "managed by an external orchestration solution, such as Elastic Cloud, Kubernetes, "
            "etc. Please make changes using your orchestration solution."
        )
    if named != policy.package:
        raise bad_request(
            "Cannot change the package of an existing integration policy. "
            f"Expected {policy.package}, got {named}."
        )


def _with_backfill(call: Call, policy: StoredPolicy) -> dict[str, JsonValue]:
    sent = call.body
    if isinstance(sent.get("inputs"), dict):
        # The simplified form cannot carry `config`: storing it would empty the policy.
        raise bad_request(
            "Invalid Elastic Defend security policy. 'inputs[0].config.policy.value' and "
            "'inputs[0].config.artifact_manifest.value' are required."
        )
    body = {key: value for key, value in sent.items() if key not in _NOT_ATTRIBUTES}
    for key in (*_BACKFILLED, *_BACKFILLED_TOO):
        if key not in body and key in policy.attributes:
            body[key] = policy.attributes[key]
    if "inputs" not in sent:
        body["inputs"] = [_without(one, "compiled_input") for one in body.get("inputs", ())]
    for one in body["inputs"]:
        if one.get("enabled") and "streams" not in one:
            raise internal("Cannot read properties of undefined (reading 'length')")
    if (
        not call.version.since((8, 5))
        and "output_id" in policy.attributes
        and "output_id" not in sent
    ):
        raise bad_request(
            "[request body.output_id]: expected value of type [string] but got [undefined]"
        )
    return body


def _without(value: dict[str, JsonValue], key: str) -> dict[str, JsonValue]:
    return {name: part for name, part in value.items() if name != key}


def _inspected(call: Call, policy: StoredPolicy, body: dict[str, JsonValue]) -> JsonValue:
    inputs = inspect_and_enrich(
        Update(
            inputs=body["inputs"],
            stored_inputs=policy.attributes.get("inputs"),
            conditions=call.state.conditions,
            today=call.state.clock.today,
            superuser=call.rights.superuser,
        )
    )
    if not call.version.since((9, 4)):
        return inputs
    return [{"id": policy.id} | one for one in inputs]


def _keep_policy_id_in_sync(call: Call, body: dict[str, JsonValue]) -> None:
    """A body without `policy_ids` keeps only the agent policy named by `policy_id`.

    The older, single `policy_id` is back-filled from the store and `policy_ids` is not: that is
    how an update detaches a policy from all of its agent policies but one.
    """
    if not call.version.has_policy_ids:
        return
    ids = list(body.get("policy_ids") or ())
    first = body.get("policy_id")
    if "policy_ids" in body and not ids:
        first = None
    elif first and not ids:
        ids = [first]
    body["policy_ids"] = ids
    body["policy_id"] = first or (ids[0] if ids else None)


def _check_agent_policies(call: Call, policy: StoredPolicy, body: dict[str, JsonValue]) -> None:
    version = call.version
    first = body.get("policy_id")
    ids = body["policy_ids"] if version.has_policy_ids else [first] if first else []
    enterprise = version.serverless or call.state.conditions.license == "enterprise"
    if version.has_policy_ids and len(ids) != 1 and not enterprise:
        raise bad_request(
            "Reusable integration policies are only available with an Enterprise license"
        )
    if version.since((8, 16)) and call.body.get("output_id") and not enterprise:
        raise bad_request("Output per integration is only available with an enterprise license")
    if first and first not in ids and call.state.agent_policy_in(first, call.space) is None:
        raise not_found(f"Saved object [{_type(call, 'agent-policies')}/{first}] not found")
    _check_exist(call, policy, ids)


def _check_exist(call: Call, policy: StoredPolicy, ids: Iterable[str]) -> None:
    for one in ids:
        if call.state.agent_policy_in(one, call.space) is None:
            if one == policy.attributes.get("policy_id"):
                raise not_found(f"Saved object [{_type(call, 'agent-policies')}/{one}] not found")
            raise not_found("Agent policy not found")


def _check_name(call: Call, policy: StoredPolicy, name: str) -> None:
    others = call.state.names.get(name.strip(), ())
    for one in others:
        if one != policy.id and call.state.policy_in(one, call.space) is not None:
            raise conflict(
                f"An integration policy with the name {name} already exists. "
                "Please rename it or choose a different name."
            )


def _check_version(call: Call, policy: StoredPolicy, body: Mapping[str, JsonValue]) -> None:
    version = call.body.get("version")
    if version is None:
        return
    if not is_version_token(version):
        raise bad_request(f"Invalid version [{version}]")
    if version != policy.version and _looks_at_version(call, body):
        raise conflict(_stale(_type(call, "package-policies"), policy, version))


def _looks_at_version(call: Call, body: Mapping[str, JsonValue]) -> bool:
    """Whether the save gets the `version` of the body.

    From 8.8 on `runExternalCallbacks` takes it away before the save, unless the callback throws,
    as it does for a policy without `meta` (kibana#149272, kibana#291902).
    """
    conditions = call.state.conditions
    if conditions.checks_version or not call.version.since((8, 8)):
        return True
    return not isinstance(value_at(setting(body.get("inputs"), "policy"), "meta"), dict)


def _stale(kind: str, policy: StoredPolicy, version: str) -> str:
    """Return Elasticsearch's own text for a document that was written since."""
    (asked, term), (found, present) = token_numbers(version), token_numbers(policy.version)
    return (
        f"[{kind}:{policy.id}]: version conflict, required seqNo [{asked}], primary term [{term}]. "
        f"current document has seqNo [{found}] and primary term [{present}]: "
        f"version_conflict_engine_exception"
    )


def _write(call: Call, policy: StoredPolicy, body: dict[str, JsonValue]) -> None:
    before = policy.attributes.get("revision", 0)
    changes = body | {"name": body["name"].strip()}
    if "package" in body:
        changes["package"] = {
            key: value for key, value in body["package"].items() if key not in _RECOMPUTED
        }
    merged = _merged(policy.attributes, changes)
    call.state.store(policy, shared_with(merged, policy.attributes), by=call.rights.user)
    policy.commits.append(
        Commit(before, policy.attributes["revision"], call.body.get("version"), call.rights.user)
    )


def _merged(stored: JsonValue, sent: JsonValue) -> JsonValue:
    """Merge as saved objects do: objects key by key, everything else replaced."""
    if not isinstance(stored, dict) or not isinstance(sent, dict):
        return sent
    return stored | {
        key: _merged(stored[key], value) if key in stored else value for key, value in sent.items()
    }
