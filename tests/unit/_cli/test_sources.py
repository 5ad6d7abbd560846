"""Where a value of a connection comes from."""

from elastic_mirror_policy._cli.sources import Sourced


def test_a_value_that_may_be_a_secret_is_not_in_its_repr() -> None:
    """Only the place that it comes from."""
    assert repr(Sourced("hunter2", "KIBANA_PASSWORD")) == "Sourced('KIBANA_PASSWORD')"
