"""What happens to one policy in a plan: changed, unchanged or skipped (pure).

The types are those that a stored plan is read by: nothing is converted, and lists stop at the
first thing in them that is wrong.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import FailFast, Field, GetPydanticSchema, StrictBool, StrictInt, StrictStr
from pydantic_core import core_schema

from elastic_mirror_policy._document import Described, Value
from elastic_mirror_policy._json import MOST, Scalar
from elastic_mirror_policy._text import brief
from elastic_mirror_policy.errors import PlanError
from elastic_mirror_policy.settings import KEY_PREFIX, MANAGED_KEYS, OperatingSystem

_KEYS: Final = frozenset(KEY_PREFIX + key for key in MANAGED_KEYS)

ManagedKey = Annotated[
    str,
    GetPydanticSchema(
        lambda *_: core_schema.literal_schema([KEY_PREFIX + key for key in MANAGED_KEYS])
    ),
]
"""A managed key after `advanced.`, such as `artifacts.global.base_url`."""

Parents = Annotated[StrictInt, Field(ge=0, le=3)]
"""How many of `advanced`, `artifacts`, `global` there are."""

Count = Annotated[StrictInt, Field(ge=0, le=MOST)]
Texts = Annotated[tuple[StrictStr, ...], FailFast()]


@dataclass(frozen=True, slots=True)
class KibanaInfo(Described):
    """Which Kibana a plan was made for."""

    url: StrictStr
    version: StrictStr
    spaces: Texts


@dataclass(frozen=True, slots=True)
class Edit(Described):
    """One managed key of one operating system, before and after; `None` is absence.

    Attributes:
        os: The operating system.
        key: The key after `advanced.`, such as `artifacts.global.base_url`.
        before: What the policy had when it was read.
        after: What it shall have.
        parents: How many of `advanced`, `artifacts`, `global` existed, 0 to 3, and how many of
            them stay when the key is absent afterwards.

    Raises:
        PlanError: It is about something else, which no journal could take back.
    """

    os: OperatingSystem
    key: ManagedKey
    before: Value
    after: Value
    parents: tuple[Parents, Parents] = (3, 3)

    def __post_init__(self) -> None:
        system: object = self.os
        if not isinstance(system, OperatingSystem) or self.key not in _KEYS:
            named = f"{brief(self.key)} of {brief(str(system))}"
            raise PlanError(f"{named} is not a setting that a plan can change.")
        for value in (self.before, self.after):
            if not isinstance(value, Scalar | None):
                raise PlanError(f"{self.name} cannot be {brief(value)}.")

    @property
    def name(self) -> str:
        """The name of the setting in Kibana, such as `linux.advanced.artifacts.global.base_url`."""
        return f"{self.os.value}.advanced.{self.key}"

    @property
    def setting(self) -> str:
        """The key without its prefix, such as `base_url`."""
        return self.key.removeprefix(KEY_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange(Described):
    """What changes in one policy, and what to know before it does.

    Attributes:
        policy_id: Id of the package policy.
        name: Its name when it was read.
        space: The space it is written through.
        version: Token of the document that was read.
        revision: Its revision then.
        agent_policies: Names of the agent policies it is attached to.
        agents: Agents that will fetch the change, or None when they could not be counted.
        edits: What changes, in a fixed order.
        warnings: Sentences worth reading; they block nothing.
        risks: Names of risks that must be allowed by name.
        fingerprint: Digest of the rest of the document, to tell who else changed what.

    Raises:
        PlanError: It changes nothing, or a key twice.
    """

    policy_id: StrictStr
    name: StrictStr
    space: StrictStr
    version: StrictStr
    revision: StrictInt
    agent_policies: Texts = ()
    agents: Count | None = None
    edits: Annotated[tuple[Edit, ...], Field(min_length=1), FailFast()]
    warnings: Texts = ()
    risks: Texts = ()
    fingerprint: StrictStr = ""

    def __post_init__(self) -> None:
        keys = {(edit.os, edit.key) for edit in self.edits}
        if not keys or len(keys) < len(self.edits):
            raise PlanError(f"A plan changes each key of {brief(self.policy_id)} once.")


@dataclass(frozen=True, slots=True)
class Setting(Described):
    """A managed key of one operating system with its value; `None` is absence."""

    os: OperatingSystem
    key: ManagedKey
    value: Value


@dataclass(frozen=True, slots=True)
class Unchanged(Described):
    """A policy that already has what is wanted, and is not written.

    Attributes:
        policy_id: Id of the package policy.
        name: Its name.
        space: The space it was read through.
        settings: What it was found to have.
    """

    policy_id: StrictStr
    name: StrictStr
    space: StrictStr
    settings: Annotated[tuple[Setting, ...], FailFast()] = ()


@dataclass(frozen=True, slots=True)
class Skipped(Described):
    """A policy that is not written, and why.

    Attributes:
        policy_id: Id of the package policy.
        name: Its name.
        reason: One sentence.
        space: The space it was read through.
        intended: Whether leaving it alone is what was asked for, such as a frozen policy.
    """

    policy_id: StrictStr
    name: StrictStr
    reason: StrictStr
    space: StrictStr = "default"
    intended: StrictBool = False
