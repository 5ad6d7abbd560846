#!/usr/bin/python
"""Ansible module: give Elastic Defend policies their artifact mirror, or take it back."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: defend_artifact_mirror
short_description: Set the artifact mirror of Elastic Defend policies
version_added: 0.1.0
author:
  - The elastic-mirror-policy contributors (!UNKNOWN)
description:
  - Sets where endpoints of Elastic Defend fetch their protection artifacts, on every integration
    policy or a selection of them, for each operating system.
  - Changes only the keys under C(advanced.artifacts.global) that are named, and leaves everything
    else in the policies as it is. A policy that has the wanted values already is not written,
    because every write is a deployment to all its agents.
  - Everything is planned and held against the limits before the first write. Each policy is read
    again just before it is written; one whose settings somebody changed in between is refused.
  - What was written is recorded in a journal, from which it can be put back key by key.
extends_documentation_fragment:
  - elastic_mirror.policy.connection
  - elastic_mirror.policy.selection
  - elastic_mirror.policy.settings
options:
  state:
    description:
      - V(present) gives the policies the settings of O(base_url), O(everywhere), O(linux), O(mac)
        and O(windows).
      - V(absent) removes the base URL on every operating system, so that endpoints fetch from
        Elastic again. This needs V(clear) in O(allow).
      - V(rolled_back) puts back what the rollout of O(rollback_journal) wrote, against what is
        there now. A key that somebody changed since needs V(overwrite-foreign) in O(allow).
    type: str
    choices: [present, absent, rolled_back]
    default: present
  rollback_journal:
    description:
      - Path of the journal that O(state=rolled_back) undoes.
    type: path
  journal:
    description:
      - Path of a new file for the record of what was written; an existing file is refused.
      - Required when something is written. It is not created when nothing is to be changed or in
        check mode.
      - It holds ids, names and the managed settings, never a credential.
    type: path
  check_mirror:
    description:
      - Whether to ask each new mirror for the manifests of the agents' versions before the
        policies point at it.
      - A mirror that is found broken needs V(unhealthy-mirror) in O(allow). One that cannot be
        reached from here needs V(unchecked-mirror), or O(check_mirror=false).
    type: bool
    default: true
  mirror_ca_cert:
    description:
      - PEM file of the authority that signed the mirror's certificate, for O(check_mirror).
    type: path
  expect_policies:
    description:
      - Refuse unless exactly this many policies are selected.
    type: int
  max_policies:
    description:
      - Refuse when more policies than this would change.
    type: int
  max_agents:
    description:
      - Refuse when more agents than this would fetch a change.
    type: int
  allow:
    description:
      - Risks that are accepted. A plan that carries another one is refused.
      - "V(clear): a base URL is removed."
      - "V(elastic-cdn): the base URL becomes Elastic's public server."
      - "V(managed): the policy is managed by an external orchestration solution."
      - "V(overwrite-foreign): somebody changed the value since it was written."
      - "V(pinned): protection updates are pinned to a date, which a plain mirror does not serve."
      - "V(unchecked-mirror): the mirror could not be reached to be checked."
      - "V(unhealthy-mirror): the mirror was checked and found broken."
    type: list
    elements: str
    choices:
      - clear
      - elastic-cdn
      - managed
      - overwrite-foreign
      - pinned
      - unchecked-mirror
      - unhealthy-mirror
    default: []
  parallel:
    description:
      - Policies that are written at the same time, 1 to 16.
    type: int
    default: 4
  max_failures:
    description:
      - Stop when more policies than this have failed; when not set, every policy is tried.
    type: int
attributes:
  check_mode:
    description: Plans and checks everything, and sends no write.
    support: full
  diff_mode:
    description: Shows the managed keys before and after, with a header for each policy.
    support: full
seealso:
  - module: elastic_mirror.policy.defend_artifact_mirror_info
"""

