#!/usr/bin/python
"""Ansible module: what Elastic Defend policies have as their artifact mirror."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: defend_artifact_mirror_info
short_description: Read the artifact mirrors of Elastic Defend policies and endpoints
version_added: 0.1.0
author:
  - The elastic-mirror-policy contributors (!UNKNOWN)
description:
  - Lists Elastic Defend integration policies with the artifact settings they have now.
  - Says for each endpoint whether it runs what its mirror publishes.
  - Sends nothing that changes anything.
extends_documentation_fragment:
  - elastic_mirror.policy.connection
  - elastic_mirror.policy.selection
options:
  gather:
    description:
      - What to read. V(endpoints) asks Kibana once for each agent, or Elasticsearch once for
        thousands, and asks the mirrors for their manifests.
    type: list
    elements: str
    choices: [policies, endpoints]
    default: [policies]
  mirror_url:
    description:
      - Where the mirror is reached from here, when endpoints reach it by another URL.
    type: str
  mirror_ca_cert:
    description:
      - PEM file of the authority that signed the mirror's certificate.
    type: path
  elasticsearch_url:
    description:
      - URL of Elasticsearch, to ask it for the reports of endpoints in place of Kibana.
      - Taken from the environment variable E(ELASTICSEARCH_URL) when not set.
    type: str
  elasticsearch_api_key:
    description:
      - An API key that may read C(metrics-endpoint.policy-*).
      - Taken from the environment variable E(ELASTICSEARCH_API_KEY) when not set.
    type: str
  elasticsearch_ca_cert:
    description:
      - PEM file of the authority that signed the certificate of Elasticsearch.
    type: path
  window:
    description:
      - How far back reports of endpoints are looked for.
    type: str
    default: 30d
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

- name: Wait until every endpoint has what the mirror publishes
  elastic_mirror.policy.defend_artifact_mirror_info:
    kibana_url: https://kibana.corp:5601
    api_key: "{{ vault_kibana_api_key }}"
    gather: [endpoints]
  register: defend
  until: defend.endpoints.all_current
  retries: 30
  delay: 120
"""

RETURN = r"""
kibana:
  description: Which Kibana answered.
  returned: success
  type: dict
  sample: {url: "https://kibana.corp:5601", version: 9.1.3}
policies:
  description:
    - The selected policies, in the same form as C(elastic-mirror-policy policies --format json).
    - A URL with credentials in it is not shown.
  returned: when O(gather) has V(policies)
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
endpoints:
  description:
    - One verdict for each endpoint, in the same form as C(elastic-mirror-policy endpoints --format
      json), with RV(endpoints.all_current) besides.
  returned: when O(gather) has V(endpoints)
  type: dict
  sample:
    kind: endpoint-report
    all_current: false
    summary: {current: 11, behind: 1}
    endpoints:
      - {hostname: emea-01, os: linux, policy_name: EMEA servers, verdict: behind}
  contains:
    all_current:
      description: Whether there is an endpoint, and every one has the verdict C(current).
      returned: always
      type: bool
      sample: false
    summary:
      description: How many endpoints have each verdict.
      returned: always
      type: dict
      sample: {current: 11, behind: 1}
    endpoints:
      description: Each endpoint with its verdict and what it rests on.
      returned: always
      type: list
      elements: dict
      sample:
        - {hostname: emea-01, os: linux, policy_name: EMEA servers, verdict: behind}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.arguments import connection_arguments, reading_arguments, selection_arguments
from ..module_utils.product import MISSING, explain_missing
from ..module_utils.reading import read

ARGUMENTS = {**connection_arguments(), **selection_arguments(), **reading_arguments()}


def main() -> None:
    """Read, and tell Ansible what is there."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if MISSING:
        module.fail_json(msg=explain_missing(MISSING))
    read(module.params).tell(module)


if __name__ == "__main__":
    main()
