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
        """Tell Ansible, and end the process.

        The diff is for those who asked for it. Ansible prints all that a failure comes with, so
        the whole plan is part of it with `-v` only.
        """
        hidden = set()
        if not module._diff:  # noqa: SLF001 - Ansible documents it for modules
            hidden.add("diff")
        if self.failed and not module._verbosity:  # noqa: SLF001 - as above
            hidden.add("plan")
        values = {key: value for key, value in self.values.items() if key not in hidden}
        for warning in self.warnings:
            module.warn(warning)
        if self.failed:
            module.fail_json(**values)
        module.exit_json(**values)
