"""The table of the work about records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import secure


def create() -> None:
    """Create the table of this topic."""
    op.create_table(
        "record_work",
        tenant_column(),
        sa.Column("record_id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("tasks", JSONB(), nullable=False),
        sa.Column("reminders", JSONB(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("record_work")


def drop() -> None:
    """Drop what `create` has made."""
    op.drop_table("record_work")
