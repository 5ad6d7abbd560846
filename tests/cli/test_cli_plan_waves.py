"""A plan as JSON has the waves that were asked for."""

import pytest
from support.commands import Shell
from support.rollouts import MIRROR

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")


@pytest.mark.usefixtures("fake")
def test_the_json_of_a_plan_has_its_waves(shell: Shell) -> None:
    """Beside all that it has without."""
    plain = shell.run("apply", *PLAIN, "--format", "json").json
    ended = shell.run("apply", *PLAIN, "--wave", "1", "--wave", "rest", "--format", "json")

    assert ended.code == 2
    assert ended.json.keys() == {*plain, "waves"}
    assert len(ended.json["waves"]) == 2
