"""Environment -> typed values. One class for every service; the prefix is the service's name."""

from typing import Literal, Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only"  # noqa: S105  # refused in production below


class Settings(BaseSettings):
    """What a process of a service must be told.

    `<SERVICE>_DATABASE_URL` and its worker and owner twins are per service; the rest is shared.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    service: str
    database_url: str = ""
    worker_database_url: str = ""
    owner_database_url: str = ""

    mode: Literal["development", "production"] = Field("production", validation_alias="L2C_MODE")
    secret: SecretStr = Field(SecretStr(DEVELOPMENT_SECRET), validation_alias="L2C_SECRET")
    kafka_bootstrap: str = Field("", validation_alias="KAFKA_BOOTSTRAP")
    issuer: str = Field("http://127.0.0.1:8000/org/v1", validation_alias="OIDC_ISSUER")
    audience: str = Field("l2c", validation_alias="OIDC_AUDIENCE")
    jwks_url: str = Field("", validation_alias="OIDC_JWKS_URL")
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL")
    cors_origins: tuple[str, ...] = Field((), validation_alias="CORS_ORIGINS")
    max_body_bytes: int = Field(1_000_000, validation_alias="MAX_BODY_BYTES")

    @classmethod
    def of(cls, service: str) -> Self:
        """The settings of one service. Raises ValueError: a development secret in production."""
        settings = cls(_env_prefix=f"{service.upper()}_", service=service)  # type: ignore[call-arg]
        if settings.in_production and settings.secret.get_secret_value() == DEVELOPMENT_SECRET:
            raise ValueError("L2C_SECRET must be set: in production no default signs cursors.")
        return settings

    @property
    def in_production(self) -> bool:
        return self.mode == "production"

    @property
    def keys_url(self) -> str:
        """Where the issuer's keys are."""
        return self.jwks_url or f"{self.issuer}/oauth/jwks"
