"""The answer to a write is believed only when it is the policy that was written."""

import pytest
from support.documents import defend_policy

from elastic_mirror_policy import MirrorSettings
from elastic_mirror_policy._fleet.versions import KibanaVersion
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.plan.planning import make_plan
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.rollout.recheck import Ready, judge, recheck


@pytest.mark.parametrize("answer", [{}, {"revision": "2"}, {"id": "another", "revision": 2}])
def test_an_answer_that_is_not_the_policy_is_not_a_success(answer: JsonValue) -> None:
    """A revision and the id are the least that it has."""
    document = defend_policy()
    policy = DefendPolicy.from_document(document)
    (change,) = make_plan(
        [policy],
        MirrorSettings.everywhere("https://mirror.corp"),
        KibanaInfo("https://kibana.corp", "9.4.2", ("default",)),
    ).changes
    ready = recheck(document, change, KibanaVersion("9.4.2"), allow=frozenset())
    assert isinstance(ready, Ready)

    judged = judge(answer, ready, change)

    assert judged.error == "Kibana answered with something that is not this policy."
    assert judged.revision == ready.revision
