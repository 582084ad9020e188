"""What org is told beyond what every service is told: its development token issuer."""

from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from chassis.foundation.settings import Settings


def _listed(value: object) -> object:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


class OrgSettings(Settings):
    """`ORG_DEV_ISSUER=true` switches the issuer on; its keys are PEM files.

    `ORG_OPERATOR_TENANT` is the tenant whose people operate the system: they create, suspend and
    delete the others. Without it nobody does.
    `ORG_RETIRED_KEY_FILES` (separated by commas) are still published, but sign nothing any more.
    """

    dev_issuer: bool = False
    operator_tenant: UUID | None = None
    signing_key_file: Path = Path()
    retired_key_files: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_listed)] = ()

    @classmethod
    def of(cls, service: str = "org") -> Self:
        """As the parent's. Raises ValueError too for an issuer in production or without a key."""
        settings = super().of(service)
        if settings.dev_issuer and settings.in_production:
            raise ValueError(
                "ORG_DEV_ISSUER must not be true in production: sign people in at a real OIDC "
                "provider and name it in OIDC_ISSUER."
            )
        if settings.dev_issuer and not settings.signing_key_file.is_file():
            raise ValueError(
                "ORG_DEV_ISSUER=true needs ORG_SIGNING_KEY_FILE, the PEM file of an EC P-256 key; "
                f"'{settings.signing_key_file}' is no file."
            )
        return settings
