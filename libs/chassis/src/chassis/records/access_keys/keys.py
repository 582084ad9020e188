"""The commands on access keys: issuing and revoking them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final
from uuid import UUID

from chassis.database.write_cause import set_audit_reason
from chassis.foundation.key_redaction import ACCESS_KEY_PREFIX
from chassis.records.access.visibility import ScopedResource, UnownedResource
from chassis.records.access_keys import store
from chassis.records.access_keys.purposes import AccessKey, AccessPurpose
from chassis.web.commands import Command
from kernel.errors import Invalid, NotFound, Violation
from kernel.ids import new_id

TAIL: Final = 4  # characters that lists show; 232 of the 256 bits stay unknown


@dataclass(frozen=True)
class _Present:
    """The present version of a record, for the precondition."""

    version: int


@dataclass(frozen=True)
class IssuedAccessKey:
    """A new access key: its row, and the key itself, which is shown once and not stored."""

    row: AccessKey
    key: str


def access_key_digest(key: str) -> bytes:
    """Return the digest to store for a key; 256 random bits need no slow hash."""
    return sha256(key.encode()).digest()


async def issue_access_key(
    command: Command,
    purpose: AccessPurpose,
    record_id: UUID,
    *,
    expires_at: datetime | None = None,
    max_uses: int | None = None,
) -> IssuedAccessKey:
    """Issue a key to a record, in the command's transaction.

    By default it expires after the lifetime of its purpose and admits as often as the purpose
    allows; both can be made less, not more. The precondition is that of the record. The caller has
    checked who may: whoever holds the key is admitted. Raises NotFound, also for a deleted record,
    PreconditionRequired, PreconditionFailed, and Invalid (ACCESS_KEY_EXPIRY_PAST,
    ACCESS_KEY_EXPIRY_TOO_LATE; TOO_SMALL for a key that would admit nobody) with all violations.
    """
    exists, version = await store.present_version(command.tx, purpose.scoped, record_id)
    if not exists:
        raise NotFound(purpose.scoped.name, record_id)
    if version is not None:
        command.expected.check(_Present(version))
    latest = command.now + purpose.lifetime
    key = ACCESS_KEY_PREFIX + token_urlsafe(32)
    row = AccessKey(
        id=new_id(),
        tail=key[-TAIL:],
        purpose=purpose.code,
        resource=purpose.scoped.resource,
        record_id=record_id,
        record_version=version,
        created_by=command.actor,
        created_at=command.now,
        expires_at=expires_at or latest,
        max_uses=min((n for n in (max_uses, purpose.max_uses) if n is not None), default=None),
    )
    violations = [*_expiry_violations(row, purpose, latest), *_uses_violations(row)]
    if violations:
        raise Invalid(violations)
    await store.add_access_key(command.tx, row, access_key_digest(key))
    return IssuedAccessKey(row, key)


def _expiry_violations(
    row: AccessKey, purpose: AccessPurpose, latest: datetime
) -> Iterator[Violation]:
    if row.expires_at <= row.created_at:
        yield Violation("/expires_at", "ACCESS_KEY_EXPIRY_PAST")
    if row.expires_at > latest:
        params = {"days": purpose.lifetime.days}
        yield Violation("/expires_at", "ACCESS_KEY_EXPIRY_TOO_LATE", params)


def _uses_violations(row: AccessKey) -> Iterator[Violation]:
    if row.max_uses is not None and row.max_uses < 1:
        yield Violation("/max_uses", "TOO_SMALL", {"relation": ">=", "limit": 1})


async def revoke_access_key(
    command: Command, scoped: ScopedResource | UnownedResource, record_id: UUID, key_id: UUID
) -> AccessKey:
    """Revoke a key of a record; one that is revoked already stays as it is.

    It waits for the use that is running: once it is committed, the key admits nobody. The caller
    has checked who may. Raises NotFound.
    """
    if command.reason is not None:
        await set_audit_reason(command.tx, command.reason)
    by = {"revoked_at": command.now, "revoked_by": command.actor}
    row = await store.revoke_row(command.tx, scoped, record_id, key_id, **by)
    if row is None:
        raise NotFound("access_key", key_id)
    return row
