"""The table of revocations, and the lock that serializes changes of rights."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Select, Table, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column, uncounted
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from org.database import metadata
from org.principals.domain import RevokedPrincipal, principal_id

principals = Table(
    "principals",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("subject", Text, nullable=False),
    instant("tokens_valid_from"),
    instant("sessions_valid_from", nullable=True),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False, info=uncounted("people and clients are counted")),
    Index(None, "tenant_id", "subject", unique=True),
)

# The commands publish its event themselves, for many principals at once.
PRINCIPAL = RecordType(scoped=UnownedResource("org.principal", principals), entity=RevokedPrincipal)


async def lock_rights(tx: AsyncConnection, *, shared: bool = False) -> datetime:
    """Serialize the tenant's changes of rights; take this lock before any other.

    Whoever issues a token shares the lock. Returns the time of the database after the lock was
    granted: a token issued before a change is therefore older than the change, on any host.
    """
    await lock_key(tx, "org.rights", shared=shared)
    return await _present(tx)


async def _present(tx: AsyncConnection) -> datetime:
    present: datetime = (await tx.execute(select(func.clock_timestamp()))).scalar_one()
    return present


async def revoke(
    tx: AsyncConnection, subjects: Collection[str], *, sessions: bool
) -> list[RevokedPrincipal]:
    """Revoke the tokens that these subjects have now; return their saved revocations.

    With `sessions` their sessions cannot be refreshed either.
    """
    now = await _present(tx)
    sessions_from = now if sessions else None
    rows = [
        {"id": principal_id(one), "subject": one, "tokens_valid_from": now,
         "sessions_valid_from": sessions_from, "version": 1, "created_at": now, "updated_at": now}
        for one in sorted(set(subjects))
    ]  # fmt: skip
    statement = insert(principals).values(rows)
    new = statement.excluded
    saved = statement.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={
            "tokens_valid_from": new.tokens_valid_from,
            "sessions_valid_from": func.coalesce(
                new.sessions_valid_from, principals.c.sessions_valid_from
            ),
            "updated_at": new.updated_at,
            "version": principals.c.version + 1,
        },
    ).returning(principals)
    return [from_columns(RevokedPrincipal, row) for row in (await tx.execute(saved)).mappings()]


def valid_from_of(*subjects: str) -> Select[Any]:
    """Return the query for the time since when the tokens of these subjects count, the latest."""
    latest = select(func.max(principals.c.tokens_valid_from))
    return latest.where(principals.c.subject.in_(subjects))


def sessions_valid_from_of(*subjects: str) -> Select[Any]:
    """Return the query for the time since when sessions of these subjects count, the latest."""
    latest = select(func.max(principals.c.sessions_valid_from))
    return latest.where(principals.c.subject.in_(subjects))
