"""Settings of this service, in addition to those of every service."""

from functools import cache
from typing import Self

from pydantic import SecretStr

from chassis.foundation.settings import DEVELOPMENT_SECRET, Settings


class MtlSettings(Settings):
    """`MTL_LEAD_KEY_SECRET` is the key of the digests of phones, emails and external ids.

    The digests are stored: after a change of the secret, duplicates of older leads are not found.
    """

    lead_key_secret: SecretStr = SecretStr(DEVELOPMENT_SECRET)

    @classmethod
    def of(cls, service: str = "mtl") -> Self:
        """Read the settings. Raises ValueError, also for a weak secret in production."""
        settings = super().of(service)
        settings.ensure_strong("MTL_LEAD_KEY_SECRET", settings.lead_key_secret)
        return settings


@cache
def lead_key_secret() -> bytes:
    """The key from which each tenant's key for its digests is derived."""
    return f"mtl:lead-keys:{MtlSettings.of().lead_key_secret.get_secret_value()}".encode()
