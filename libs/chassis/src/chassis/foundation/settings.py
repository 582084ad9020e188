"""Settings of a process, read from environment variables prefixed with the service's name."""

from enum import StrEnum
from hashlib import sha256
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.foundation.encryption_keys import (
    KEYS_VARIABLE,
    Keyring,
    development_keys,
    parse_keys,
)

DEVELOPMENT_SECRET = "development-only"  # noqa: S105  # too short for production, see below
SECRET_LENGTH = 32


class ApprovalMode(StrEnum):
    """Who answers requests for approval: desk, or where it is not deployed a fixed answer."""

    DESK = "DESK"
    REFUSE = "REFUSE"
    PASS = "PASS"  # noqa: S105  # no password: what needs an approval passes


class Settings(BaseSettings):
    """The settings of one process.

    The database URLs of the app, worker and owner roles are per service (`<SERVICE>_DATABASE_URL`,
    `<SERVICE>_WORKER_DATABASE_URL`, `<SERVICE>_OWNER_DATABASE_URL`); the rest is shared.
    `ORG_OPERATOR_TENANT` is the tenant whose people are operators; without it nobody is.
    `L2C_ENCRYPTION_KEYS` are the keys of encrypted columns, the current one first. These columns
    are searched by digests under `L2C_DIGEST_SECRET`: after a change, older values are not found.
    Where `desk` is not deployed, `L2C_APPROVALS` says whether what needs an approval is refused or
    passes; the history of the record says that it was so.
    `L2C_MESSAGES=false` says that no `desk` sends messages to the outside: then those that services
    ask for are shown as not sent.
    `L2C_FILE_SECRET` signs links to files; all services have the same, by default `L2C_SECRET`.
    `L2C_DESK_URL` is where browsers reach desk; links to files are relative without it.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    service: str
    database_url: str = ""
    worker_database_url: str = ""
    owner_database_url: str = ""

    mode: Literal["development", "production"] = Field("production", validation_alias="L2C_MODE")
    secret: SecretStr = Field(SecretStr(DEVELOPMENT_SECRET), validation_alias="L2C_SECRET")
    encryption_keys: SecretStr = Field(SecretStr(""), validation_alias=KEYS_VARIABLE)
    digest_secret: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET), validation_alias="L2C_DIGEST_SECRET"
    )
    file_secret: SecretStr = Field(SecretStr(""), validation_alias="L2C_FILE_SECRET")
    desk_url: str = Field("", validation_alias="L2C_DESK_URL")
    pool_size: int = Field(10, ge=1, validation_alias="L2C_POOL_SIZE")
    pool_overflow: int = Field(10, ge=0, validation_alias="L2C_POOL_OVERFLOW")
    revision: str = Field("unknown", validation_alias="L2C_REVISION")
    kafka_bootstrap: str = Field("", validation_alias="KAFKA_BOOTSTRAP")
    issuer: str = Field("http://127.0.0.1:8000/org/v1", validation_alias="OIDC_ISSUER")
    audience: str = Field("l2c", validation_alias="OIDC_AUDIENCE")
    jwks_url: str = Field("", validation_alias="OIDC_JWKS_URL")
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL")
    cors_origins: tuple[str, ...] = Field((), validation_alias="CORS_ORIGINS")
    operator_tenant: UUID | None = Field(None, validation_alias="ORG_OPERATOR_TENANT")
    max_body_bytes: int = Field(1_000_000, validation_alias="MAX_BODY_BYTES")
    max_header_bytes: int = Field(32_768, ge=1_024, validation_alias="MAX_HEADER_BYTES")
    header_seconds: float = Field(10, gt=0, validation_alias="L2C_HEADER_SECONDS")
    body_seconds: float = Field(20, gt=0, validation_alias="L2C_BODY_SECONDS")
    answer_seconds: float = Field(60, gt=0, validation_alias="L2C_ANSWER_SECONDS")
    idle_seconds: int = Field(65, ge=1, validation_alias="L2C_IDLE_SECONDS")
    max_connections: int = Field(1_000, ge=1, validation_alias="L2C_MAX_CONNECTIONS")
    approvals: ApprovalMode = Field(ApprovalMode.DESK, validation_alias="L2C_APPROVALS")
    messages: bool = Field(default=True, validation_alias="L2C_MESSAGES")
    docs: bool | None = Field(None, validation_alias="L2C_DOCS")
    drain_seconds: float | None = Field(None, ge=0, validation_alias="L2C_DRAIN_SECONDS")

    @classmethod
    def of(cls, service: str) -> Self:
        """Read the settings of one service.

        Raises ValueError for keys that cannot be read, and in production if a key is missing or a
        secret weak, or the issuer is missing or unsafe.
        """
        prefix = f"{service.upper()}_"
        settings = cls(_env_prefix=prefix, service=service)  # type: ignore[call-arg]  # pydantic's own
        settings.ensure_strong("L2C_SECRET", settings.secret)
        settings.ensure_strong("L2C_DIGEST_SECRET", settings.digest_secret)
        if settings.file_secret.get_secret_value():
            settings.ensure_strong("L2C_FILE_SECRET", settings.file_secret)
        settings.keyring()
        settings.ensure_safe_issuer()
        return settings

    def ensure_safe_issuer(self) -> None:
        """Raise ValueError in production unless the issuer is set and reached by https.

        Whoever can change the keys of an issuer on the way can sign tokens of every tenant.
        """
        if not self.in_production:
            return
        if "issuer" not in self.model_fields_set or not self.issuer:
            raise ValueError(
                "OIDC_ISSUER must be set in production: the issuer of accepted tokens."
            )
        if not self.issuer.startswith("https://"):
            raise ValueError("OIDC_ISSUER must begin with https:// in production.")

    def ensure_strong(self, name: str, secret: SecretStr) -> None:
        """Raise ValueError in production if a secret is too short."""
        if self.in_production and len(secret.get_secret_value()) < SECRET_LENGTH:
            raise ValueError(
                f"{name} must have at least {SECRET_LENGTH} characters in production, "
                "from a random source."
            )

    def keyring(self) -> Keyring:
        """Return the keys of encrypted columns, in development those that everybody knows.

        Raises ValueError if they cannot be read, and in production if there are none.
        """
        given = self.encryption_keys.get_secret_value()
        if not given and self.in_production:
            raise ValueError(
                f"{KEYS_VARIABLE} must be set in production: <id>:<32 random bytes in base64>, the "
                "current key first, separated by commas."
            )
        keys = parse_keys(given) if given else development_keys(DEVELOPMENT_SECRET)
        return Keyring(keys, self.digest_secret.get_secret_value().encode())

    @property
    def file_key(self) -> bytes:
        """The key by which desk and the services of records believe each other about files."""
        secret = self.file_secret.get_secret_value() or self.secret.get_secret_value()
        return sha256(f"l2c:files:{secret}".encode()).digest()

    @property
    def in_production(self) -> bool:
        return self.mode == "production"

    @property
    def pool_limit(self) -> int:
        """The most connections of one pool."""
        return self.pool_size + self.pool_overflow

    @property
    def shows_docs(self) -> bool:
        """Whether the API's pages and its OpenAPI document are served; in production if set so."""
        return not self.in_production if self.docs is None else self.docs

    @property
    def drain_for(self) -> float:
        """Seconds a stopping process still serves after readiness fails, to drain requests."""
        if self.drain_seconds is not None:
            return self.drain_seconds
        return 5 if self.in_production else 0

    @property
    def keys_url(self) -> str:
        """The URL of the issuer's public keys (JWKS)."""
        return self.jwks_url or f"{self.issuer}/oauth/jwks"
