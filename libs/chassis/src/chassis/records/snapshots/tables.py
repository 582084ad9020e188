"""The table of snapshots; every service has it."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import filter_indexes, tenant_column

UNFINISHED = "status IN ('RUNNING', 'SENDING', 'CLOSING')"

# A run that publishes every record of some aggregates, one aggregate after the other. `aggregate`
# and `after_id` say where the next page begins; `last_xid` is the transaction that the relay must
# have sent before the run goes on.
event_snapshots = Table(
    "event_snapshots",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("status", Text, nullable=False),
    Column("aggregates", JSONB, nullable=False),
    Column("aggregate", Text),
    Column("after_id", Uuid),
    Column("published", BigInteger, nullable=False, server_default=text("0")),
    Column("total", BigInteger),
    Column("records_per_second", Integer),
    Column("last_xid", Text),
    Column("requested_by", Text, nullable=False),
    Column("note", Text),
    Column("error", Text),
    Column("cancelled_by", Text),
    Column("cancel_note", Text),
    instant("requested_at"),
    instant("progressed_at", default=True),
    instant("finished_at", nullable=True),
    Index(None, "finished_at"),
    *filter_indexes("status", "requested_by", "requested_at"),
    Index("event_snapshots_unfinished_key", "tenant_id", unique=True, postgresql_where=UNFINISHED),
)
