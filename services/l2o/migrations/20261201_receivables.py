"""The replica of the receivables of RMS, for the totals of accounts."""

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import replica_columns
from chassis.database.ddl import index
from chassis.database.migration_operations import secure

revision = "l2o_20261201_receivables"
down_revision = "l2o_20261201_timelines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receivables",
        *replica_columns(),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("owed", sa.Numeric(22, 6), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
    )
    index("receivables", "tenant_id", "account_id")
    secure("receivables")


def downgrade() -> None:
    op.drop_table("receivables")
