"""Documentation that the modules share: which Elastic Defend policies are meant."""


class ModuleDocFragment:
    """What C(extends_documentation_fragment) adds to a module."""

    DOCUMENTATION = r"""
options:
  names:
    description:
      - Globs, one of which must match the policy's name, with upper and lower case.
      - An empty list is refused, here and in O(ids) and O(agent_policies), because it would select
        every policy.
    type: list
    elements: str
  exclude:
    description:
      - Globs, none of which may match the policy's name.
    type: list
    elements: str
  ids:
    description:
      - Ids of package policies, one of which it must have.
    type: list
    elements: str
  agent_policies:
    description:
      - Globs, one of which must match the name or the id of an agent policy it is attached to.
    type: list
    elements: str
"""
