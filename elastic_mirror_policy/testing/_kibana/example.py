"""The example estate: policies that can be planned and applied without any risk."""

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing._kibana.estate import Estate

OLD_MIRROR = "http://old-mirror.example"
SECOND_SPACE = "emea"
_NAMES = (
    "EMEA Berlin workstations",
    "EMEA Paris servers",
    "AMER Montréal laptops",
    "APAC 東京 workstations",
    "AMER Austin build farm",
    "APAC Sydney servers",
)
_SECOND_SPACE_NAMES = ("EMEA Zürich trading floor", "EMEA Oslo servers")
_ADVANCED: tuple[dict[str, JsonValue], ...] = (
    {"linux": {"agent": {"connection_delay": "60"}}},
    {},
    {"mac": {"agent": {"connection_delay": "120"}}},
    {"windows": {"kernel": {"connect": "true"}}},
)
_WITH_OLD_MIRROR = 1
_AGENTS = (3, 5, 2, 4)


def fill(estate: Estate, policies: int, size_bytes: int | None, *, space_aware: bool) -> None:
    """Put the example into an empty estate."""
    for number in range(policies):
        _add(estate, _name(number), number, size_bytes)
    first = estate.policy_ids[:1]
    if first:
        attached = estate.document(first[0])["policy_id"]
        estate.add_package_policy("system-1", "system", agent_policies=(attached,))
    estate.add_space(SECOND_SPACE, "EMEA")
    if space_aware:
        for number, name in enumerate(_SECOND_SPACE_NAMES):
            _add(estate, name, 2 * number, size_bytes, SECOND_SPACE)


def _name(number: int) -> str:
    place, turn = _NAMES[number % len(_NAMES)], number // len(_NAMES)
    return f"{place} {turn + 1}" if turn else place


def _add(
    estate: Estate, name: str, number: int, size_bytes: int | None, space: str = "default"
) -> None:
    estate.add_policy(
        name,
        space=space,
        agents=_AGENTS[number % len(_AGENTS)],
        advanced=_ADVANCED[number % len(_ADVANCED)],
        mirror=OLD_MIRROR if number == _WITH_OLD_MIRROR else None,
        size_bytes=size_bytes,
    )
