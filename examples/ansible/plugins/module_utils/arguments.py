"""The options of the modules, as Ansible checks them.

Nothing here needs the product, so that a host without it gets Ansible's own message.
"""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback

KEYS = (
    "base_url",
    "manifest_relative_url",
    "ca_cert",
    "public_key",
    "interval",
    "proxy_url",
    "proxy_disable",
    "channel",
)
"""The artifact settings of one operating system."""

SYSTEMS = ("linux", "mac", "windows")

RISKS = (
    "clear",
    "elastic-cdn",
    "managed",
    "overwrite-foreign",
    "pinned",
    "unchecked-mirror",
    "unhealthy-mirror",
)
"""What must be allowed by name."""

INTENT = ("base_url", "everywhere", *SYSTEMS)
"""Options that say what the policies shall have."""

SELECTION = ("names", "exclude", "ids", "agent_policies")
"""Options that say which policies are meant."""


def connection_arguments() -> dict[str, Any]:
    """Return the options that say which Kibana, as whom, and which of its spaces."""
    return {
        "kibana_url": {
            "type": "str",
            "required": True,
            "fallback": (env_fallback, ["KIBANA_URL", "KIBANA_ENDPOINT"]),
        },
        "api_key": _secret("KIBANA_API_KEY"),
        "username": {"type": "str", "fallback": (env_fallback, ["KIBANA_USERNAME"])},
        "password": _secret("KIBANA_PASSWORD"),
        "ca_cert": {
            "type": "path",
            "fallback": (env_fallback, ["KIBANA_CA_CERT", "KIBANA_CA_CERTS"]),
        },
        "timeout": {"type": "float"},
        "spaces": {**_texts(), "fallback": (env_fallback, ["KIBANA_SPACE"])},
        "all_spaces": {"type": "bool", "default": False},
    }


def selection_arguments() -> dict[str, Any]:
    """Return the options that say which policies are meant."""
    return {name: _texts() for name in SELECTION}


def reading_arguments() -> dict[str, Any]:
    """Return the options that say what to read."""
    return {
        "gather": {
            **_texts(),
            "choices": ["policies", "endpoints"],
            "default": ["policies"],
        },
        "mirror_url": {"type": "str"},
        "mirror_ca_cert": {"type": "path"},
        "elasticsearch_url": {"type": "str", "fallback": (env_fallback, ["ELASTICSEARCH_URL"])},
        "elasticsearch_api_key": _secret("ELASTICSEARCH_API_KEY"),
        "elasticsearch_ca_cert": {"type": "path"},
        "window": {"type": "str", "default": "30d"},
    }


def settings_arguments() -> dict[str, Any]:
    """Return the options that say what the policies shall have."""
    return {
        "base_url": {"type": "str"},
        **{name: _artifact_settings() for name in INTENT if name != "base_url"},
        "check_mirror": {"type": "bool", "default": True},
        "mirror_ca_cert": {"type": "path"},
    }


def write_arguments() -> dict[str, Any]:
    """Return the options that say what must hold before the first write, and how to write."""
    return {
        "expect_policies": {"type": "int"},
        "max_policies": {"type": "int"},
        "max_agents": {"type": "int"},
        "allow": {**_texts(), "choices": list(RISKS), "default": []},
        "journal": {"type": "path"},
        "parallel": {"type": "int", "default": 4},
        "max_failures": {"type": "int"},
    }


def _artifact_settings() -> dict[str, Any]:
    texts: dict[str, Any] = {key: {"type": "str", "no_log": False} for key in KEYS}
    return {
        "type": "dict",
        "options": {
            **texts,
            "interval": {"type": "int"},
            "proxy_disable": {"type": "bool"},
            "channel": {"type": "str", "choices": ["default", "rapid", "stable"]},
            "unset": {**_texts(), "choices": list(KEYS)},
        },
    }


def _texts() -> dict[str, Any]:
    return {"type": "list", "elements": "str"}


def _secret(variable: str) -> dict[str, Any]:
    return {"type": "str", "no_log": True, "fallback": (env_fallback, [variable])}
