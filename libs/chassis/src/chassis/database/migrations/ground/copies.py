"""The tables that fill and rebuild copies of aggregates: snapshots, rebuilds, staged states."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, own_service, secure

TABLES = ("event_snapshots", "replica_rebuilds", "staged_states")


def create() -> None:
    """Create the tables of this topic."""
    _event_snapshots()
    _replica_rebuilds()
    _staged_states()


def drop() -> None:
    """Drop what `create` has made."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _event_snapshots() -> None:
    """Runs that publish the present state of records again, and how far they are."""
    op.create_table(
        "event_snapshots",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("aggregates", JSONB(), nullable=False),
        sa.Column("aggregate", sa.Text()),
        sa.Column("after_id", sa.Uuid()),
        sa.Column("published", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("total", sa.BigInteger()),
        sa.Column("records_per_second", sa.Integer()),
        sa.Column("last_xid", sa.Text()),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("cancelled_by", sa.Text()),
        sa.Column("cancel_note", sa.Text()),
        instant("requested_at"),
        instant("progressed_at", default=True),
        instant("finished_at", nullable=True),
    )
    index(
        "event_snapshots",
        "tenant_id",
        unique=True,
        where="status IN ('RUNNING', 'SENDING', 'CLOSING')",
        name="event_snapshots_unfinished_key",
    )
    index("event_snapshots", "finished_at")
    for column in ("status", "requested_by", "requested_at"):
        index("event_snapshots", "tenant_id", column, "id")
    secure("event_snapshots", worker_sees_all=True, app="SELECT, INSERT, UPDATE")
    progress = ("aggregate", "after_id", "published", "total", "last_xid", "progressed_at")
    audited("event_snapshots", resource=f"{own_service()}.event_snapshot", noise=progress)


def _replica_rebuilds() -> None:
    """New generations of replicas, and how far each is."""
    op.create_table(
        "replica_rebuilds",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid()),
        sa.Column("places", JSONB()),
        sa.Column("whole_aggregates", JSONB(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("records_read", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("records_total", sa.BigInteger()),
        sa.Column("rows_written", sa.BigInteger()),
        sa.Column("rows_deleted", sa.BigInteger()),
        sa.Column("rows_kept", sa.BigInteger()),
        sa.Column("unreadable", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("cancelled_by", sa.Text()),
        sa.Column("cancel_note", sa.Text()),
        instant("requested_at"),
        instant("progressed_at", default=True),
        instant("finished_at", nullable=True),
    )
    index(
        "replica_rebuilds",
        "tenant_id",
        "subscription",
        unique=True,
        where="status = 'READING'",
        name="replica_rebuilds_unfinished_key",
    )
    index("replica_rebuilds", "finished_at")
    for column in ("status", "subscription", "requested_by", "requested_at"):
        index("replica_rebuilds", "tenant_id", column, "id")
    secure("replica_rebuilds", worker_sees_all=True, app="SELECT, INSERT, UPDATE")
    progress = ("places", "whole_aggregates", "records_read", "records_total", "progressed_at")
    results = ("rows_written", "rows_deleted", "rows_kept", "unreadable")
    audited(
        "replica_rebuilds", resource=f"{own_service()}.replica_rebuild", noise=(*progress, *results)
    )


def _staged_states() -> None:
    """The newest states of the generation that is being built."""
    op.create_table(
        "staged_states",
        tenant_column(),
        sa.Column("rebuild_id", sa.Uuid(), primary_key=True),
        sa.Column("aggregatetype", sa.Text(), primary_key=True),
        sa.Column("aggregateid", sa.Uuid(), primary_key=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        instant("occurred_at"),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
    )
    secure("staged_states", worker_sees_all=True, app="SELECT")
