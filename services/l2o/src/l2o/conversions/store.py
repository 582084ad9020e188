from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import tenant_column
from chassis.rows import insert_row
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


async def known(tx: AsyncConnection, conversion_id: UUID) -> bool:
    row = await tx.execute(select(conversions.c.id).where(conversions.c.id == conversion_id))
    return row.one_or_none() is not None


async def add(tx: AsyncConnection, conversion: Conversion) -> None:
    await insert_row(tx, conversions, conversion)
