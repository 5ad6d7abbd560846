"""What the information module does: read, and hand over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import product
from .connection import Params, open_kibana, selection_of
from .ending import Ending
from .wording import safe, shown


def read(params: Params) -> Ending:
    """Return how the task ended, with what it was asked for."""
    values: dict[str, Any] = {"changed": False}
    notes: list[str] = []
    try:
        selection = selection_of(params)
        with open_kibana(product.KibanaReader, params) as kibana:
            values["kibana"] = {"url": kibana.url, "version": kibana.version}
            if "policies" in params["gather"]:
                found = kibana.inventory(selection)
                values["policies"] = [safe(policy.to_dict()) for policy in found.policies]
                notes += found.notes
            if "endpoints" in params["gather"]:
                values["endpoints"] = _endpoints(kibana, selection, params)
    except product.MirrorPolicyError as exc:
        return Ending(failed=True, values={"changed": False, "msg": shown(str(exc))})
    return Ending(failed=False, values=values, warnings=_shown(notes))


def _endpoints(
    kibana: product.KibanaReader, selection: product.Selection, params: Params
) -> dict[str, Any]:
    report = kibana.endpoints(
        selection,
        mirror=params["mirror_url"],
        mirror_ca_cert=params["mirror_ca_cert"],
        elasticsearch_url=params["elasticsearch_url"],
        elasticsearch_api_key=params["elasticsearch_api_key"],
        elasticsearch_ca_cert=params["elasticsearch_ca_cert"],
        window=params["window"],
    )
    return {**safe(report.to_dict()), "all_current": report.ok}


def _shown(notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(shown(note) for note in notes)
