"""What the information module does: read, and hand over."""

from __future__ import annotations

from elastic_mirror_policy import MirrorPolicyError
from elastic_mirror_policy.reader import KibanaReader

from .connection import Params, open_kibana, selection_of
from .ending import Ending
from .wording import safe, shown


def read(params: Params) -> Ending:
    """Return how the task ended, with the selected policies."""
    try:
        with open_kibana(KibanaReader, params) as kibana:
            found = kibana.inventory(selection_of(params))
            about = {"url": kibana.url, "version": kibana.version, "spaces": list(found.spaces)}
    except MirrorPolicyError as exc:
        return Ending(failed=True, values={"changed": False, "msg": shown(str(exc))})
    values = {
        "changed": False,
        "kibana": about,
        "policies": [safe(policy.to_dict()) for policy in found.policies],
    }
    return Ending(failed=False, values=values, warnings=tuple(shown(n) for n in found.notes))
