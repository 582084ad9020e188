"""The table of attachments; every service has it."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, Uuid, text

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

# Which files hang on the service's records. A detached one keeps its row, and can be restored.
attachments = Table(
    "attachments",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("record_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("file_id", Uuid, nullable=False),
    Column("file_name", Text, info={"personal": "text"}),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("attached_by", Text),
    instant("created_at"),
    instant("updated_at"),
    instant("deleted_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Index(None, "tenant_id", "record_id", "file_id", unique=True),
    Index(None, "tenant_id", "record_id", "id"),
)
