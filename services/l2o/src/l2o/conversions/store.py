"""The table of conversions and all SQL on it."""

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import to_columns
from l2o.conversions.domain import Conversion
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
    Column("at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
)


async def add_once(tx: AsyncConnection, conversion: Conversion) -> bool:
    """Insert the conversion; False if it exists. Waits for a transaction that is inserting it."""
    statement = insert(conversions).values(to_columns(conversions, conversion))
    inserted = await tx.execute(statement.on_conflict_do_nothing().returning(conversions.c.id))
    return inserted.one_or_none() is not None
