"""The tables of messages to the outside that a service has asked for."""

import sqlalchemy as sa
from alembic import op

from chassis.database.backbone_tables import instant
from chassis.database.columns import replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import secure


def create() -> None:
    """Create the tables of this topic."""
    op.create_table(
        "message_requests",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Enum("MAIL", "SMS", native_enum=False, length=40), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("hint", sa.Text()),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Text()),
        instant("requested_at"),
        sa.Column("refused", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("message_requests", "tenant_id", "kind", "key", unique=True)
    index("message_requests", "tenant_id", "resource", "record_id", "id")
    op.create_table(
        "message_states",
        *replica_columns(),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        instant("sent_at", nullable=True),
    )
    for table in ("message_requests", "message_states"):
        secure(table)


def drop() -> None:
    """Drop what `create` has made."""
    for table in ("message_states", "message_requests"):
        op.drop_table(table)
