"""Seals texts for one tenant and one column, and digests them for comparison.

A sealed value is `version (1 byte) | length of the key id (1) | key id | nonce (12) | ciphertext,
tag`. What stands before the nonce, the tenant and the column are authenticated with it: a value
that is copied to another tenant, another column or under another key id cannot be read. It is not
bound to its record: a column's type reads a value without the rest of its row.
"""

import hmac
from functools import cache
from os import urandom
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag

from chassis.database.transaction_tenant import transaction_tenant
from chassis.foundation.encryption_keys import KEYS_VARIABLE, Keyring
from chassis.foundation.settings import Settings

VERSION: Final = 1
NONCE_BYTES, TAG_BYTES = 12, 16
# Of 2^32 different values of a tenant, two have the same digest with a probability of 2^-33; then a
# filter shows one row too many. Duplicates are refused by whole digests in tables of their own.
DIGEST_BYTES = 12


class Unreadable(ValueError):
    """An encrypted value cannot be read; the message says of which column, and why."""


@cache
def keyring() -> Keyring:
    """Return the keys of this process; they are read once."""
    return Settings.of("l2c").keyring()


def seal(text: str, place: str) -> bytes:
    """Encrypt a text of the transaction's tenant under the current key.

    `place` is the resource and its field, such as `mtl.lead.phone`. Raises NoTenant.
    """
    keys, tenant = keyring(), transaction_tenant()
    header, nonce = current_header(), urandom(NONCE_BYTES)
    cipher = keys.cipher(keys.current_id, tenant)
    return header + nonce + cipher.encrypt(nonce, text.encode(), _bound(header, tenant, place))


def unseal(sealed: bytes, place: str) -> str:
    """Decrypt a value of the transaction's tenant. Raises Unreadable, NoTenant."""
    keys, tenant, key_id = keyring(), transaction_tenant(), key_id_of(sealed, place)
    if key_id not in keys.keys:
        raise Unreadable(
            f"A value of {place} is encrypted with the key '{key_id}', which is not in"
            f" {KEYS_VARIABLE}."
        )
    start = 2 + len(key_id)
    header, nonce = sealed[:start], sealed[start : start + NONCE_BYTES]
    try:
        text = keys.cipher(key_id, tenant).decrypt(
            nonce, sealed[start + NONCE_BYTES :], _bound(header, tenant, place)
        )
    except InvalidTag:
        raise Unreadable(
            f"A value of {place} cannot be decrypted with the key '{key_id}': it was changed, or it"
            " belongs to another tenant or column."
        ) from None
    return text.decode()


def key_id_of(sealed: bytes, place: str) -> str:
    """Return the id of the key that a value is encrypted with. Raises Unreadable."""
    length = sealed[1] if len(sealed) > 1 else 0
    shortest = 2 + length + NONCE_BYTES + TAG_BYTES
    if not length or sealed[0] != VERSION or len(sealed) < shortest:
        raise Unreadable(f"A value of {place} is cut off, or no encrypted value.")
    return sealed[2 : 2 + length].decode(errors="replace")


def current_header() -> bytes:
    """Return how a value begins that is encrypted with the current key."""
    key_id = keyring().current_id.encode()
    return bytes((VERSION, len(key_id))) + key_id


def digest(text: str, place: str) -> bytes:
    """Return the keyed digest by which equal texts of one tenant and place are found."""
    key = keyring().digest_key(transaction_tenant())
    return hmac.digest(key, f"{place}\0{text}".encode(), "sha256")[:DIGEST_BYTES]


def _bound(header: bytes, tenant: UUID, place: str) -> bytes:
    return header + tenant.bytes + place.encode()
