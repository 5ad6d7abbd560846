"""Intent: which values can be set, and how they are stored."""

import pytest
from support.pem import pem

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.settings import (
    CLEAR,
    MANAGED_KEYS,
    MAX_TEXT,
    ArtifactSettings,
    MirrorSettings,
    OperatingSystem,
    artifact_settings,
)

PEM = pem(end="\r\n") + "\t\n" + pem(size=300)


def test_every_managed_key_is_covered() -> None:
    """The eight keys that the advanced settings reference lists below `artifacts.global`."""
    assert MANAGED_KEYS == (
        "base_url",
        "manifest_relative_url",
        "ca_cert",
        "public_key",
        "interval",
        "proxy_url",
        "proxy_disable",
        "channel",
    )


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("base_url", "https://mirror.corp/", "https://mirror.corp"),
        ("manifest_relative_url", "/downloads/a-8.18.0.zip", "/downloads/a-8.18.0.zip"),
        ("ca_cert", PEM, PEM),
        ("ca_cert", "/etc/ssl/ca.pem", "/etc/ssl/ca.pem"),
        ("public_key", "C:\\keys\\mirror.pub", "C:\\keys\\mirror.pub"),
        ("public_key", "/" + "x" * (MAX_TEXT - 1), "/" + "x" * (MAX_TEXT - 1)),
        ("interval", 60, "60"),
        ("interval", "3600", "3600"),
        ("proxy_url", "http://proxy.corp:3128", "http://proxy.corp:3128"),
        ("proxy_disable", True, "true"),
        ("proxy_disable", "False", "false"),
        ("channel", "rapid", "rapid"),
    ],
)
def test_values_are_stored_as_kibana_stores_them(
    key: str,
    value: object,
    stored: str,
) -> None:
    """Every value of an advanced setting is a text."""
    assert dict(artifact_settings({key: value}).items()) == {key: stored}


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("base_url", "mirror.corp", "it has no scheme"),
        ("base_url", "", "base_url must be a text that is not empty."),
        ("base_url", " \n", "base_url must be a text that is not empty."),
        ("base_url", 7, "base_url must be a text that is not empty."),
        ("base_url", b"https://mirror.corp", "base_url must be a text that is not empty."),
        ("manifest_relative_url", "downloads/x", "a path that starts with one slash"),
        ("manifest_relative_url", "//evil.corp/x", "a path that starts with one slash"),
        ("manifest_relative_url", "/a\nb", "a path that starts with one slash"),
        ("ca_cert", "a\x00b", "ca_cert holds control characters."),
        ("ca_cert", "-----BEGIN RSA PRIVATE KEY-----\n", "ca_cert holds a private key"),
        ("public_key", "x" * (MAX_TEXT + 1), "public_key is longer than 65536 characters."),
        ("public_key", "\u202e", "public_key holds control characters."),
        ("interval", 0, "interval must be a number of seconds above zero, not 0."),
        ("interval", "000", "interval must be a number of seconds above zero"),
        ("interval", -1, "interval must be a number of seconds above zero, not -1."),
        ("interval", 1.5, "interval must be a number of seconds above zero, not 1.5."),
        ("interval", True, "interval must be a number of seconds above zero, not True."),
        ("interval", "", "interval must be a number of seconds above zero, not ''."),
        ("interval", "\u0663", "interval must be a number of seconds above zero"),
        ("interval", "1 hour", "interval must be a number of seconds above zero"),
        ("interval", "060", "interval must be a number of seconds above zero, not '060'."),
        ("interval", "60\n", "interval must be a number of seconds above zero"),
        ("interval", "9" * 10, "interval must be a number of seconds above zero"),
        ("proxy_url", "proxy.corp:3128", "there is no // after the scheme"),
        ("proxy_url", "http://u:p@proxy.corp", "proxy_url holds a user name or password"),
        ("proxy_disable", "yes", "proxy_disable must be one of true, false, not 'yes'."),
        ("proxy_disable", 1, "proxy_disable must be one of true, false, not '1'."),
        ("channel", "Rapid", "channel must be one of default, rapid, stable, not 'Rapid'."),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_key(
    key: str, value: object, why: str
) -> None:
    """Nothing reaches a policy that an endpoint could only ignore."""
    with pytest.raises(ConfigurationError) as caught:
        artifact_settings({key: value})

    assert why in caught.value.message


