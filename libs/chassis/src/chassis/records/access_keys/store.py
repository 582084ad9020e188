"""The SQL of access keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    false,
    insert,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import ScopedResource, UnownedResource
from chassis.records.access_keys.purposes import AccessKey
from chassis.records.access_keys.tables import access_keys

AnyScoped = ScopedResource | UnownedResource
# All that the API's role may read.
COLUMNS = [column for column in access_keys.c if column.name not in ("tenant_id", "digest")]
BY_DIGEST = text("SELECT * FROM access_key_by_digest(:digest)")


async def find_by_digest(tx: AsyncConnection, digest: bytes) -> Any | None:
    """Return tenant, id, purpose, creator, expiry and revocation of the key with this digest.

    The transaction needs no tenant.
    """
    return (await tx.execute(BY_DIGEST, {"digest": digest})).one_or_none()


async def add_access_key(tx: AsyncConnection, key: AccessKey, digest: bytes) -> None:
    """Insert a key; only its digest is stored."""
    await tx.execute(insert(access_keys).values(digest=digest, **vars(key)))


async def use_access_key(tx: AsyncConnection, key_id: UUID, *, now: datetime) -> AccessKey | None:
    """Count a use of a key that still admits, and return it; else None.

    The row stays locked until the commit: uses of a key run one after the other, and a revocation
    waits for the use that is running.
    """
    columns = access_keys.c
    admits = and_(
        columns.id == key_id,
        columns.revoked_at.is_(None),
        columns.expires_at > now,
        or_(columns.max_uses.is_(None), columns.uses < columns.max_uses),
    )
    used = update(access_keys).where(admits).values(uses=columns.uses + 1, last_used_at=now)
    return _entity((await tx.execute(used.returning(*COLUMNS))).one_or_none())


async def revoke_row(
    tx: AsyncConnection, scoped: AnyScoped, record_id: UUID, key_id: UUID, **values: Any
) -> AccessKey | None:
    """Set the revocation of a record's key, unless it has one; return the key, None if missing."""
    mine = and_(access_keys.c.id == key_id, _of_record(scoped, record_id))
    revoked = update(access_keys).where(mine, access_keys.c.revoked_at.is_(None)).values(values)
    await tx.execute(revoked)
    return _entity((await tx.execute(select(*COLUMNS).where(mine))).one_or_none())


async def delete_access_keys(tx: AsyncConnection, scoped: AnyScoped, record_id: UUID) -> None:
    """Delete the keys of a record that is deleted for good.

    A key that is in use at the moment stays, so that both do not wait for each other: without its
    record it admits nobody, and it is pruned when it has expired.
    """
    free = select(access_keys.c.id).where(_of_record(scoped, record_id))
    free = free.with_for_update(skip_locked=True)
    await tx.execute(delete(access_keys).where(access_keys.c.id.in_(free)))


def keys_of_record(scoped: AnyScoped, record_id: UUID) -> Select[Any]:
    """Return the query for the keys of a record."""
    return select(*COLUMNS).where(_of_record(scoped, record_id))


async def present_version(
    tx: AsyncConnection, scoped: AnyScoped, record_id: UUID, *, lock: bool = False
) -> tuple[bool, int | None]:
    """Return whether the record exists and is not deleted, and its version if it has one.

    `lock` locks the record's row, so that the version stays until the commit.
    """
    columns = scoped.table.c
    deleted = columns.deleted_at.is_not(None) if "deleted_at" in columns else false()
    version: ColumnElement[Any] = columns.version if "version" in columns else null()
    query = select(version).where(columns.id == record_id, ~deleted)
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await tx.execute(query)).one_or_none()
    return (False, None) if row is None else (True, row[0])


def _entity(row: Any | None) -> AccessKey | None:
    return None if row is None else from_columns(AccessKey, row._mapping)


def _of_record(scoped: AnyScoped, record_id: UUID) -> ColumnElement[bool]:
    return and_(access_keys.c.resource == scoped.resource, access_keys.c.record_id == record_id)
