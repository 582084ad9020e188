"""The ground under every resource: scope, lists, custom fields, audit."""

from typing import Any

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

revision = "l2o_ground"
down_revision = "l2o_walk"
branch_labels = None
depends_on = "backbone_tenants"

RESOURCES = {
    "accounts": "l2o.account",
    "contacts": "l2o.contact",
    "opportunities": "l2o.opportunity",
}
SORTED: dict[str, tuple[tuple[str, sa.types.TypeEngine[Any]], ...]] = {
    "accounts": (("annual_revenue", sa.Double()),),
    "contacts": (),
    "opportunities": (
        ("amount", sa.Double()),
        ("expected_close_date", sa.Date()),
        ("engaged_date", sa.Date()),
        ("closed_date", sa.Date()),
    ),
}
# What lists are filtered and sorted by, beside what was there.
LISTED = {
    "accounts": (
        ("name",),
        ("phone",),
        ("industry",),
        ("country",),
        ("annual_revenue_sort",),
        ("lead_id",),
        ("created_at",),
        ("updated_at",),
    ),
    "contacts": (
        ("name",),
        ("phone",),
        ("email",),
        ("is_primary",),
        ("created_at",),
        ("updated_at",),
    ),
    "opportunities": (
        ("contact_id",),
        ("lead_id",),
        ("product_id",),
        ("order_id",),
        ("name",),
        ("amount_sort",),
        ("expected_close_date_sort",),
        ("engaged_date_sort",),
        ("closed_date_sort",),
        ("created_at",),
        ("updated_at",),
        ("stage", "expected_close_date_sort"),
    ),
}


def upgrade() -> None:
    for table, resource in RESOURCES.items():
        _columns(table)
        _indexes(table)
        with_custom_fields(table, resource=resource)
        give_words(table, resource=resource, columns=["name"])
    _audit()


def _columns(table: str) -> None:
    empty = sa.text("'{}'")
    op.add_column(table, sa.Column("custom_fields", JSONB(), nullable=False, server_default=empty))
    for name, kind in SORTED[table]:
        op.add_column(table, sort_column(name, kind))


def _indexes(table: str) -> None:
    for columns in LISTED[table]:
        op.create_index(_name(table, columns), table, ["tenant_id", *columns, "id"])
    gone = sa.text("deleted_at IS NOT NULL")
    op.create_index(f"ix_{table}_deleted", table, ["tenant_id", "id"], postgresql_where=gone)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join([f"ix_{table}_tenant_id", *columns, "id"])


def _audit() -> None:
    """After every change of columns: a generated one is left out of the entries."""
    audited("accounts", resource="l2o.account")
    audited("contacts", resource="l2o.contact")
    audited("opportunities", resource="l2o.opportunity")


def downgrade() -> None:
    unaudited(*RESOURCES)
    without_custom_fields(*RESOURCES)
    for table in RESOURCES:
        op.drop_index(f"ix_{table}_deleted", table)
        for columns in LISTED[table]:
            op.drop_index(_name(table, columns), table)
        for name, _ in SORTED[table]:
            op.drop_column(table, f"{name}_sort")
        op.drop_column(table, "custom_fields")
