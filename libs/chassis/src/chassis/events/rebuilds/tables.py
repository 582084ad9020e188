"""The tables of rebuilds; every service has them."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import filter_indexes, tenant_column

UNFINISHED = "status = 'READING'"

# A new generation of a replica's copy of one tenant. Tenants that were requested together have the
# same id and are read together. `places` has the next offset of each partition;
# `whole_aggregates` are those of which the snapshot has every record.
replica_rebuilds = Table(
    "replica_rebuilds",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("subscription", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("snapshot_id", Uuid),
    Column("places", JSONB),
    Column("whole_aggregates", JSONB, nullable=False, server_default=text("'[]'")),
    Column("records_read", BigInteger, nullable=False, server_default=text("0")),
    Column("records_total", BigInteger),
    Column("rows_written", BigInteger),
    Column("rows_deleted", BigInteger),
    Column("rows_kept", BigInteger),
    Column("unreadable", BigInteger, nullable=False, server_default=text("0")),
    Column("requested_by", Text, nullable=False),
    Column("note", Text),
    Column("error", Text),
    Column("cancelled_by", Text),
    Column("cancel_note", Text),
    instant("requested_at"),
    instant("progressed_at", default=True),
    instant("finished_at", nullable=True),
    Index(None, "finished_at"),
    *filter_indexes("status", "subscription", "requested_by", "requested_at"),
    Index(
        "replica_rebuilds_unfinished_key",
        "tenant_id",
        "subscription",
        unique=True,
        postgresql_where=UNFINISHED,
    ),
)

# The newest state of each aggregate in the generation that is being built.
staged_states = Table(
    "staged_states",
    metadata,
    tenant_column(),
    Column("rebuild_id", Uuid, primary_key=True),
    Column("aggregatetype", Text, primary_key=True),
    Column("aggregateid", Uuid, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    instant("occurred_at"),
    Column("fact", Text, nullable=False),
    Column("data", JSONB, nullable=False),
)