def test_an_unknown_key_is_refused_with_those_that_exist() -> None:
    """A slip of the pen is not silently left out."""
    with pytest.raises(ConfigurationError, match=r"^'base_uri' is not an artifact setting\.") as e:
        artifact_settings({"base_uri": "https://mirror.corp", "interval": 1})

    assert e.value.hint == "The settings are " + ", ".join(MANAGED_KEYS) + "."


def test_none_leaves_a_key_alone_and_clear_removes_it() -> None:
    """The two are told apart in what is wanted."""
    settings = ArtifactSettings(base_url=CLEAR, ca_cert=None, interval="60")

    assert list(settings.items()) == [("base_url", CLEAR), ("interval", "60")]
    assert repr(CLEAR) == "CLEAR"


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        (ArtifactSettings(interval=60), None, ArtifactSettings(interval=60)),
        (
            ArtifactSettings(interval=60),
            ArtifactSettings(base_url="https://a", interval=5, channel=CLEAR),
            ArtifactSettings(base_url="https://a", interval=60, channel=CLEAR),
        ),
        (
            ArtifactSettings(base_url=CLEAR),
            ArtifactSettings(base_url="https://a"),
            ArtifactSettings(base_url=CLEAR),
        ),
    ],
)
def test_one_set_of_settings_lies_over_another(
    first: ArtifactSettings, second: ArtifactSettings | None, result: ArtifactSettings
) -> None:
    """The upper one decides the keys it names; the lower one keeps the rest."""
    assert first.over(second) == result


def test_everywhere_sets_the_same_on_every_system() -> None:
    """Linux, macOS and Windows, in the order of the policy's names."""
    settings = MirrorSettings.everywhere("https://mirror.corp/", interval=60)

    assert list(settings.items()) == [
        (system, key, value)
        for system in (OperatingSystem.LINUX, OperatingSystem.MAC, OperatingSystem.WINDOWS)
        for key, value in (("base_url", "https://mirror.corp"), ("interval", "60"))
    ]


def test_a_system_that_is_left_out_is_not_touched() -> None:
    """Only what is named is wanted."""
    settings = MirrorSettings(mac=ArtifactSettings(channel="rapid"))

    assert list(settings.items()) == [(OperatingSystem.MAC, "channel", "rapid")]


@pytest.mark.parametrize("settings", [{}, {"linux": ArtifactSettings()}])
def test_nothing_to_set_is_an_error(settings: dict[str, ArtifactSettings]) -> None:
    """An empty intent would be a rollout that does nothing and says it succeeded."""
    with pytest.raises(ConfigurationError, match="There is nothing to set"):
        MirrorSettings(**settings)


@pytest.mark.parametrize("key", ["ca_cert", "public_key"])
@pytest.mark.parametrize(
    "value",
    [
        "ca.pem",
        "hello",
        "certs/ca.pem",
        "<html>Sign in</html>",
        pem()[:60],
        pem().replace("\n", "\\n"),
        pem().replace("\n", " ").strip(),
        pem("PRIVATE THING"),
        pem().replace("MCg", "MCk"),
        pem() + pem()[:40],
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMA=A\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_neither_pem_nor_a_path_is_refused(key: str, value: str) -> None:
    """A forgotten @, half a file or a login page would reach every endpoint."""
    with pytest.raises(ConfigurationError, match=f"^{key} is neither PEM that can be decoded"):
        artifact_settings({key: value})


def test_a_forgotten_at_sign_is_asked_about() -> None:
    """The name of a file is not its content."""
    with pytest.raises(ConfigurationError) as caught:
        artifact_settings({"ca_cert": "ca.pem"})

    assert caught.value.hint == "Did you mean ca_cert=@ca.pem?"


@pytest.mark.parametrize(
    ("system", "path", "usable"),
    [
        ("linux", "/etc/ssl/ca.pem", True),
        ("mac", "/etc/ssl/ca.pem", True),
        ("windows", "/etc/ssl/ca.pem", False),
        ("windows", "C:\\certs\\ca.pem", True),
        ("windows", "C:/certs/ca.pem", True),
        ("windows", "\\\\server\\share\\ca.pem", True),
        ("linux", "C:\\certs\\ca.pem", False),
        ("mac", "C:\\certs\\ca.pem", False),
    ],
)
def test_a_path_must_be_one_of_that_operating_system(
    system: str, path: str, *, usable: bool
) -> None:
    """The endpoint opens it."""
    found = artifact_settings({"ca_cert": path})
    if usable:
        assert getattr(MirrorSettings(**{system: found}), system) == found
        return
    with pytest.raises(ConfigurationError, match=f"^{system} ca_cert must be PEM or an absolute"):
        MirrorSettings(**{system: found})
