"""The table of external ids."""

from sqlalchemy import Column, Index, Table, Text, Uuid

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

external_ids = Table(
    "external_ids",
    metadata,
    tenant_column(),
    Column("resource", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("record_id", Uuid, nullable=False),
    instant("source_updated_at", nullable=True),
    instant("created_at", default=True),
    Index(None, "tenant_id", "resource", "record_id"),
)
