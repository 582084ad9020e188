"""Encryption keys for tests, whatever settings a test has."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chassis.database.encryption.sealing import keyring


def key_named(key_id: str, byte: int) -> str:
    """Return a key as the setting lists it."""
    return f"{key_id}:{b64encode(bytes([byte]) * 32).decode()}"


@contextmanager
def encryption_keys(*keys: str, digests: str = "of tests") -> Iterator[None]:
    """Let the block encrypt with the first of these keys; without any, with the key of tests.

    `digests` is the secret of digests. After the block the key of tests encrypts again.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("L2C_MODE", "development")
        patch.setenv("L2C_ENCRYPTION_KEYS", ",".join(keys or [key_named("tests", 7)]))
        patch.setenv("L2C_DIGEST_SECRET", digests)
        keyring.cache_clear()
        keyring()
    yield
    if keys:
        with encryption_keys():
            pass
