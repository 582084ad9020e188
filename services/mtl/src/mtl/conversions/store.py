"""The table of conversions and all SQL on it."""

from uuid import UUID

from sqlalchemy import Index, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns, to_columns
from kernel.errors import NotFound
from mtl.conversions.domain.conversion import CANCELLED, RUNNING, Conversion
from mtl.database import metadata

conversions = Table(
    "conversions",
    metadata,
    *record_columns(Conversion),
    Index(None, "tenant_id", "lead_id", "id"),
    Index(None, "tenant_id", "account_id", "id"),
)


async def add(tx: AsyncConnection, conversion: Conversion) -> None:
    """Insert a conversion."""
    await tx.execute(insert(conversions), to_columns(conversions, conversion))


async def lock(tx: AsyncConnection, conversion_id: UUID) -> Conversion:
    """Read and lock a conversion; the caller has locked its lead before. Raises NotFound."""
    query = select(conversions).where(conversions.c.id == conversion_id).with_for_update()
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("conversion", conversion_id)
    return from_columns(Conversion, dict(row))


async def save(tx: AsyncConnection, conversion: Conversion) -> None:
    """Write a conversion that the caller has locked."""
    row = to_columns(conversions, conversion)
    await tx.execute(update(conversions).where(conversions.c.id == conversion.id).values(row))


async def is_unsettled(tx: AsyncConnection, lead_id: UUID) -> bool:
    """Whether L2O has yet to answer that a conversion of the lead was cancelled."""
    c = conversions.c
    query = select(c.id).where(c.lead_id == lead_id, c.status == CANCELLED)
    return (await tx.execute(query.limit(1))).one_or_none() is not None


async def is_account_being_created(tx: AsyncConnection, account_id: UUID) -> bool:
    """Whether a running conversion will create this account."""
    c = conversions.c
    being_made = (c.account_id == account_id) & c.existing_account.is_(False)
    query = select(c.id).where(being_made, c.status == RUNNING)
    return (await tx.execute(query.limit(1))).one_or_none() is not None
