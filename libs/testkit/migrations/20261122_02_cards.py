"""Cards: the sample resource that stands on all of the ground."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import money_columns, tenant_column
from chassis.database.migration_operations import audited, secure, with_custom_fields
from chassis.records.lists.columns import sort_column

revision = "testkit_cards"
down_revision = "testkit_20261122"
branch_labels = None
depends_on = "backbone_tenants"


def upgrade() -> None:
    op.create_table(
        "cards",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("board_id", sa.Uuid()),
        sa.Column("stage", sa.String(40), nullable=False),
        *money_columns("amount", nullable=True),
        sort_column("amount", sa.Double()),
        sa.Column("due_date", sa.Date()),
        sort_column("due_date", sa.Date()),
        sa.Column("owner_id", sa.Text()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    _indexes()
    secure("cards")
    audited("cards", resource="testkit.card")
    with_custom_fields("cards", resource="testkit.card")


def _indexes() -> None:
    for columns in ("owner_id", "stage", "board_id", "title", "amount_sort", "due_date_sort"):
        op.create_index(f"ix_cards_tenant_id_{columns}_id", "cards", ["tenant_id", columns, "id"])
    op.create_index("ix_cards_tenant_id_created_at_id", "cards", ["tenant_id", "created_at", "id"])
    op.create_index(
        "ix_cards_tenant_id_stage_due_date_sort_id",
        "cards",
        ["tenant_id", "stage", "due_date_sort", "id"],
    )
    op.create_index(
        "ix_cards_deleted",
        "cards",
        ["tenant_id", "id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("cards")
