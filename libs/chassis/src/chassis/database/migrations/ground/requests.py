"""The tables of requests and background work: jobs, idempotency keys, operations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import secure

TABLES = (
    "jobs",
    "idempotency_keys",
    "operations",
)


def create() -> None:
    """Create the tables of this topic."""
    _jobs()
    _idempotency_keys()
    _operations()


def drop() -> None:
    """Drop what `create` has made."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _jobs() -> None:
    """Work to be done at an instant: one job per kind and key."""
    op.create_table(
        "jobs",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        instant("run_at"),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'WAITING'")),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("last_error", sa.Text()),
        sa.Column("actor", sa.Text()),
        sa.Column("origin", sa.Text()),
        sa.Column("correlationid", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=False),
        instant("created_at", default=True),
    )
    index("jobs", "status", "run_at")
    index("jobs", "tenant_id", "kind", "key", unique=True)
    secure("jobs", worker_sees_all=True)


def _idempotency_keys() -> None:
    """Stored answers, so that a repeated request is answered without repeating it."""
    op.create_table(
        "idempotency_keys",
        tenant_column(),
        sa.Column("principal", sa.Text(), primary_key=True),
        sa.Column("method", sa.Text(), primary_key=True),
        sa.Column("path", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("operation_id", sa.Uuid()),
        instant("created_at", default=True),
        instant("expires_at"),
    )
    index("idempotency_keys", "expires_at")
    secure("idempotency_keys", worker_sees_all=True)


def _operations() -> None:
    """Requests that are answered 202 first, and their result."""
    op.create_table(
        "operations",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("result", JSONB(), nullable=False),
        sa.Column("problem", JSONB()),
        sa.Column("asked", sa.Text()),
        sa.Column("created_by", sa.Text()),
        instant("created_at", default=True),
        instant("finished_at", nullable=True),
    )
    index("operations", "finished_at")
    secure("operations", worker_sees_all=True)
