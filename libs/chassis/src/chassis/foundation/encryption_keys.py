"""The keys that encrypt columns and that digest what is searched for, as the settings give them.

The first key of the list encrypts; the others only decrypt what was encrypted before. No key is
used as it is: each tenant has keys of its own, derived with HKDF.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEYS_VARIABLE = "L2C_ENCRYPTION_KEYS"
KEY_BYTES = 32
DERIVED_KEYS = 4_096  # kept in memory: those of so many tenants, for each key
_KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")


@dataclass(frozen=True)
class Keyring:
    """The encryption keys by id, the current one first, and the secret of the digests."""

    keys: Mapping[str, bytes] = field(repr=False)
    digest_secret: bytes = field(repr=False)

    @property
    def current_id(self) -> str:
        """The id of the key that encrypts."""
        return next(iter(self.keys))

    def cipher(self, key_id: str, tenant: UUID) -> AESGCM:
        """Return the cipher of a tenant's data under a key. Raises KeyError for an unknown id."""
        return _cipher(self.keys[key_id], tenant)

    def digest_key(self, tenant: UUID) -> bytes:
        """Return the key of a tenant's digests; it does not change with the encryption keys."""
        return _derived(self.digest_secret, tenant, b"l2c column digest 1")


@lru_cache(maxsize=DERIVED_KEYS)
def _cipher(key: bytes, tenant: UUID) -> AESGCM:
    return AESGCM(_derived(key, tenant, b"l2c column encryption 1"))


@lru_cache(maxsize=DERIVED_KEYS)
def _derived(key: bytes, tenant: UUID, purpose: bytes) -> bytes:
    derivation = HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose + b"\0" + tenant.bytes)
    return derivation.derive(key)


def parse_keys(text: str) -> dict[str, bytes]:
    """Return the keys of a list such as `2027:<base64>,2026:<base64>`, in its order.

    Raises ValueError, without a part of a key in its message.
    """
    keys: dict[str, bytes] = {}
    for place, entry in enumerate(text.split(","), start=1):
        key_id, _, encoded = entry.strip().partition(":")
        if _KEY_ID.fullmatch(key_id) is None:
            raise ValueError(
                f"Entry {place} of {KEYS_VARIABLE} must begin with the id of its key: up to 16 "
                "lower-case letters, digits and dashes, then a colon."
            )
        if key_id in keys:
            raise ValueError(f"{KEYS_VARIABLE} has two keys with the id '{key_id}'.")
        keys[key_id] = _decoded(key_id, encoded)
    return keys


def _decoded(key_id: str, encoded: str) -> bytes:
    try:
        key = b64decode(encoded, validate=True)
    except NotBase64:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(
            f"The key '{key_id}' of {KEYS_VARIABLE} must be {KEY_BYTES} random bytes in base64."
        )
    return key


def development_keys(secret: str) -> dict[str, bytes]:
    """Return the key of a development system without settings; everybody knows it."""
    return {"development": sha256(secret.encode()).digest()}
