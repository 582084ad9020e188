"""The encrypted values in audit entries: an entry holds the ciphertext that its row held."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from chassis.database.encryption.columns import encrypted_fields
from chassis.database.encryption.sealing import unseal

_HEX = "\\x"  # begins a binary value in the JSON of PostgreSQL


class EncryptedChange(NamedTuple):
    """An encrypted value in the changes of an entry; `side` is `from` or `to`."""

    side: str
    field: str
    place: str
    stored: str

    @property
    def sealed(self) -> bytes:
        """The ciphertext."""
        return bytes.fromhex(self.stored.removeprefix(_HEX))

    def read(self) -> str:
        """Return the value of the transaction's tenant. Raises Unreadable."""
        return unseal(self.sealed, self.place)


def encrypted_changes(resource: str, changes: Mapping[str, Any]) -> Iterator[EncryptedChange]:
    """Yield the encrypted values in the changes of an entry; erased ones are no ciphertext."""
    for field, place in encrypted_fields(resource).items():
        for side, values in changes.items():
            stored = values.get(field)
            if isinstance(stored, str) and stored.startswith(_HEX):
                yield EncryptedChange(side, field, place, stored)


def as_stored(sealed: bytes) -> str:
    """Return a ciphertext as the JSON of an entry holds it."""
    return f"{_HEX}{sealed.hex()}"


def with_values(
    changes: Mapping[str, Any], values: Mapping[EncryptedChange, str]
) -> dict[str, Any]:
    """Return the changes with these values in the places of encrypted ones."""
    replaced = dict(changes)
    for change, value in values.items():
        replaced[change.side] = {**replaced[change.side], change.field: value}
    return replaced


def with_value_in_text(document: str, change: EncryptedChange, value: str) -> str:
    """Return JSON text with another value in the place of a ciphertext.

    The text is not parsed, so that numbers stay as exact as PostgreSQL writes them.
    """
    old, new = orjson.dumps(change.stored).decode(), orjson.dumps(value).decode()
    return document.replace(old, new)


def in_clear(resource: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes with their encrypted values decrypted. Raises Unreadable."""
    found = encrypted_changes(resource, changes)
    return with_values(changes, {change: change.read() for change in found})
