"""What the environment says about the connection."""

from typing import Final

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from elastic_mirror_policy._fleet.environment import VARIABLES

_EMPTY: Final = SecretStr("")


class Environment(BaseSettings):
    """The variables that are read; each has an option that wins over it."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    kibana_url: str = Field("", validation_alias=AliasChoices(*VARIABLES["url"]))
    kibana_api_key: SecretStr = Field(_EMPTY, validation_alias=AliasChoices(*VARIABLES["api_key"]))
    kibana_username: str = Field("", validation_alias=AliasChoices(*VARIABLES["username"]))
    kibana_password: SecretStr = Field(
        _EMPTY, validation_alias=AliasChoices(*VARIABLES["password"])
    )
    kibana_space: str = Field("", validation_alias=AliasChoices(*VARIABLES["spaces"]))
    kibana_ca_cert: str = Field("", validation_alias=AliasChoices(*VARIABLES["ca_cert"]))
    elasticsearch_url: str = Field("", validation_alias="ELASTICSEARCH_URL")
    elasticsearch_api_key: SecretStr = Field(_EMPTY, validation_alias="ELASTICSEARCH_API_KEY")
