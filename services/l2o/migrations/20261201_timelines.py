"""The table of what happened to documents of other services, for the timelines of accounts."""

import sqlalchemy as sa
from alembic import op

from chassis.database.backbone_tables import instant
from chassis.database.columns import money_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import secure

revision = "l2o_20261201_timelines"
down_revision = "l2o_20261201_activities"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timeline_entries",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid()),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("fact", sa.String(40), nullable=False),
        instant("at"),
        sa.Column("actor", sa.Text()),
        sa.Column("text", sa.Text()),
        *money_columns("amount", nullable=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("record_no", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(40)),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
    )
    index("timeline_entries", "tenant_id", "account_id", "at", "id")
    index("timeline_entries", "tenant_id", "record_id", "epoch", "sequence")
    secure("timeline_entries", append_only=True)


def downgrade() -> None:
    op.drop_table("timeline_entries")
