"""RFM scores of accounts, and the queue of accounts to be graded."""

import sqlalchemy as sa
from alembic import op

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure

revision = "l2o_20261201_grading"
down_revision = "l2o_20261201_receivables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _orders()
    _rfm()
    op.create_table(
        "grade_queue", tenant_column(), sa.Column("account_id", sa.Uuid(), primary_key=True)
    )
    secure("grade_queue")


def downgrade() -> None:
    for table in ("grade_queue", "account_rfm", "rfm_settings"):
        op.drop_table(table)
    op.drop_index("ix_orders_uncounted", "orders")
    for column in ("is_counted", "created_at"):
        op.drop_column("orders", column)


def _orders() -> None:
    """When an order was placed, and whether the RFM scores know its version."""
    op.add_column("orders", instant("created_at", nullable=True))
    op.add_column(
        "orders", sa.Column("is_counted", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index(
        "ix_orders_uncounted",
        "orders",
        ["tenant_id", "account_id"],
        postgresql_where=sa.text("NOT is_counted"),
    )


def _rfm() -> None:
    op.create_table(
        "rfm_settings",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("window_days", sa.Integer(), nullable=False),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("rfm_settings")
    audited("rfm_settings", resource="l2o.rfm_settings")
    op.create_table(
        "account_rfm",
        tenant_column(),
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("first_ordered_on", sa.Date(), nullable=False),
        sa.Column("last_ordered_on", sa.Date(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(38, 6), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("recency", sa.SmallInteger()),
        sa.Column("frequency", sa.SmallInteger()),
        sa.Column("monetary", sa.SmallInteger()),
    )
    index("account_rfm", "tenant_id", "first_ordered_on")
    secure("account_rfm")
