"""What is decided between two waves."""

import pytest

from elastic_mirror_policy import ConfigurationError
from elastic_mirror_policy.rollout.staging import Staging


def test_an_unhealthy_wave_stops_a_rollout_or_undoes_it() -> None:
    """Anything else is a slip, and would be found out too late."""
    with pytest.raises(ConfigurationError, match='"stop" or "rollback", not \'ignore\''):
        Staging(on_unhealthy="ignore")
