"""How a task ended."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule


class Ending(NamedTuple):
    """How a task ended.

    Attributes:
        failed: Whether Ansible is told that it failed.
        values: What else Ansible is told.
        warnings: What Ansible shows as warnings.
    """

    failed: bool
    values: dict[str, Any]
    warnings: tuple[str, ...] = ()

    def tell(self, module: AnsibleModule) -> None:
        """Tell Ansible, and end the process; the diff is for those who asked for it."""
        wants_diff = module._diff  # noqa: SLF001 - Ansible documents it for modules
        values = {k: v for k, v in self.values.items() if k != "diff" or wants_diff}
        for warning in self.warnings:
            module.warn(warning)
        if self.failed:
            module.fail_json(**values)
        module.exit_json(**values)
