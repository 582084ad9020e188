"""The table of conversions and all SQL on it."""

from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import JsonDocument, tenant_column, uncounted
from chassis.database.rows import from_columns, to_columns
from chassis.records.writes import insert_rows, update_row
from l2o.conversions.domain import Conversion, RejectedField
from l2o.database import metadata

conversions = Table(
    "conversions",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("rejected_for", Text),
    Column("rejected_fields", JsonDocument(tuple[RejectedField, ...])),
    Column("at", DateTime(timezone=True), nullable=False),
    Column(
        "version", Integer, nullable=False, info=uncounted("the records it creates are counted")
    ),
)


async def add_once(tx: AsyncConnection, conversion: Conversion) -> bool:
    """Insert the conversion; False if it exists. Waits for a transaction that is inserting it."""
    return bool(await insert_rows(tx, conversions, [conversion], unique=["id"]))


async def set_outcome(tx: AsyncConnection, conversion: Conversion) -> None:
    """Write the outcome of a conversion that this transaction has inserted."""
    row = to_columns(conversions, conversion)
    await tx.execute(update(conversions).where(conversions.c.id == conversion.id).values(row))


async def next_version(tx: AsyncConnection, conversion_id: UUID) -> Conversion:
    """Give a stored conversion its next version, as its answer is published again."""
    query = select(conversions).where(conversions.c.id == conversion_id).with_for_update()
    row = (await tx.execute(query)).mappings().one()
    return await update_row(tx, conversions, from_columns(Conversion, dict(row)))
