"""The table of the approvals that a service has asked for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import secure

STATUSES = ("PENDING", "APPROVED", "REJECTED", "RETURNED", "WITHDRAWN", "VOID")


def create() -> None:
    """Create the table of this topic."""
    op.create_table(
        "approval_requests",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("record_name", sa.Text(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("lines", JSONB(), nullable=False),
        sa.Column("record_people", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("requested_by", sa.Text(), nullable=False),
        instant("requested_at"),
        sa.Column("status", sa.Enum(*STATUSES, native_enum=False, length=40), nullable=False),
        instant("ended_at", nullable=True),
        sa.Column("ended_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("approval_requests", "tenant_id", "resource", "record_id", "id")
    op.create_index(
        "approval_requests_pending_key",
        "approval_requests",
        ["tenant_id", "record_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'PENDING'"),
    )
    secure("approval_requests")


def drop() -> None:
    """Drop what `create` has made."""
    op.drop_table("approval_requests")
