"""Documentation that the modules share: what the policies should have."""


class ModuleDocFragment:
    """What C(extends_documentation_fragment) adds to a module."""

    DOCUMENTATION = r"""
options:
  base_url:
    description:
      - Base URL of the mirror on Linux, macOS and Windows, unless one of them has its own.
    type: str
  everywhere:
    description:
      - Artifact settings of Linux, macOS and Windows; a key that is not set is left as it is.
    type: dict
    suboptions: &settings
      base_url:
        description: Where endpoints fetch manifests and artifacts; a trailing slash is cut off.
        type: str
      manifest_relative_url:
        description: Path of the manifest, taken literally.
        type: str
      ca_cert:
        description: PEM of a CA to trust besides the system's, or a path on the endpoint.
        type: str
      public_key:
        description: PEM that verifies the manifest's signature.
        type: str
      interval:
        description: Seconds between attempts to update.
        type: int
      proxy_url:
        description: Proxy for these downloads only.
        type: str
      proxy_disable:
        description: Whether any configured proxy is ignored.
        type: bool
      channel:
        description: Which rollout of artifacts to follow.
        type: str
        choices: [default, rapid, stable]
      unset:
        description: Keys to remove, so that the endpoint's own default is in force again.
        type: list
        elements: str
        choices:
          - base_url
          - manifest_relative_url
          - ca_cert
          - public_key
          - interval
          - proxy_url
          - proxy_disable
          - channel
  linux:
    description:
      - Artifact settings of Linux, over those of O(base_url) and O(everywhere).
    type: dict
    suboptions: *settings
  mac:
    description:
      - Artifact settings of macOS, over those of O(base_url) and O(everywhere).
    type: dict
    suboptions: *settings
  windows:
    description:
      - Artifact settings of Windows, over those of O(base_url) and O(everywhere).
    type: dict
    suboptions: *settings
"""
