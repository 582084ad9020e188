"""The tables of exports, part of every service's database."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import enum_column, tenant_column
from chassis.files.exports.model import ExportState
from chassis.files.formats.rows import FileFormat

exports = Table(
    "exports",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("fields", JSONB(none_as_null=True)),
    Column("format", enum_column(FileFormat), nullable=False),
    Column("state", enum_column(ExportState), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("file_size", Integer),
    Column("failures", JSONB, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("caller_kind", Text, nullable=False),
    Column("scopes", JSONB, nullable=False),
    instant("created_at"),
    instant("started_at", nullable=True),
    instant("finished_at", nullable=True),
    instant("expires_at", nullable=True),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "created_by", "id"),
)

export_parts = Table(
    "export_parts",
    metadata,
    tenant_column(),
    Column("export_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False, info={"personal": "file"}),
)
