"""The table of saved views."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

saved_views = Table(
    "saved_views",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("fields", JSONB, nullable=False),
    Column("is_default", Boolean, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "subject", "id"),
    Index(None, "tenant_id", "subject", "resource", "name", unique=True),
    Index(
        "saved_views_default_key",
        "tenant_id",
        "subject",
        "resource",
        unique=True,
        postgresql_where=text("is_default"),
    ),
)
