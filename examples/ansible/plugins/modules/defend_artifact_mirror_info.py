#!/usr/bin/python
"""Ansible module: what Elastic Defend policies have as their artifact mirror."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: defend_artifact_mirror_info
short_description: Read the artifact settings of Elastic Defend policies
version_added: 0.1.0
author:
  - The elastic-mirror-policy contributors
description:
  - Lists Elastic Defend integration policies with the artifact settings they have now.
  - Sends nothing that changes anything.
extends_documentation_fragment:
  - elastic_mirror.policy.connection
  - elastic_mirror.policy.selection
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: Nothing is ever changed.
    support: none
seealso:
  - module: elastic_mirror.policy.defend_artifact_mirror
"""

EXAMPLES = r"""
- name: Look at every policy
  elastic_mirror.policy.defend_artifact_mirror_info:
    kibana_url: https://kibana.corp:5601
    api_key: "{{ vault_kibana_api_key }}"
  register: defend

- name: Fail when a Linux endpoint would fetch from somewhere else
  ansible.builtin.assert:
    that: item.settings.linux['artifacts.global.base_url'] | default('') == 'https://mirror.corp'
  loop: "{{ defend.policies }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
kibana:
  description: Which Kibana answered.
  returned: success
  type: dict
  sample: {url: "https://kibana.corp:5601", version: 9.1.3, spaces: [default]}
policies:
  description:
    - The selected policies, in the same form as C(elastic-mirror-policy policies --format json).
    - A URL with credentials in it is not shown.
  returned: success
  type: list
  elements: dict
  sample:
    - policy_id: 3f1c
      name: EMEA servers
      space: default
      revision: 7
      agents: 12
      settings:
        linux: {artifacts.global.base_url: "https://mirror.corp"}
        mac: {}
        windows: {}
      problem: ""
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.arguments import connection_arguments, selection_arguments
from ..module_utils.product import explain_missing

MISSING = ""
try:
    from ..module_utils.reading import read
except ImportError as exc:
    MISSING = str(exc)

ARGUMENTS = {**connection_arguments(), **selection_arguments()}


def main() -> None:
    """Read, and tell Ansible what is there."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if MISSING:
        module.fail_json(msg=explain_missing(MISSING))
    read(module.params).tell(module)


if __name__ == "__main__":
    main()
