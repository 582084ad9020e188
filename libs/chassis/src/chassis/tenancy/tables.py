"""The tables of tenants' limits, number formats and export files; every service has them."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, Uuid

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

# The parts of a tenant's export, zlib-compressed JSON Lines, until they are pruned.
tenant_exports = Table(
    "tenant_exports",
    metadata,
    tenant_column(),
    Column("task_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    instant("created_at", default=True),
    Index(None, "created_at"),
)
