"""Synthetic documents of Elastic Defend: host metadata and policy responses (pure).

Revisions are texts in them, as they are in real ones.
"""

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._kibana.state import FakeAgent, FakeEndpointReport
from elastic_mirror_policy.testing._kibana.versions import Version, parse_version

_NAMES = {"linux": "Linux", "windows": "Windows", "macos": "macOS"}
_HOST_STATUS = {
    "online": "healthy",
    "offline": "offline",
    "updating": "updating",
    "inactive": "inactive",
    "unenrolled": "inactive",
}


def host_status(agent: FakeAgent) -> str:
    """The status of an agent in the words of endpoint metadata."""
    return _HOST_STATUS.get(agent.status, "unhealthy")


def metadata_document(agent: FakeAgent, report: FakeEndpointReport) -> dict[str, JsonValue]:
    """Return the newest metadata document of an endpoint."""
    return _common(agent, agent.last_checkin, "metadata", "endpoint_metadata") | {
        "Endpoint": {
            "capabilities": ["isolation"],
            "configuration": {"isolation": False},
            "policy": {"applied": _applied(report)},
            "state": {"isolation": False},
            "status": "enrolled",
        },
        "elastic": {"agent": {"id": agent.id}},
        "message": "Endpoint metadata",
    }


def policy_response_document(agent: FakeAgent, report: FakeEndpointReport) -> dict[str, JsonValue]:
    """Return the newest policy response of an endpoint."""
    applied = _applied(report) | {
        "actions": _actions(report),
        "artifacts": {
            "global": _global_artifacts(report, _version_of(agent)),
            "user": {"version": "1.0.1", "identifiers": []},
        },
        "response": {"configurations": _configurations(report)},
    }
    common = _common(agent, report.reported_at, "policy", "endpoint_policy_response")
    return common | {
        "Endpoint": {
            "configuration": {"isolation": False},
            "policy": {"applied": applied},
            "state": {"isolation": False},
        },
        "message": "Endpoint policy change",
    }


def _version_of(agent: FakeAgent) -> Version:
    """Without the build it may have; where there is none, as an old one."""
    return parse_version(agent.version.partition("+")[0] or "8.0.0")


def _common(agent: FakeAgent, moment: str, dataset: str, action: str) -> dict[str, JsonValue]:
    return {
        "@timestamp": moment,
        "agent": {
            "id": agent.id,
            "type": "endpoint",
            "version": agent.version,
            "build": {
                "original": f"version: {agent.version}, compiled: Mon Dec 1 06:00:00 2025, "
                f"branch: HEAD, commit: {'0' * 40}"
            },
        },
        "data_stream": {
            "dataset": f"endpoint.{dataset}",
            "namespace": "default",
            "type": "metrics",
        },
        "ecs": {"version": "1.11.0"},
        "event": {
            "action": action,
            "created": moment,
            "dataset": f"endpoint.{dataset}",
            "ingested": moment,
            "kind": "state" if dataset == "policy" else "metric",
            "module": "endpoint",
        },
        "host": {
            "hostname": agent.hostname,
            "name": agent.hostname,
            "id": agent.id.replace("-", ""),
            "os": {"type": agent.os, "name": _NAMES.get(agent.os, agent.os), "family": agent.os},
        },
    }


def _applied(report: FakeEndpointReport) -> dict[str, JsonValue]:
    return {
        "id": report.policy_id,
        "name": report.policy_name,
        "status": report.status,
        "version": str(report.agent_policy_revision),
        "endpoint_policy_version": str(report.policy_revision),
    }


def _global_artifacts(report: FakeEndpointReport, version: Version) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {"version": report.manifest_version}
    if report.identifiers:  # left out when none could be loaded (kibana#237493)
        found["identifiers"] = [{"name": n, "sha256": sha256} for n, sha256 in report.identifiers]
    if version.since((8, 12)):
        found |= {"snapshot": report.snapshot, "update_age": 0}
    if version.since((8, 18)):
        found["channel"] = "stable"
    if version.since((9, 1)):
        found["manifest_type"] = "stable"
    return found


_FINE = {
    "load_config": "Successfully parsed configuration",
    "download_global_artifacts": "Global artifacts are available for use",
}
_TROUBLE = {"download_global_artifacts": "Failed to download new global artifacts manifest"}


def _actions(report: FakeEndpointReport) -> list[JsonValue]:
    names = dict.fromkeys((*_FINE, report.concerns))
    return [_action(report, name) for name in names]


def _action(report: FakeEndpointReport, name: str) -> JsonValue:
    status = report.status if name == report.concerns else "success"
    known = _FINE if status == "success" else _TROUBLE
    return {"name": name, "message": known.get(name, f"{name}: {status}"), "status": status}


def _configurations(report: FakeEndpointReport) -> dict[str, JsonValue]:
    concerned = ["load_config", "download_global_artifacts"]
    return {"malware": {"concerned_actions": concerned, "status": report.status}}
