"""What the environment says about the connection."""

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """The variables that are read; each has an option that wins over it."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    kibana_url: str = Field("", validation_alias=AliasChoices("KIBANA_URL", "KIBANA_ENDPOINT"))
    kibana_api_key: SecretStr = Field(SecretStr(""), validation_alias="KIBANA_API_KEY")
    kibana_username: str = Field("", validation_alias="KIBANA_USERNAME")
    kibana_password: SecretStr = Field(SecretStr(""), validation_alias="KIBANA_PASSWORD")
    kibana_space: str = Field("", validation_alias="KIBANA_SPACE")
    kibana_ca_cert: str = Field(
        "", validation_alias=AliasChoices("KIBANA_CA_CERT", "KIBANA_CA_CERTS")
    )
    elasticsearch_url: str = Field("", validation_alias="ELASTICSEARCH_URL")
    elasticsearch_api_key: SecretStr = Field(
        SecretStr(""), validation_alias="ELASTICSEARCH_API_KEY"
    )
