"""Documentation that the modules share: which Kibana, as whom, in which spaces."""


class ModuleDocFragment:
    """What C(extends_documentation_fragment) adds to a module."""

    DOCUMENTATION = r"""
options:
  kibana_url:
    description:
      - Kibana's URL, with its base path if it has one, without a space.
      - Taken from the environment variable E(KIBANA_URL) or E(KIBANA_ENDPOINT) when not set.
    type: str
    required: true
  api_key:
    description:
      - The encoded API key, or V(id:key).
      - Taken from the environment variable E(KIBANA_API_KEY) when not set.
      - Give it as a variable from a vault. The keyword C(environment) of a task is not the place
        for it, because Ansible prints that with C(-vvv).
    type: str
  username:
    description:
      - User name, together with O(password), in place of O(api_key).
      - Taken from the environment variable E(KIBANA_USERNAME) when not set.
    type: str
  password:
    description:
      - The password of O(username).
      - Taken from the environment variable E(KIBANA_PASSWORD) when not set.
    type: str
  ca_cert:
    description:
      - PEM file of the authority that signed Kibana's certificate.
      - Taken from the environment variable E(KIBANA_CA_CERT) or E(KIBANA_CA_CERTS) when not set.
    type: path
  timeout:
    description:
      - Seconds to wait for the answer to one request.
      - When not set, 30 for a read and 120 for a write.
    type: float
  spaces:
    description:
      - Ids of the spaces to work in; the default space when not set.
      - Taken from the environment variable E(KIBANA_SPACE) when not set.
    type: list
    elements: str
  all_spaces:
    description:
      - Whether to work in every space that the credentials may see, in place of O(spaces).
    type: bool
    default: false
requirements:
  - python >= 3.11
  - elastic-mirror-policy, in the Python that runs the module
attributes:
  action_group:
    description: The options of the connection can be given once, with C(module_defaults).
    support: full
    membership: [elastic_mirror.policy.kibana]
notes:
  - The module talks to Kibana from the host it runs on, usually the controller with
    C(delegate_to=localhost) or C(connection=local).
  - The options can be set for a whole play with C(module_defaults) and the group
    C(elastic_mirror.policy.kibana).
"""
