"""From options to a Kibana and the policies that are meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from . import product
from .arguments import SELECTION

Params = Mapping[str, Any]
"""The options of a task, as Ansible checked them."""

AnyKibana = TypeVar("AnyKibana", bound="product.KibanaReader")


def open_kibana(kind: type[AnyKibana], params: Params) -> AnyKibana:
    """Return the Kibana that the options name; nothing is sent yet.

    Args:
        kind: `KibanaReader`, which has no way to write, or `Kibana`.
        params: The options of the task.

    Raises:
        ConfigurationError: Something of it cannot be used.
    """
    spaces = params["spaces"]
    if params["all_spaces"] and spaces is not None:
        raise product.ConfigurationError(
            "Both spaces and all_spaces were given.",
            hint="Give one of them; the environment variable KIBANA_SPACE counts as spaces.",
        )
    return kind(
        params["kibana_url"],
        api_key=params["api_key"],
        username=params["username"],
        password=params["password"],
        spaces=product.ALL_SPACES if params["all_spaces"] else spaces,
        ca_cert=params["ca_cert"],
        timeout=params["timeout"],
    )


def selection_of(params: Params) -> product.Selection:
    """Return which policies are meant.

    An empty list is refused: it is what a variable that came out wrong looks like, and would mean
    every policy.

    Raises:
        ConfigurationError: A list is empty, or has an empty text in it.
    """
    given = {name: params[name] for name in SELECTION if params[name] is not None}
    for name, value in given.items():
        if not value and name != "exclude":
            raise product.ConfigurationError(
                f"{name} is an empty list, which would select every policy.",
                hint=f"Leave {name} out when every policy is meant.",
            )
    return product.Selection(**given)
