"""Does every endpoint run what its mirror publishes?"""

from elastic_mirror_policy.endpoints.agents import Progress
from elastic_mirror_policy.endpoints.endpoint import DataAge, Endpoint, MirrorManifest
from elastic_mirror_policy.endpoints.report import EndpointReport
from elastic_mirror_policy.endpoints.verdicts import Proof, Verdict

__all__ = [
    "DataAge",
    "Endpoint",
    "EndpointReport",
    "MirrorManifest",
    "Progress",
    "Proof",
    "Verdict",
]
