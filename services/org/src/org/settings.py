"""The settings that only org has: its operators' tenant and its development token issuer."""

from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from chassis.foundation.settings import Settings


def _split_commas(value: object) -> object:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


class SessionLimits(NamedTuple):
    """How long a session lasts at most, and how long without any use."""

    lifetime: timedelta
    idle: timedelta


class OrgSettings(Settings):
    """The environment variables of org.

    `ORG_DEV_ISSUER=true` switches the development issuer on; `ORG_SIGNING_KEY_FILE` is the PEM file
    that signs. `ORG_RETIRED_KEY_FILES` (separated by commas) are still published but sign nothing.
    `ORG_SESSION_HOURS` is how long a session lasts at most, `ORG_SESSION_IDLE_HOURS` how long
    without any use; then the person signs in again.
    `ORG_HASH_COST=fast` makes password hashes cheap, for tests; production refuses it.
    """

    dev_issuer: bool = False
    signing_key_file: Path = Path()
    retired_key_files: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split_commas)] = ()
    hash_cost: Literal["strong", "fast"] = "strong"
    session_hours: Annotated[int, Field(ge=1, le=24 * 365)] = 24 * 30
    session_idle_hours: Annotated[int, Field(ge=1, le=24 * 365)] = 24 * 7

    @property
    def session_limits(self) -> SessionLimits:
        """How long sessions last."""
        lifetime = timedelta(hours=self.session_hours)
        return SessionLimits(lifetime, idle=timedelta(hours=self.session_idle_hours))

    @property
    def refresh_key(self) -> bytes:
        """The key from which the successors of refresh tokens follow; a new one ends sessions."""
        return sha256(f"org:refresh:{self.secret.get_secret_value()}".encode()).digest()

    @classmethod
    def of(cls, service: str = "org") -> Self:
        """Read the settings from the environment.

        Raises ValueError as the parent does, and for a development issuer in production or without
        a key file, and for cheap password hashes in production.
        """
        settings = super().of(service)
        if settings.dev_issuer and settings.in_production:
            raise ValueError(
                "ORG_DEV_ISSUER must not be true in production: sign people in at a real OIDC "
                "provider and name it in OIDC_ISSUER."
            )
        if settings.dev_issuer and not settings.signing_key_file.is_file():
            raise ValueError(
                "ORG_DEV_ISSUER=true needs ORG_SIGNING_KEY_FILE, the PEM file of an EC P-256 key; "
                f"'{settings.signing_key_file}' is not a file."
            )
        if settings.hash_cost == "fast" and settings.in_production:
            raise ValueError(
                "ORG_HASH_COST must not be 'fast' in production: such hashes are easily guessed."
            )
        return settings


@cache
def hash_cost() -> Literal["strong", "fast"]:
    """Return the configured cost of password hashes; it is read once."""
    return OrgSettings.of().hash_cost
