"""`--fleet` takes the versions of the agents, and says what they leave out."""

from support.commands import Shell

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana

VERSION = "9.4.2"


def test_agents_without_a_version_are_said(shell: Shell) -> None:
    """The mirror is checked for the versions of the others."""
    with FakeKibana(VERSION) as fake, FakeArtifactServer.example(VERSION) as mirror:
        shell.talk_to(fake)
        policy = fake.add_agent_policy("servers")
        fake.enrol(policy, version=VERSION)
        fake.set_agents(fake.enrol(policy), version="")

        ended = shell.run("mirror", "check", mirror.url, "--fleet")

    assert ended.code == 0
    assert VERSION in ended.out
    assert "--fleet: 1 agent has no version that Fleet knows." in ended.err
