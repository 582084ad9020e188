"""The tables of tenants' limits, number formats and export files; every service has them."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, Uuid

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

# How documents of a type are numbered; a type without a row goes by the service's default.
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

# How many records a tenant with a limit has; one without a limit has no row.
tenant_usage = Table(
    "tenant_usage",
    metadata,
    tenant_column(),
    Column("rows", BigInteger, nullable=False),
)

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
