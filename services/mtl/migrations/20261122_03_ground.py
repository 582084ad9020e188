"""The ground under leads: deletion, custom fields, lists, audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.migration_operations import (
    audited,
    unaudited,
    with_custom_fields,
    without_custom_fields,
)
from chassis.records.lists.columns import sort_column
from chassis.records.search.backfill import give_words

revision = "mtl_ground"
down_revision = "mtl_walk"
branch_labels = None
depends_on = "backbone_tenants"

# What the list is filtered and sorted by, beside `status` and `owner_id`, which were there.
LISTED = (
    "name_sort",
    "company_sort",
    "phone",
    "phone_tail",
    "email",
    "external_id",
    "source",
    "account_id",
    "converted_at_sort",
    "created_at",
    "updated_at",
)
ADDED = ("custom_fields", "deleted_at", "name_sort", "company_sort", "converted_at_sort")


def upgrade() -> None:
    _columns()
    _indexes()
    with_custom_fields("leads", resource="mtl.lead")
    give_words("leads", resource="mtl.lead", columns=["name", "company"])
    _audit()


def _columns() -> None:
    op.add_column(
        "leads", sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("leads", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    op.add_column("leads", sort_column("name", sa.Text()))
    op.add_column("leads", sort_column("company", sa.Text()))
    op.add_column("leads", sort_column("converted_at", sa.DateTime(timezone=True)))
    tail = sa.Computed("COALESCE(right(phone, 4), ''::text)", persisted=True)
    op.add_column("leads", sa.Column("phone_tail", sa.Text(), tail, nullable=False))


def _indexes() -> None:
    op.drop_index("ix_leads_tenant_id_account_id", "leads")
    for column in LISTED:
        name = f"ix_leads_tenant_id_{column}_id"
        op.create_index(name, "leads", ["tenant_id", column, "id"])
    gone = sa.text("deleted_at IS NOT NULL")
    op.create_index("ix_leads_deleted", "leads", ["tenant_id", "id"], postgresql_where=gone)


def _audit() -> None:
    """After every change of columns: a generated one is left out of the entries."""
    audited("leads", resource="mtl.lead")


def downgrade() -> None:
    for table in ("search_grams", "search_texts"):
        op.execute(f"DELETE FROM {table} WHERE resource = 'mtl.lead'")  # noqa: S608  # our own names
    unaudited("leads")
    without_custom_fields("leads")
    op.drop_index("ix_leads_deleted", "leads")
    for column in LISTED:
        op.drop_index(f"ix_leads_tenant_id_{column}_id", "leads")
    op.create_index("ix_leads_tenant_id_account_id", "leads", ["tenant_id", "account_id"])
    for column in (*ADDED, "phone_tail"):
        op.drop_column("leads", column)
