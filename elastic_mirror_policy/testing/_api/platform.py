"""Routes of Kibana itself: its status, its spaces, and whether Fleet may be used."""

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._api.access import Rights
from elastic_mirror_policy.testing._api.answers import not_found
from elastic_mirror_policy.testing._api.call import Call
from elastic_mirror_policy.testing._api.query import FLAG, Param
from elastic_mirror_policy.testing._kibana.clock import stamp
from elastic_mirror_policy.testing._kibana.documents import made_up_id, package_version
from elastic_mirror_policy.testing._kibana.state import State

STATUS_PARAMS = {"v7format": FLAG, "v8format": FLAG}
SPACES_PARAMS = {"purpose": Param(), "include_authorized_purposes": FLAG}
PERMISSION_PARAMS = {"fleetServerSetup": Param("boolean", since=(8, 2))}
SOURCE_PARAMS: dict[str, Param] = {}
_AVAILABLE = {"level": "available", "summary": "All services and plugins are available"}


def status(state: State, rights: Rights | None) -> JsonValue:
    """Return the status; who is not logged in learns nothing but the level."""
    if rights is None:
        return {"status": {"overall": {"level": "available"}}}
    served = state.conditions.version
    level: dict[str, JsonValue] = {**_AVAILABLE, "meta": {}}
    version = {
        "number": served.number.partition("-")[0],
        "build_hash": "0" * 40,
        "build_number": 10_000,
        "build_snapshot": served.number.endswith("-SNAPSHOT"),
    }
    if served.since((8, 10)):
        version["build_flavor"] = "serverless" if served.serverless else "traditional"
        version["build_date"] = "2026-01-01T00:00:00.000Z"
    overall: JsonValue = level
    if not served.since((8, 0)):
        overall = {"state": "green", "title": "Green", "nickname": "Looking good"}
    return {
        "name": "synthetic-kibana",
        "uuid": made_up_id("kibana"),
        "version": version,
        "status": {
            "overall": overall,
            "core": {"elasticsearch": level, "savedObjects": level},
            "plugins": {"fleet": level, "securitySolution": level},
        },
        "metrics": {
            "elasticsearch_client": dict.fromkeys(
                ("totalActiveSockets", "totalIdleSockets", "totalQueuedRequests"), 0
            ),
            "last_updated": stamp(state.clock.now),
            "collection_interval_in_millis": 5000,
        },
    }


def list_spaces(call: Call) -> JsonValue:
    """Return the spaces the caller may see."""
    call.need(call.rights.may_read)
    return [
        {"id": one, "name": name, "disabledFeatures": []} | _reserved(one)
        for one, name in call.state.spaces.items()
    ]


def check_permissions(call: Call) -> JsonValue:
    """Return whether Fleet's own pages may be used: always 200, and no for Defend-only rights."""
    rights = call.rights
    if rights.fleet_read or rights.agents or rights.agent_policies:
        return {"success": True}
    return {"success": False, "error": "MISSING_PRIVILEGES"}


def get_package(call: Call) -> JsonValue:
    """Return the installed Elastic Defend package; a real Kibana asks the package registry, too."""
    call.need(call.rights.may_read)
    if call.ids[0] != "endpoint":
        raise not_found(f"[{call.ids[0]}] package not found in registry")
    version = package_version(call.version)
    return {
        "item": {
            "name": "endpoint",
            "title": "Elastic Defend",
            "version": version,
            "latestVersion": version,
            "status": "installed",
        }
    }


def list_download_sources(call: Call) -> JsonValue:
    """Return where agents fetch their binaries; it takes the right to read Fleet's settings."""
    call.need(call.rights.fleet_read)
    item = {
        "id": "fleet-default-download-source",
        "name": "Elastic Artifacts",
        "host": call.state.download_source,
        "is_default": True,
    }
    return {"items": [item], "total": 1, "page": 1, "perPage": 10000}


def _reserved(space: str) -> dict[str, JsonValue]:
    return {"_reserved": True} if space == "default" else {}
