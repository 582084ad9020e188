"""A tenant's own days of the business calendar."""

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import audited, secure

revision = "org_calendars"
down_revision = "org_ground"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_days",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
    )
    op.create_index(
        "ix_calendar_days_tenant_id_date", "calendar_days", ["tenant_id", "date"], unique=True
    )
    secure("calendar_days")
    audited("calendar_days", resource="org.calendar")


def downgrade() -> None:
    op.drop_table("calendar_days")
