"""Where each value of a connection comes from: an option, the environment or the file."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elastic_mirror_policy._cli.environment import Environment
from elastic_mirror_policy._cli.options import Connection
from elastic_mirror_policy._cli.profiles import Profile, config_file, read_profile
from elastic_mirror_policy._cli.secrets import read_secret
from elastic_mirror_policy._fleet.environment import VARIABLES
from elastic_mirror_policy.diagnosis import Check, State
from elastic_mirror_policy.errors import ConfigurationError

GENERAL: Final = "--ca-cert"
NOWHERE: Final = "nowhere"


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value and how the place is told that it comes from; the value may be a secret."""

    value: str
    source: str

    def __repr__(self) -> str:
        return f"Sourced({self.source!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a connection is made of; an option wins over the environment, and both over a file."""

    url: Sourced
    api_key: Sourced
    username: Sourced
    password: Sourced
    ca_certs: tuple[Sourced, ...]
    space: Sourced
    of_profile: bool

    @property
    def trusted(self) -> tuple[str, ...]:
        """The PEM files of the authorities that Kibana's certificate may come from."""
        return tuple(found.value for found in self.ca_certs)

    @property
    def trusts_public(self) -> bool:
        """Whether the public authorities are trusted, too: no file is named for Kibana alone."""
        return all(found.source == GENERAL for found in self.ca_certs)

    def checks(self) -> Iterator[Check]:
        """Yield where each value comes from, as `doctor` lists it; never a secret."""
        yield Check("URL from", State.OK, self.url.source)
        secret = self.api_key if self.api_key.value else self.password
        yield Check("credentials from", State.OK, secret.source)
        for name, found in (("space", self.space), *(("CA", one) for one in self.ca_certs)):
            if found.value:
                yield Check(f"{name} from", State.OK, f"{found.value}, {found.source}")


def sources_of(connection: Connection) -> Sources:
    """Return each value of a connection with where it comes from.

    Raises:
        ConfigurationError: A file cannot be used, or two secrets come from standard input.
    """
    if {connection.api_key_file, connection.password_file} == {"-"}:
        raise ConfigurationError("Only one secret can be read from standard input.")
    environment, profile = Environment(), profile_of(connection)
    url = _first(
        (connection.kibana_url, "--kibana-url"),
        (environment.kibana_url, _variable("url")),
        (profile.url, profile.source),
    )
    username = _first(
        (connection.username, "--username"), (environment.kibana_username, _variable("username"))
    )
    password = _first(
        (read_secret(connection.password_file), "--password-file"),
        (environment.kibana_password.get_secret_value(), _variable("password")),
    )
    given = _first(
        (read_secret(connection.api_key_file), "--api-key-file"),
        (environment.kibana_api_key.get_secret_value(), _variable("api_key")),
    )
    # The key of a section belongs to its own Kibana: no other URL, and no other user, gets it.
    of_profile = bool(profile.name) and url.source == profile.source
    own = of_profile and not (given.value or username.value or password.value)
    return Sources(
        url=url,
        api_key=_profile_key(profile) if own else given,
        username=username,
        password=password,
        ca_certs=tuple(_authorities(connection, environment, profile)),
        space=_first(
            (", ".join(connection.space), "--space"),
            (environment.kibana_space, _variable("spaces")),
            (profile.space, profile.source),
        ),
        of_profile=of_profile,
    )


def profile_of(connection: Connection) -> Profile:
    """Return the Kibana of the configuration file that was named, or an empty one.

    Raises:
        ConfigurationError: The file cannot be used, or was named without a Kibana.
    """
    if connection.kibana is None:
        if connection.config is not None:
            raise ConfigurationError("--config needs --kibana NAME, which says what to take of it.")
        return Profile(name="", file=Path())
    file = config_file(connection.config)
    return read_profile(connection.kibana, file)


def _authorities(
    connection: Connection, environment: Environment, profile: Profile
) -> Iterator[Sourced]:
    """Yield the files of CAs for Kibana.

    The one of --ca-cert may be meant for another server that the command asks, so it is trusted
    besides that of the environment. As an option wins, the latter need not be there.
    """
    if connection.kibana_ca_cert:
        yield Sourced(connection.kibana_ca_cert, "--kibana-ca-cert")
        return
    if connection.ca_cert:
        yield Sourced(connection.ca_cert, GENERAL)
    found = _first(
        (environment.kibana_ca_cert, _variable("ca_cert")),
        (profile.ca_cert, profile.source),
    )
    if found.value and (not connection.ca_cert or os.access(found.value, os.R_OK)):
        yield found


def _profile_key(profile: Profile) -> Sourced:
    if profile.api_key_file:
        return Sourced(
            read_secret(profile.api_key_file), f"{profile.api_key_file}, {profile.source}"
        )
    if not profile.api_key_env:
        return Sourced("", NOWHERE)
    value = os.environ.get(profile.api_key_env, "")
    if not value:
        raise ConfigurationError(
            f"{profile.source} names a variable in api_key_env that is not set.",
            hint="Write the variable's name there, never the key itself.",
        )
    return Sourced(value, f"{profile.api_key_env}, {profile.source}")


def _first(*candidates: tuple[str | None, str]) -> Sourced:
    found = ((value, source) for value, source in candidates if value)
    return Sourced(*next(found, ("", NOWHERE)))


def _variable(argument: str) -> str:
    """Return the variable that an argument is taken from."""
    names = VARIABLES[argument]
    return next((name for name in names if os.environ.get(name)), names[0])
