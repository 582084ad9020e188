"""The table of number formats."""

from sqlalchemy import Column, Integer, Table, Text

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

# The number format of a document type; without a row the service's default applies.
number_formats = Table(
    "number_formats",
    metadata,
    tenant_column(),
    Column("type", Text, primary_key=True),
    Column("prefix", Text, nullable=False),
    Column("year", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("separator", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("version", Integer, nullable=False),
    instant("created_at"),
    instant("updated_at"),
)
