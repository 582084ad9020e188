"""The table of conversions and all SQL on it."""

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column, uncounted
from chassis.records.writes import insert_rows
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
    Column(
        "version", Integer, nullable=False, info=uncounted("the records it creates are counted")
    ),
)


async def add_once(tx: AsyncConnection, conversion: Conversion) -> bool:
    """Insert the conversion; False if it exists. Waits for a transaction that is inserting it."""
    return bool(await insert_rows(tx, conversions, [conversion], unique=["id"]))
