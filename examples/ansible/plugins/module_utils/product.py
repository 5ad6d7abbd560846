"""What to say when the product is not there; nothing here needs it."""

from __future__ import annotations

from ansible.module_utils.basic import missing_required_lib


def explain_missing(error: str) -> str:
    """Return Ansible's usual message about a missing library, and what the import said."""
    message = missing_required_lib("elastic-mirror-policy", reason="to talk to Kibana")
    return f"{message}. The import said: {error}."
