"""The table of the work about records."""

from sqlalchemy import Column, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import metadata
from chassis.database.columns import tenant_column

# The published state of each record's work; `version` counts its events.
record_work = Table(
    "record_work",
    metadata,
    tenant_column(),
    Column("record_id", Uuid, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("tasks", JSONB, nullable=False),
    Column("reminders", JSONB, nullable=False, server_default=text("'[]'")),
    Column("version", Integer, nullable=False),
)
