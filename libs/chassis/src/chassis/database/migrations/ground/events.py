"""The tables of event delivery: outbox, relay, inbox, parked events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import Xid8, instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import (
    allow_deletes,
    audited,
    grant_to_worker,
    own_service,
    secure,
)

# An event may go once the relay has passed it, unless the broker refused it: then it is unsent.
# A day at least, so that not even moved cursors let a role delete what was just published.
SENT_EVENTS = """
created < clock_timestamp() - interval '1 day'
AND EXISTS (SELECT FROM relay_cursors AS place WHERE place.bucket = outbox.bucket
            AND pg_visible_in_snapshot(outbox.xid, place.lo::pg_snapshot))
AND NOT EXISTS (SELECT FROM quarantined_events AS quarantined
                WHERE quarantined.tenant_id = outbox.tenant_id AND quarantined.seq = outbox.seq)
"""
TABLES = (
    "outbox",
    "outbox_pruned",
    "database_epoch",
    "relay_cursors",
    "relay_members",
    "quarantined_events",
    "event_resends",
    "event_resend_keys",
    "inbox",
    "parked_keys",
    "parked_events",
    "consumer_counts",
)


def create() -> None:
    """Create the tables of this topic."""
    _outbox()
    _outbox_pruned()
    _database_epoch()
    _relay_cursors()
    _relay_members()
    _quarantined_events()
    _event_resends()
    _event_resend_keys()
    _inbox()
    _parked_keys()
    _parked_events()
    _consumer_counts()
    allow_deletes("outbox", where=SENT_EVENTS)


def drop() -> None:
    """Drop what `create` has made."""
    op.execute("DROP POLICY deletable ON outbox")  # it reads two of the other tables
    for table in reversed(TABLES):
        op.drop_table(table)


def _outbox() -> None:
    """Events waiting for the relay, in the transaction of the change they tell of."""
    op.create_table(
        "outbox",
        tenant_column(),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True, cache=1), primary_key=True),
        sa.Column("xid", Xid8(), nullable=False, server_default=sa.text("pg_current_xact_id()")),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("aggregatetype", sa.Text(), nullable=False),
        sa.Column("aggregateid", sa.Uuid(), nullable=False),
        sa.Column("aggversion", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid()),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("correlationid", sa.Text(), nullable=False),
        sa.Column("causationid", sa.Text()),
        sa.Column("actor", sa.Text()),
        sa.Column("traceparent", sa.Text(), nullable=False),
        instant("created", default=True),
    )
    index(
        "outbox",
        "tenant_id",
        "aggregatetype",
        "aggregateid",
        "aggversion",
        "snapshot_id",
        unique=True,
        name="ix_outbox_tenant_id_aggregatetype_aggregateid_aggversion",
        nulls_not_distinct=True,
    )
    index("outbox", "xid")
    index("outbox", "tenant_id", "xid")
    secure("outbox", worker_sees_all=True, append_only=True, worker="SELECT, INSERT, DELETE")


def _outbox_pruned() -> None:
    """How many events of each aggregate type pruning has deleted, and the last of them."""
    op.create_table(
        "outbox_pruned",
        tenant_column(),
        sa.Column("aggregatetype", sa.Text(), primary_key=True),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("last_xid", Xid8(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
    )
    secure("outbox_pruned", worker_sees_all=True, app="SELECT", worker="SELECT, INSERT, UPDATE")


def _database_epoch() -> None:
    """One row that identifies this database, so that a restored copy is noticed."""
    op.create_table(
        "database_epoch",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("system_identifier", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        instant("since", default=True),
        sa.CheckConstraint("id = 1", name="database_epoch_one_row"),
    )
    # The relay of a new database writes the row; only the owner's `rebase` may change it.
    grant_to_worker("database_epoch", "INSERT")


def _relay_cursors() -> None:
    """How far the relay has published each bucket of the outbox."""
    op.create_table(
        "relay_cursors",
        sa.Column("bucket", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("system_identifier", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lo", sa.Text(), nullable=False),
        sa.Column("hi", sa.Text()),
        sa.Column("last", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    grant_to_worker("relay_cursors", "INSERT, UPDATE (lo, hi, last)")


def _relay_members() -> None:
    """The relay processes that are alive."""
    op.create_table(
        "relay_members",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("backend_pid", sa.Integer(), nullable=False),
        instant("heartbeat_at"),
    )
    grant_to_worker("relay_members", "INSERT, UPDATE, DELETE")


def _quarantined_events() -> None:
    """Events that the broker refused, and all later events of their keys."""
    op.create_table(
        "quarantined_events",
        tenant_column(),
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        instant("quarantined_at", default=True),
    )
    index("quarantined_events", "tenant_id", "key")
    secure("quarantined_events", worker_sees_all=True, app="SELECT")


def _event_resends() -> None:
    """Requests to send retained events again, with their progress."""
    op.create_table(
        "event_resends",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("topic", sa.Text()),
        instant("since"),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("cancelled_by", sa.Text()),
        sa.Column("cancel_note", sa.Text()),
        instant("requested_at"),
        instant("progressed_at", default=True),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("quarantined", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        instant("finished_at", nullable=True),
    )
    index("event_resends", "finished_at")
    for column in ("topic", "requested_by", "requested_at", "finished_at"):
        index("event_resends", "tenant_id", column, "id")
    secure("event_resends", worker_sees_all=True, app="SELECT, INSERT, UPDATE")
    progress = ("sent", "quarantined", "progressed_at")
    audited("event_resends", resource=f"{own_service()}.event_resend", noise=progress)


def _event_resend_keys() -> None:
    """The aggregates of each request whose events are not yet sent again."""
    op.create_table(
        "event_resend_keys",
        tenant_column(),
        sa.Column("resend_id", sa.Uuid(), primary_key=True),
        sa.Column("bucket", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("aggregatetype", sa.Text(), primary_key=True),
        sa.Column("aggregateid", sa.Uuid(), primary_key=True),
        sa.Column("begun", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    index("event_resend_keys", "bucket")
    secure("event_resend_keys", worker_sees_all=True)


def _inbox() -> None:
    """The ids of the events that each subscription has processed."""
    op.create_table(
        "inbox",
        tenant_column(),
        sa.Column("subscription", sa.Text(), primary_key=True),
        sa.Column("generation", sa.Integer(), primary_key=True),
        sa.Column("event_id", sa.Uuid(), primary_key=True),
        instant("received_at", default=True),
    )
    index("inbox", "received_at")
    secure("inbox", worker_sees_all=True, app="SELECT", worker="SELECT, INSERT, DELETE")


def _parked_keys() -> None:
    """Keys whose events wait, because an earlier event of the key is parked."""
    op.create_table(
        "parked_keys",
        tenant_column(),
        sa.Column("subscription", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        instant("since", default=True),
    )
    secure("parked_keys", worker_sees_all=True)


def _parked_events() -> None:
    """Events that could not be processed yet, with the reason and the next attempt."""
    op.create_table(
        "parked_events",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("envelope", JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'PARKED'")),
        instant("parked_at", default=True),
        instant("retry_at", nullable=True),
        instant("deadline_at", nullable=True),
        instant("resolved_at", nullable=True),
        sa.Column("resolved_by", sa.Text()),
        sa.Column("note", sa.Text()),
    )
    index("parked_events", "resolved_at")
    index("parked_events", "retry_at")
    index(
        "parked_events",
        "tenant_id",
        "subscription",
        "id",
        where="status = 'PARKED'",
        name="parked_events_waiting",
    )
    for column in ("subscription", "reason", "status", "topic", "parked_at"):
        index("parked_events", "tenant_id", column, "id")
    index("parked_events", "tenant_id", "subscription", "key", "position")
    secure("parked_events", worker_sees_all=True)
    # Events of which not even the tenant can be read; the API sets `app.operator` for operators.
    op.execute(
        "CREATE POLICY operators_read ON parked_events FOR SELECT USING ("
        "tenant_id = '00000000-0000-0000-0000-000000000000'"
        " AND current_setting('app.operator', true) = 'on')"
    )


def _consumer_counts() -> None:
    """How many events each subscription has applied, skipped and parked."""
    op.create_table(
        "consumer_counts",
        tenant_column(),
        sa.Column("subscription", sa.Text(), primary_key=True),
        sa.Column("generation", sa.Integer(), primary_key=True),
        sa.Column("topic", sa.Text(), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True),
        sa.Column("applied", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("skipped", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("ignored", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("parked", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("duplicates", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("last_offset", sa.BigInteger(), nullable=False, server_default=sa.text("-1")),
        instant("updated_at", default=True),
    )
    secure("consumer_counts", worker_sees_all=True, app="SELECT, INSERT, UPDATE")
