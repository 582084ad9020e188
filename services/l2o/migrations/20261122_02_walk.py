"""Accounts in a hierarchy, contacts with one primary, editable opportunities, products of CPQ."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database.columns import money_columns
from chassis.database.migration_operations import secure
from chassis.events.replicas import replica_columns

revision = "l2o_walk"
down_revision = "l2o_20261122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        op.f("ix_accounts_tenant_id_parent_id_id"), "accounts", ["tenant_id", "parent_id", "id"]
    )
    op.create_index(
        op.f("ix_contacts_tenant_id_owner_id_id"), "contacts", ["tenant_id", "owner_id", "id"]
    )
    _one_primary_contact()
    _products()


def _new_columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "accounts": [
            sa.Column("parent_id", sa.Uuid()),
            sa.Column("industry", sa.Text()),
            sa.Column("country", sa.Text()),
            sa.Column("founded_year", sa.Integer()),
            sa.Column("employees", sa.Integer()),
            *money_columns("annual_revenue", nullable=True),
            _deleted_at(),
        ],
        "contacts": [
            sa.Column("title", sa.Text()),
            sa.Column("roles", ARRAY(sa.Text()), nullable=False, server_default="{}"),
            sa.Column("is_primary", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("owner_id", sa.Text()),
            _deleted_at(),
        ],
        "opportunities": [
            sa.Column("product_id", sa.Uuid()),
            sa.Column("engaged_date", sa.Date()),
            sa.Column("closed_date", sa.Date()),
            _deleted_at(),
        ],
    }


def _deleted_at() -> sa.Column[Any]:
    return sa.Column("deleted_at", sa.DateTime(timezone=True))


def _one_primary_contact() -> None:
    """The first one of each account, and whose the account is, for those there are already."""
    op.execute(
        "UPDATE contacts SET is_primary = true FROM (SELECT DISTINCT ON (tenant_id, account_id)"
        " tenant_id, id FROM contacts ORDER BY tenant_id, account_id, id) AS first"
        " WHERE contacts.tenant_id = first.tenant_id AND contacts.id = first.id"
    )
    op.execute(
        "UPDATE contacts SET owner_id = accounts.owner_id FROM accounts WHERE"
        " contacts.tenant_id = accounts.tenant_id AND contacts.account_id = accounts.id"
    )
    op.create_index(
        "ix_contacts_one_primary",
        "contacts",
        ["tenant_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("is_primary AND deleted_at IS NULL"),
    )


def _products() -> None:
    op.create_table(
        "products",
        *replica_columns(),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    for name in ("sku", "name"):
        op.create_index(op.f(f"ix_products_tenant_id_{name}"), "products", ["tenant_id", name])
    secure("products")


def downgrade() -> None:
    op.drop_table("products")
    op.drop_index("ix_contacts_one_primary")
    op.drop_index("ix_contacts_tenant_id_owner_id_id")
    op.drop_index("ix_accounts_tenant_id_parent_id_id")
    for table, columns in _new_columns().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)
