"""The tables of l2o: accounts, contacts, opportunities, conversions, copies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import money_columns, replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure, with_custom_fields
from chassis.records.lists.columns import sort_column

revision = "l2o_20261129"
down_revision = None
branch_labels = ("l2o",)
depends_on = "backbone_20261129"

TABLES = (
    "accounts",
    "contacts",
    "products",
    "orders",
    "payments",
    "opportunities",
    "stage_changes",
    "conversions",
    "lead_trail_entries",
)


def upgrade() -> None:
    _accounts()
    _contacts()
    _products()
    _orders_and_payments()
    _opportunities()
    _stage_changes()
    _conversions()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _accounts() -> None:
    """Accounts, in a hierarchy."""
    op.create_table(
        "accounts",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("industry", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("founded_year", sa.Integer()),
        sa.Column("employees", sa.Integer()),
        *money_columns("annual_revenue", nullable=True),
        sort_column("annual_revenue", sa.Double()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("owner_id", sa.Text()),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "name",
        "phone",
        "parent_id",
        "industry",
        "country",
        "annual_revenue_sort",
        "lead_id",
        "owner_id",
        "created_at",
        "updated_at",
    ):
        index("accounts", "tenant_id", column, "id")
    index("accounts", "tenant_id", "name_key")
    index(
        "accounts",
        "tenant_id",
        "id",
        where="accounts.deleted_at IS NOT NULL",
        name="ix_accounts_deleted",
    )
    secure("accounts")
    audited("accounts", resource="l2o.account", noise=("version", "updated_at", "name_key"))
    with_custom_fields("accounts", resource="l2o.account")


def _contacts() -> None:
    """Contacts of accounts; at most one is the primary contact."""
    op.create_table(
        "contacts",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("phone", sa.LargeBinary()),
        sa.Column("phone_digest", sa.LargeBinary()),
        sa.Column("email", sa.LargeBinary()),
        sa.Column("email_digest", sa.LargeBinary()),
        sa.Column("roles", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("is_primary", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("owner_id", sa.Text()),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "account_id",
        "name",
        "phone_digest",
        "email_digest",
        "is_primary",
        "owner_id",
        "created_at",
        "updated_at",
    ):
        index("contacts", "tenant_id", column, "id")
    index(
        "contacts",
        "tenant_id",
        "id",
        where="contacts.deleted_at IS NOT NULL",
        name="ix_contacts_deleted",
    )
    index(
        "contacts",
        "tenant_id",
        "account_id",
        "id",
        where="contacts.deleted_at IS NOT NULL",
        name="ix_contacts_deleted_account_id",
    )
    index(
        "contacts",
        "tenant_id",
        "account_id",
        unique=True,
        where="is_primary AND deleted_at IS NULL",
        name="ix_contacts_one_primary",
    )
    secure("contacts")
    audited("contacts", resource="l2o.contact", encrypted=("phone", "email"))
    with_custom_fields("contacts", resource="l2o.contact")


def _products() -> None:
    """Copies of the products in cpq."""
    op.create_table(
        "products",
        *replica_columns(),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    index("products", "tenant_id", "name")
    index("products", "tenant_id", "sku")
    secure("products")


def _orders_and_payments() -> None:
    """Copies of the orders and payments in rms, from which an account's totals are added up."""
    op.create_table(
        "orders",
        *replica_columns(),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("ordered", sa.Numeric(22, 6), nullable=False),
        sa.Column("shipped", sa.Numeric(22, 6), nullable=False),
    )
    op.create_table(
        "payments",
        *replica_columns(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("received", sa.Numeric(22, 6), nullable=False),
    )
    for table in ("orders", "payments"):
        index(table, "tenant_id", "account_id")
        secure(table)


def _opportunities() -> None:
    op.create_table(
        "opportunities",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        *money_columns("amount", nullable=True),
        sort_column("amount", sa.Double()),
        sa.Column("expected_close_date", sa.Date()),
        sort_column("expected_close_date", sa.Date()),
        sa.Column("product_id", sa.Uuid()),
        sa.Column("engaged_date", sa.Date()),
        sort_column("engaged_date", sa.Date()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("lost_reason", sa.Text()),
        instant("closed_at", nullable=True),
        sa.Column("closed_date", sa.Date()),
        sort_column("closed_date", sa.Date()),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("order_no", sa.Text()),
        sa.Column("owner_id", sa.Text()),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "account_id",
        "contact_id",
        "lead_id",
        "name",
        "stage",
        "amount_sort",
        "expected_close_date_sort",
        "product_id",
        "engaged_date_sort",
        "closed_date_sort",
        "order_id",
        "owner_id",
        "created_at",
        "updated_at",
    ):
        index("opportunities", "tenant_id", column, "id")
    index(
        "opportunities",
        "tenant_id",
        "id",
        where="opportunities.deleted_at IS NOT NULL",
        name="ix_opportunities_deleted",
    )
    index("opportunities", "tenant_id", "stage", "expected_close_date_sort", "id")
    secure("opportunities")
    audited("opportunities", resource="l2o.opportunity")
    with_custom_fields("opportunities", resource="l2o.opportunity")


def _stage_changes() -> None:
    """The history of an opportunity's stage."""
    op.create_table(
        "stage_changes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("from_stage", sa.String(40)),
        sa.Column("to_stage", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("actor", sa.Text()),
        instant("at"),
    )
    index("stage_changes", "tenant_id", "opportunity_id", "id")
    secure("stage_changes", append_only=True)


def _conversions() -> None:
    """Conversions of leads that this service has answered, and what led to them."""
    op.create_table(
        "conversions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("rejected_for", sa.Text()),
        sa.Column("rejected_fields", JSONB()),
        sa.Column("touch_count", sa.Integer(), nullable=False),
        sa.Column("follow_up_count", sa.Integer(), nullable=False),
        instant("at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("conversions", "tenant_id", "account_id", "id")
    index("conversions", "tenant_id", "opportunity_id", "id")
    secure("conversions")
    op.create_table(
        "lead_trail_entries",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid()),
        sa.Column("source", sa.String(40), nullable=False),
        instant("at"),
        sa.Column("actor", sa.Text()),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
    )
    for column in ("account_id", "opportunity_id"):
        index("lead_trail_entries", "tenant_id", column, "at", "id")
    secure("lead_trail_entries", append_only=True)
