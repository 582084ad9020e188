"""The tables of the backbone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.database.backbone_tables import Xid8
from chassis.database.migration_operations import grant_readiness, grant_to_worker, secure

revision = "backbone_20261122"
down_revision = None
branch_labels = ("backbone",)
depends_on = None

APPEND_ONLY = ("outbox", "inbox")
SHARED_BY_THE_WORKER = (
    "outbox_pruned",
    "quarantined_events",
    "parked_keys",
    "parked_events",
    "consumer_counts",
    "jobs",
    "idempotency_keys",
    "operations",
)
PLAIN = ("document_numbers", "tenant_settings")
WITHOUT_TENANT = ("database_epoch", "relay_cursors", "relay_members")


def upgrade() -> None:
    op.create_table(
        "consumer_counts",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("applied", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("skipped", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ignored", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("parked", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_offset", sa.BigInteger(), server_default=sa.text("-1"), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "subscription",
            "generation",
            "topic",
            "partition",
            name=op.f("consumer_counts_pkey"),
        ),
    )
    op.create_table(
        "database_epoch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("system_identifier", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("database_epoch_pkey")),
    )
    op.create_table(
        "document_numbers",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "type", "year", name=op.f("document_numbers_pkey")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "principal", "method", "path", "key", name=op.f("idempotency_keys_pkey")
        ),
    )
    op.create_index(
        op.f("ix_idempotency_keys_expires_at"), "idempotency_keys", ["expires_at"], unique=False
    )
    op.create_table(
        "inbox",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "subscription", "generation", "event_id", name=op.f("inbox_pkey")
        ),
    )
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"], unique=False)
    op.create_table(
        "jobs",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'WAITING'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("correlationid", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("jobs_pkey")),
    )
    op.create_index(op.f("ix_jobs_status_run_at"), "jobs", ["status", "run_at"], unique=False)
    op.create_index(
        op.f("ix_jobs_tenant_id_kind_key"), "jobs", ["tenant_id", "kind", "key"], unique=True
    )
    op.create_table(
        "operations",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("operations_pkey")),
    )
    op.create_index(op.f("ix_operations_finished_at"), "operations", ["finished_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("aggregatetype", sa.Text(), nullable=False),
        sa.Column("aggregateid", sa.Uuid(), nullable=False),
        sa.Column("aggversion", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("correlationid", sa.Text(), nullable=False),
        sa.Column("causationid", sa.Text(), nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.Column(
            "created",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("outbox_pkey")),
    )
    op.create_index(
        op.f("ix_outbox_tenant_id_aggregatetype_aggregateid_aggversion"),
        "outbox",
        ["tenant_id", "aggregatetype", "aggregateid", "aggversion"],
        unique=True,
    )
    op.create_index(op.f("ix_outbox_xid"), "outbox", ["xid"], unique=False)
    op.create_table(
        "outbox_pruned",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("aggregatetype", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "aggregatetype", name=op.f("outbox_pruned_pkey")),
    )
    op.create_table(
        "parked_events",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("envelope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'PARKED'"), nullable=False),
        sa.Column(
            "parked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("parked_events_pkey")),
    )
    op.create_index(
        op.f("ix_parked_events_resolved_at"), "parked_events", ["resolved_at"], unique=False
    )
    op.create_index(op.f("ix_parked_events_retry_at"), "parked_events", ["retry_at"], unique=False)
    op.create_index(
        op.f("ix_parked_events_tenant_id_subscription_id"),
        "parked_events",
        ["tenant_id", "subscription", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'PARKED'"),
    )
    op.create_index(
        op.f("ix_parked_events_tenant_id_subscription_key_position"),
        "parked_events",
        ["tenant_id", "subscription", "key", "position"],
        unique=False,
    )
    op.create_table(
        "parked_keys",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "subscription", "key", name=op.f("parked_keys_pkey")),
    )
    op.create_table(
        "quarantined_events",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "quarantined_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("quarantined_events_pkey")),
    )
    op.create_index(
        op.f("ix_quarantined_events_tenant_id_key"),
        "quarantined_events",
        ["tenant_id", "key"],
        unique=False,
    )
    op.create_table(
        "relay_cursors",
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_identifier", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lo", sa.Text(), nullable=False),
        sa.Column("hi", sa.Text(), nullable=True),
        sa.Column("last", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("relay_cursors_pkey")),
    )
    op.create_table(
        "relay_members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("backend_pid", sa.Integer(), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("relay_members_pkey")),
    )
    op.create_table(
        "tenant_settings",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("languages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("default_tax_rate", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("tenant_settings_pkey")),
    )
    for table in APPEND_ONLY:
        secure(table, worker_sees_all=True, append_only=True)
    for table in SHARED_BY_THE_WORKER:
        secure(table, worker_sees_all=True)
    for table in PLAIN:
        secure(table)
    for table in WITHOUT_TENANT:
        grant_to_worker(table)
    grant_readiness()


def downgrade() -> None:
    for table in (*APPEND_ONLY, *SHARED_BY_THE_WORKER, *PLAIN, *WITHOUT_TENANT):
        op.drop_table(table)
