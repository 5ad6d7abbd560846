"""The gate that a journal describes."""

import pytest

from elastic_mirror_policy import Kibana
from elastic_mirror_policy._cli.gates import gate_of
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import JournalError


@pytest.mark.parametrize("share", ["90", None, [90]])
def test_a_share_that_is_no_number_is_refused(share: JsonValue) -> None:
    """A damaged journal ends in a sentence, before Kibana is asked."""
    with (
        Kibana("http://127.0.0.1:9", api_key="synthetic") as kibana,
        pytest.raises(JournalError, match="no share of healthy endpoints"),
    ):
        gate_of(kibana, {"kind": "endpoints", "min_healthy": share})
