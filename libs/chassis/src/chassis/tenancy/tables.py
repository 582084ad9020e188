"""The table of tenant export files; every service has it."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, Uuid

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

# Parts of a tenant's export: zlib-compressed JSON Lines, pruned after 7 days.
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
