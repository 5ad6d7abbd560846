"""Ansible callback: one line of JSON for each result of a task, for tests to read."""

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: notification
short_description: Writes every result to the file that RECORD_FILE names
description: Writes every result to the file that RECORD_FILE names.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core is not typed
    """Writes every result to the file that `RECORD_FILE` names."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:  # noqa: ANN401 - ansible-core is not typed
        """Note a task that went well."""
        _note("ok", result)

    def v2_runner_on_failed(
        self,
        result: Any,  # noqa: ANN401 - as above
        ignore_errors: bool = False,  # noqa: FBT001, FBT002 - Ansible calls it so
    ) -> None:
        """Note a task that failed, ignored or not."""
        _note("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:  # noqa: ANN401 - as above
        """Note a task that was skipped."""
        _note("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:  # noqa: ANN401 - as above
        """Note a host that could not be reached."""
        _note("unreachable", result)


def _note(status: str, result: Any) -> None:  # noqa: ANN401 - as above
    line = {
        "status": status,
        "host": result._host.get_name(),
        "task": result._task.get_name(),
        "values": result._result,
    }
    with Path(os.environ["RECORD_FILE"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
