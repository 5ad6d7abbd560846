"""Several Kibanas in one file: each has a name, none a secret, and what is nearer wins."""

from pathlib import Path

import pytest
from support.commands import Shell, assert_one_line

from elastic_mirror_policy._cli import profiles
from elastic_mirror_policy.testing import FakeKibana

SECRET = "c2VjcmV0OnNlY3JldA"


@pytest.fixture
def two(fake: FakeKibana, shell: Shell) -> Path:
    """A configuration file with a Kibana that answers and one that does not; no environment."""
    shell.set(KIBANA_URL=None, KIBANA_API_KEY=None, EMEA_KEY=fake.api_key)
    (shell.folder / "emea.key").write_text(fake.api_key)
    file = shell.folder / "kibanas.toml"
    file.write_text(
        f"""
        [kibana.emea]
        url = "{fake.url}"
        space = "default"
        api_key_file = "emea.key"

        [kibana.apac]
        url = "http://127.0.0.1:9"
        api_key_env = "EMEA_KEY"

        [kibana.same]
        url = "{fake.url}"
        api_key_env = "EMEA_KEY"

        [kibana.open]
        url = "{fake.url}"
        """
    )
    return file


@pytest.mark.parametrize("name", ["emea", "same"])
def test_a_named_kibana_needs_nothing_else(shell: Shell, two: Path, name: str) -> None:
    """Its URL and its key, from a file beside it or from a variable."""
    assert shell.run("policies", "--config", two, "--kibana", name).code == 0


def test_a_section_without_a_key_takes_that_of_the_environment(
    shell: Shell, fake: FakeKibana, two: Path
) -> None:
    """And without one there either, nothing is sent."""
    words = ("policies", "--config", two, "--kibana", "open")
    without = shell.run(*words)
    asked = fake.requests
    shell.set(KIBANA_API_KEY=fake.api_key)

    assert (without.code, asked) == (64, ())
    assert shell.run(*words).code == 0


def test_without_config_the_file_of_the_user_is_read(
    shell: Shell, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the configuration folder that the platform has for it."""
    monkeypatch.setattr(profiles, "user_config_path", lambda: two.parent)
    two.rename(two.parent / "elastic-mirror-policy.toml")

    assert shell.run("policies", "--kibana", "emea").code == 0


def test_an_option_wins_over_the_environment_and_that_over_the_file(
    shell: Shell, fake: FakeKibana, two: Path
) -> None:
    """It is said when the named Kibana is not the one that is asked."""
    shell.set(KIBANA_URL="http://127.0.0.1:9", KIBANA_API_KEY=fake.api_key)
    words = ("policies", "--config", two, "--kibana", "apac")

    by_option = shell.run(*words, "--kibana-url", fake.url)
    shell.set(KIBANA_ENDPOINT=fake.url, KIBANA_URL=None)
    by_environment = shell.run(*words)

    assert (by_option.code, by_environment.code) == (0, 0)
    assert "--kibana-url, which wins over [kibana.apac]" in by_option.err
    assert "KIBANA_ENDPOINT, which wins over [kibana.apac]" in by_environment.err


def test_the_key_of_a_section_goes_to_its_own_url_only(
    shell: Shell, fake: FakeKibana, two: Path
) -> None:
    """Whoever names another URL has to name its key, too."""
    shell.set(KIBANA_URL=fake.url)
    ended = shell.run("policies", "--config", two, "--kibana", "emea")

    assert ended.code == 64
    assert fake.requests == ()


def test_doctor_says_where_each_value_comes_from(shell: Shell, fake: FakeKibana, two: Path) -> None:
    """The file, a variable or an option; never a secret."""
    by_file = shell.run("doctor", "--config", two, "--kibana", "emea", "-o", "json").json
    shell.set(KIBANA_URL=fake.url, KIBANA_API_KEY=fake.api_key)
    by_environment = shell.run("doctor", "--space", "default", "-o", "json").json
    seen = [
        {check["check"]: check["detail"] for check in found["checks"]}
        for found in (by_file, by_environment)
    ]

    assert seen[0]["URL from"] == f"[kibana.emea] in {two}"
    assert seen[0]["credentials from"] == f"{two.parent / 'emea.key'}, [kibana.emea] in {two}"
    assert seen[1]["URL from"] == "KIBANA_URL"
    assert seen[1]["credentials from"] == "KIBANA_API_KEY"
    assert seen[1]["space from"] == "default, --space"
    assert fake.api_key not in str(seen)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'[kibana.a]\napi_key = "{SECRET}"', ("a secret must not stand", "api_key_file")),
        (f'[kibana.b]\npassword = "{SECRET}"', ("a secret must not stand",)),
        (f'[kibana.a]\nurl = "{SECRET}', ("not valid TOML",)),
        (f'[kibana.a]\nurl = "http://127.0.0.1:9"\napi_key_env = "{SECRET}"', ("is not set",)),
        ('[kibana.a]\nurl = ""', ("url must be a text",)),
        ("[kibana.a]\nurl = 5", ("url must be a text",)),
        ('[kibana.a]\nulr = "http://k"', ("Did you mean url?",)),
        ('[kibana.aa]\nurl = "http://k"', ("has no [kibana.a]", "Did you mean aa?")),
        ("kibana = 5", ("must hold sections",)),
        ("kibana = " + "[" * 5000, ("not valid TOML",)),
        ('[kibana.a]\napi_key_file = "k"\napi_key_env = "K"', ("both api_key_file and",)),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    shell: Shell, text: str, words: tuple[str, ...]
) -> None:
    """In one line that never repeats what may be a secret."""
    shell.folder.joinpath("c.toml").write_text(text)
    ended = shell.run("policies", "--config", "c.toml", "--kibana", "a")

    assert_one_line(ended, 64, *words)
    assert SECRET not in ended.err


def test_a_file_that_is_not_there_is_named(shell: Shell) -> None:
    """With its path."""
    ended = shell.run("policies", "--config", "none.toml", "--kibana", "a")

    assert_one_line(ended, 64, "none.toml", "No such file")


def test_a_configuration_file_needs_the_name_of_a_kibana(shell: Shell, two: Path) -> None:
    """It is not guessed which one is meant."""
    assert_one_line(shell.run("policies", "--config", two), 64, "--kibana NAME")
