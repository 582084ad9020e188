"""What this service is told beyond what every service is told, read once."""

from functools import cache
from typing import Self

from pydantic import SecretStr

from chassis.foundation.settings import DEVELOPMENT_SECRET, Settings


class MtlSettings(Settings):
    """`MTL_LEAD_KEY_SECRET` keys the digests of phones, mails and external ids.

    They are data at rest: with another secret, duplicates of older leads are no longer found.
    """

    lead_key_secret: SecretStr = SecretStr(DEVELOPMENT_SECRET)

    @classmethod
    def of(cls, service: str = "mtl") -> Self:
        """As the parent's. Raises ValueError too for a weak secret in production."""
        settings = super().of(service)
        settings.ensure_strong("MTL_LEAD_KEY_SECRET", settings.lead_key_secret)
        return settings


@cache
def lead_key_secret() -> bytes:
    """What the digests are keyed with."""
    return f"mtl:lead-keys:{MtlSettings.of().lead_key_secret.get_secret_value()}".encode()
