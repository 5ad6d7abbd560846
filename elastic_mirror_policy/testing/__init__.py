"""An Elastic Stack in memory, for demos and tests: nothing in it leaves this machine."""

from elastic_mirror_policy.testing._answers import FakeAnswer
from elastic_mirror_policy.testing._elasticsearch import FakeElasticsearch
from elastic_mirror_policy.testing._faults import Fault
from elastic_mirror_policy.testing._habits import Habit
from elastic_mirror_policy.testing._paths import REMOVE
from elastic_mirror_policy.testing._state import Commit, FakeAgent, FakeEndpointReport
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer
from elastic_mirror_policy.testing.kibana import FakeKibana, FakeRequest

__all__ = [
    "REMOVE",
    "Commit",
    "FakeAgent",
    "FakeAnswer",
    "FakeArtifactServer",
    "FakeElasticsearch",
    "FakeEndpointReport",
    "FakeKibana",
    "FakeRequest",
    "Fault",
    "Habit",
]