EXAMPLES = r"""
- name: Every policy fetches from the mirror
  elastic_mirror.policy.defend_artifact_mirror:
    kibana_url: https://kibana.corp:5601
    api_key: "{{ vault_kibana_api_key }}"
    base_url: https://mirror.corp
    expect_policies: 12
    journal: "/var/lib/mirror-journals/{{ now(utc=true, fmt='%Y%m%dT%H%M%SZ') }}.journal"
  delegate_to: localhost

- name: One region, another mirror for Windows, and a slower pace
  elastic_mirror.policy.defend_artifact_mirror:
    kibana_url: https://kibana.corp:5601
    api_key: "{{ vault_kibana_api_key }}"
    spaces: [emea]
    names: ["EMEA *"]
    exclude: ["*canary*"]
    everywhere:
      base_url: https://mirror.corp
      channel: stable
      unset: [proxy_url]
    windows:
      base_url: https://mirror-windows.corp
      ca_cert: "{{ lookup('ansible.builtin.file', 'corp-ca.pem') }}"
    max_agents: 5000
    journal: /var/lib/mirror-journals/emea.journal

- name: Endpoints fetch from Elastic again
  elastic_mirror.policy.defend_artifact_mirror:
    kibana_url: https://kibana.corp:5601
    api_key: "{{ vault_kibana_api_key }}"
    state: absent
    allow: [clear]
    journal: /var/lib/mirror-journals/absent.journal

- name: Put back what one rollout wrote
  elastic_mirror.policy.defend_artifact_mirror:
    kibana_url: https://kibana.corp:5601
    api_key: "{{ vault_kibana_api_key }}"
    state: rolled_back
    rollback_journal: /var/lib/mirror-journals/emea.journal
    journal: /var/lib/mirror-journals/emea-undo.journal
"""

RETURN = r"""
changed:
  description:
    - Whether something was written, or in check mode would be.
    - Also true when a write was sent and nobody could find out whether it was carried out.
  returned: always
  type: bool
  sample: true
msg:
  description: What was done or would be, or why not, in a sentence.
  returned: always
  type: str
  sample: 6 of 6 policies to change, 22 agents affected.
plan:
  description:
    - What the task set out to write, in the same form as C(elastic-mirror-policy plan --format
      json).
  returned: when a plan could be made
  type: dict
  sample:
    kind: plan
    summary: {policies: 6, to_change: 6, unchanged: 0, skipped: 0, agents: 22}
    changes:
      - policy_id: 3f1c
        name: EMEA servers
        space: default
        edits:
          - os: linux
            key: artifacts.global.base_url
            before: null
            after: https://mirror.corp
report:
  description:
    - What happened to every policy, in the same form as C(elastic-mirror-policy apply --yes
      --format json). On a failure too.
  returned: when something was written or tried
  type: dict
  sample:
    kind: report
    journal: /var/lib/mirror-journals/emea.journal
    summary: {total: 6, applied: 6, succeeded: 6, unchanged: 0, skipped: 0, failed: 0, unknown: 0}
    outcomes:
      - {policy_id: 3f1c, name: EMEA servers, outcome: succeeded, error: null}
diff:
  description:
    - The managed keys before and after, one entry with a header for each policy that was written or
      would be. A key that is not set has no line.
  returned: in diff mode
  type: list
  elements: dict
  sample:
    - before_header: default/EMEA servers
      before: ""
      after_header: default/EMEA servers
      after: "linux.advanced.artifacts.global.base_url = https://mirror.corp\n"
journal:
  description: Path of the journal, from which the change can be undone.
  returned: when something was written or tried
  type: str
  sample: /var/lib/mirror-journals/emea.journal
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.arguments import (
    connection_arguments,
    selection_arguments,
    settings_arguments,
    write_arguments,
)
from ..module_utils.product import MISSING, explain_missing
from ..module_utils.rollout import carry_out

ARGUMENTS = {
    "state": {
        "type": "str",
        "choices": ["present", "absent", "rolled_back"],
        "default": "present",
    },
    "rollback_journal": {"type": "path"},
    **connection_arguments(),
    **selection_arguments(),
    **settings_arguments(),
    **write_arguments(),
}


def main() -> None:
    """Do what the task says and tell Ansible how it ended."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "rolled_back", ("rollback_journal",))],
        supports_check_mode=True,
    )
    if MISSING:
        module.fail_json(msg=explain_missing(MISSING))
    carry_out(module.params, check_mode=module.check_mode).tell(module)


if __name__ == "__main__":
    main()
