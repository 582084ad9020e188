"""The tables of working time: copies of working hours and of own days."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import secure

TABLES = (
    "directory_working_hours",
    "directory_hours_of_departments",
    "directory_own_days",
)


def create() -> None:
    """Create the tables of this topic."""
    op.create_table(
        "directory_working_hours",
        *replica_columns(),
        sa.Column("timezone", sa.Text()),
        sa.Column("week", JSONB(), nullable=False),
        sa.Column("own_days", JSONB(), nullable=False),
        sa.Column("follows_calendar", sa.Boolean(), nullable=False),
        sa.Column("make_up_weekday", sa.String(40), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "directory_hours_of_departments",
        tenant_column(),
        sa.Column("department_id", sa.Uuid(), primary_key=True),
        sa.Column("working_hours_id", sa.Uuid(), primary_key=True),
    )
    index("directory_hours_of_departments", "tenant_id", "working_hours_id")
    op.create_table(
        "directory_own_days",
        *replica_columns(),
        sa.Column("department_id", sa.Uuid()),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
    )
    index("directory_own_days", "tenant_id", "date")
    for table in TABLES:
        secure(table)


def drop() -> None:
    """Drop what `create` has made."""
    for table in reversed(TABLES):
        op.drop_table(table)
