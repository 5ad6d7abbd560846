"""An Elastic Stack in memory, for demos and tests: nothing in it leaves this machine."""

from elastic_mirror_policy.testing._api.answers import FakeAnswer
from elastic_mirror_policy.testing._api.faults import Fault
from elastic_mirror_policy.testing._artifacts.content import SyntheticArtifact
from elastic_mirror_policy.testing._artifacts.faults import ArtifactAnswer, ArtifactFault
from elastic_mirror_policy.testing._kibana.habits import ArtifactMirror, Habit, PublishedArtifact
from elastic_mirror_policy.testing._kibana.paths import REMOVE
from elastic_mirror_policy.testing._kibana.state import Commit, FakeAgent, FakeEndpointReport
from elastic_mirror_policy.testing._search.elasticsearch import FakeElasticsearch, ReportedPolicies
from elastic_mirror_policy.testing.artifact_server import (
    ArtifactRequest,
    ETagStyle,
    FakeArtifactServer,
)
from elastic_mirror_policy.testing.kibana import FakeKibana, FakeRequest

__all__ = [
    "REMOVE",
    "ArtifactAnswer",
    "ArtifactFault",
    "ArtifactMirror",
    "ArtifactRequest",
    "Commit",
    "ETagStyle",
    "FakeAgent",
    "FakeAnswer",
    "FakeArtifactServer",
    "FakeElasticsearch",
    "FakeEndpointReport",
    "FakeKibana",
    "FakeRequest",
    "Fault",
    "Habit",
    "PublishedArtifact",
    "ReportedPolicies",
    "SyntheticArtifact",
]
