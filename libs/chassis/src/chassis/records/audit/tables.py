"""The table of audit entries, written by triggers; the app's role may only read it."""

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

# For a row that is a part of the record, such as a line, `part` names its table and `part_id` it.
audit_entries = Table(
    "audit_entries",
    metadata,
    tenant_column(),
    Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
    Column("resource", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("part", Text),
    Column("part_id", Text),
    Column("verb", Text, nullable=False),
    instant("at", default=True),
    Column("actor", Text),
    Column("reason", Text),
    Column("changes", JSONB, nullable=False),
    Column("request_id", Text),
    Column("origin", Text),  # `<resource>:<id>`; null for a request
    Column("trace_id", Text),
    Index(None, "tenant_id", "resource", "record_id", "id"),
)
