"""The tenants. A tenant's id is the tenant of its row, so everybody sees his own only."""

from uuid import UUID

from sqlalchemy import Column, Integer, Numeric, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import CURRENT_TENANT, enum_column
from chassis.rows import fetch_row, insert_row, update_row
from chassis.tables import instant
from org.database import metadata
from org.tenants.domain import Tenant, TenantStatus

tenants = Table(
    "tenants",
    metadata,
    Column("tenant_id", Uuid, key="id", primary_key=True, server_default=text(CURRENT_TENANT)),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("languages", ARRAY(Text, as_tuple=True), nullable=False),
    Column("default_tax_rate", Numeric(9, 6), nullable=False),
    Column("country", Text, nullable=False),
    Column("status", enum_column(TenantStatus), nullable=False),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
)


async def get(tx: AsyncConnection, tenant_id: UUID, *, lock: bool = False) -> Tenant:
    """Raises NotFound, also for any tenant that is not the transaction's own."""
    return await fetch_row(tx, tenants, tenant_id, Tenant, lock=lock)


async def add(tx: AsyncConnection, tenant: Tenant) -> None:
    await insert_row(tx, tenants, tenant)


async def save(tx: AsyncConnection, tenant: Tenant) -> Tenant:
    return await update_row(tx, tenants, tenant)
