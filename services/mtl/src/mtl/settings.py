"""What this service derives from its environment, read once."""

from functools import cache

from chassis.settings import Settings


@cache
def lead_key_secret() -> bytes:
    """What the digests of phones, mails and external ids are keyed with.

    Another secret makes other digests: duplicates of older leads would no longer be found.
    """
    return f"mtl:lead-keys:{Settings.of('mtl').secret.get_secret_value()}".encode()
