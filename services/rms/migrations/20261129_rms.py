"""The tables of rms: orders, shipments, receivables, payments, copies of accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import money_columns, replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure, with_custom_fields
from chassis.records.lists.columns import sort_column

revision = "rms_20261129"
down_revision = None
branch_labels = ("rms",)
depends_on = "backbone_20261129"

TABLES = (
    "accounts",
    "opportunities",
    "payment_terms",
    "orders",
    "order_lines",
    "order_revisions",
    "order_cancellations",
    "shipments",
    "shipment_lines",
    "receivables",
    "payments",
    "allocations",
    "payment_returns",
)


def upgrade() -> None:
    _copies()
    _payment_terms()
    _orders()
    _order_lines()
    _order_revisions()
    _order_cancellations()
    _shipments()
    _shipment_lines()
    _receivables()
    _payments()
    _allocations()
    _payment_returns()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _copies() -> None:
    """Copies of the accounts and opportunities in l2o."""
    for table in ("accounts", "opportunities"):
        op.create_table(
            table,
            *replica_columns(),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("owner_id", sa.Text()),
        )
        secure(table)


def _payment_terms() -> None:
    """Payment terms; at most one is the default."""
    op.create_table(
        "payment_terms",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("instalments", JSONB(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("code", "name", "active", "created_at", "updated_at"):
        index("payment_terms", "tenant_id", column, "id")
    index(
        "payment_terms",
        "tenant_id",
        unique=True,
        where="is_default",
        name="ix_payment_terms_default",
    )
    index("payment_terms", "tenant_id", "code", unique=True)
    index(
        "payment_terms",
        "tenant_id",
        "id",
        where="deleted_at IS NOT NULL",
        name="ix_payment_terms_deleted",
    )
    secure("payment_terms")
    audited("payment_terms", resource="rms.payment_term")
    with_custom_fields("payment_terms", resource="rms.payment_term")


def _orders() -> None:
    op.create_table(
        "orders",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("quote_no", sa.Text(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("requested_date", sa.Date()),
        sort_column("requested_date", sa.Date()),
        sa.Column("payment_term", JSONB(), nullable=False),
        sa.Column("tax_rounding", sa.String(40), nullable=False),
        instant("confirmed_at", nullable=True),
        instant("cancelled_at", nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        *money_columns("net_total"),
        *money_columns("tax_total"),
        *money_columns("gross_total"),
        sort_column("gross_total", sa.Double()),
        *money_columns("shipped_total"),
        *money_columns("cancelled_total"),
        *money_columns("prepaid_total"),
        sa.Column("customer_order_no", sa.Text()),
        sort_column("customer_order_no", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= shipped_total AND 0 <= cancelled_total"
            " AND shipped_total + cancelled_total <= gross_total",
            name="orders_shipped_check",
        ),
        sa.CheckConstraint("0 <= prepaid_total", name="orders_prepaid_check"),
    )
    for column in (
        "document_no",
        "quote_id",
        "opportunity_id",
        "account_id",
        "account_name",
        "owner_id",
        "requested_date_sort",
        "status",
        "gross_total_currency",
        "gross_total_sort",
        "customer_order_no_sort",
        "created_at",
        "updated_at",
    ):
        index("orders", "tenant_id", column, "id")
    index("orders", "tenant_id", "account_id", "status", "id")
    index("orders", "tenant_id", "document_no", unique=True)
    index("orders", "tenant_id", "quote_id", unique=True)
    index("orders", "tenant_id", "status", "created_at", "id")
    secure("orders")
    audited("orders", resource="rms.order")
    with_custom_fields("orders", resource="rms.order")


def _order_lines() -> None:
    """The lines of orders."""
    op.create_table(
        "order_lines",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(22, 6), nullable=False),
        sa.Column("shipped_quantity", sa.Numeric(22, 6), nullable=False),
        sa.Column("cancelled_quantity", sa.Numeric(22, 6), nullable=False),
        *money_columns("unit_price"),
        sa.Column("discount_rate", sa.Numeric(9, 6), nullable=False),
        *money_columns("net_amount"),
        sa.Column("tax_rate", sa.Numeric(9, 6), nullable=False),
        *money_columns("tax_amount"),
        *money_columns("gross_amount"),
        *money_columns("shipped_amount"),
        *money_columns("cancelled_amount"),
        sa.CheckConstraint(
            "0 <= shipped_quantity AND 0 <= cancelled_quantity"
            " AND shipped_quantity + cancelled_quantity <= quantity",
            name="order_lines_quantity_check",
        ),
        sa.CheckConstraint(
            "0 <= shipped_amount AND 0 <= cancelled_amount"
            " AND shipped_amount + cancelled_amount <= gross_amount",
            name="order_lines_amount_check",
        ),
    )
    index("order_lines", "tenant_id", "order_id", "line_no", unique=True)
    secure("order_lines")
    audited("order_lines", resource="rms.order", key="order_id", part="lines")


def _order_revisions() -> None:
    """Earlier versions of orders."""
    op.create_table(
        "order_revisions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", JSONB(), nullable=False),
        instant("created_at"),
    )
    index("order_revisions", "tenant_id", "order_id", "id")
    index("order_revisions", "tenant_id", "order_id", "revision", unique=True)
    secure("order_revisions", append_only=True)


def _order_cancellations() -> None:
    """Cancelled quantities of order lines."""
    op.create_table(
        "order_cancellations",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(22, 6), nullable=False),
        *money_columns("amount"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        instant("created_at"),
        sa.CheckConstraint("quantity > 0", name="order_cancellations_quantity_check"),
    )
    index("order_cancellations", "tenant_id", "order_id", "id")
    secure("order_cancellations", append_only=True)
    audited("order_cancellations", resource="rms.order", key="order_id", part="cancellations")


def _shipments() -> None:
    """Shipments of orders."""
    op.create_table(
        "shipments",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("shipped_date", sa.Date(), nullable=False),
        *money_columns("amount"),
        *money_columns("deducted"),
        sa.Column("receivable_id", sa.Uuid(), nullable=False),
        instant("created_at"),
        sa.CheckConstraint("0 <= deducted AND deducted <= amount", name="shipments_deducted_check"),
    )
    index("shipments", "tenant_id", "order_id", "id")
    index("shipments", "tenant_id", "document_no", unique=True)
    secure("shipments", append_only=True)
    audited("shipments", resource="rms.order", key="order_id", part="shipments")


def _shipment_lines() -> None:
    """The lines of shipments."""
    op.create_table(
        "shipment_lines",
        tenant_column(),
        sa.Column("shipment_id", sa.Uuid(), primary_key=True),
        sa.Column("line_id", sa.Uuid(), primary_key=True),
        sa.Column("quantity", sa.Numeric(22, 6), nullable=False),
        *money_columns("amount"),
        sa.CheckConstraint("quantity > 0", name="shipment_lines_quantity_check"),
    )
    secure("shipment_lines", append_only=True)


def _receivables() -> None:
    """Receivables: one per shipment and installment, or a prepayment."""
    op.create_table(
        "receivables",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("shipment_id", sa.Uuid()),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        *money_columns("amount"),
        sort_column("amount", sa.Double()),
        *money_columns("allocated"),
        *money_columns("withdrawn"),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        sa.Column("instalment", sa.Integer(), nullable=False),
        sa.Column("overdue_date", sa.Date()),
        sa.Column("note", sa.Text()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("status", sa.String(40), nullable=False),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= allocated AND 0 <= withdrawn AND allocated + withdrawn <= amount",
            name="receivables_allocated_check",
        ),
        sa.CheckConstraint(
            "(shipment_id IS NULL) = (kind = 'PREPAYMENT')", name="receivables_shipment_check"
        ),
        sa.CheckConstraint(
            "allocated_currency = amount_currency", name="receivables_currency_check"
        ),
    )
    for column in (
        "document_no",
        "order_id",
        "kind",
        "account_id",
        "account_name",
        "amount_currency",
        "amount_sort",
        "due_date",
        "owner_id",
        "status",
        "created_at",
        "updated_at",
    ):
        index("receivables", "tenant_id", column, "id")
    index(
        "receivables",
        "tenant_id",
        "account_id",
        "amount_currency",
        "due_date",
        "id",
        where="status <> 'SETTLED'",
        name="ix_receivables_oldest_open",
    )
    index("receivables", "tenant_id", "account_id", "status", "id")
    index("receivables", "tenant_id", "document_no", unique=True)
    index("receivables", "tenant_id", "shipment_id", "instalment", unique=True)
    index("receivables", "tenant_id", "status", "due_date", "id")
    secure("receivables")
    audited("receivables", resource="rms.receivable")
    with_custom_fields("receivables", resource="rms.receivable")


def _payments() -> None:
    """Payments received."""
    op.create_table(
        "payments",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("bank_reference_key", sa.Text(), nullable=False),
        *money_columns("amount"),
        sort_column("amount", sa.Double()),
        *money_columns("allocated"),
        *money_columns("returned"),
        sa.Column("received_date", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        instant("reversed_at", nullable=True),
        sa.Column("note", sa.Text()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("status", sa.String(40), nullable=False),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= allocated AND allocated + returned <= amount", name="payments_allocated_check"
        ),
        sa.CheckConstraint("0 <= returned", name="payments_returned_check"),
        sa.CheckConstraint("allocated_currency = amount_currency", name="payments_currency_check"),
    )
    for column in (
        "document_no",
        "account_id",
        "account_name",
        "bank_reference",
        "amount_currency",
        "amount_sort",
        "received_date",
        "owner_id",
        "status",
        "created_at",
        "updated_at",
    ):
        index("payments", "tenant_id", column, "id")
    index("payments", "tenant_id", "account_id", "status", "id")
    index("payments", "tenant_id", "bank_reference_key", unique=True)
    index("payments", "tenant_id", "document_no", unique=True)
    index("payments", "tenant_id", "status", "received_date", "id")
    secure("payments")
    audited("payments", resource="rms.payment")
    with_custom_fields("payments", resource="rms.payment")


def _allocations() -> None:
    """Amounts of payments allocated to receivables; a reversal is a negative amount."""
    op.create_table(
        "allocations",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("receivable_id", sa.Uuid(), nullable=False),
        *money_columns("amount"),
        sa.Column("reverses_id", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        instant("created_at"),
        sa.CheckConstraint(
            "amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)",
            name="allocations_amount_check",
        ),
    )
    index("allocations", "tenant_id", "payment_id", "id")
    index("allocations", "tenant_id", "receivable_id", "id")
    index("allocations", "tenant_id", "reverses_id", unique=True)
    secure("allocations", append_only=True)
    audited("allocations", resource="rms.payment", key="payment_id", part="allocations")


def _payment_returns() -> None:
    """Payments returned to the customer or reversed by the bank."""
    op.create_table(
        "payment_returns",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        *money_columns("amount"),
        sa.Column("returned_date", sa.Date(), nullable=False),
        sa.Column("bank_reference", sa.Text()),
        sa.Column("bank_reference_key", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        instant("created_at"),
        sa.CheckConstraint("amount > 0", name="payment_returns_amount_check"),
    )
    index("payment_returns", "tenant_id", "payment_id", "id")
    index("payment_returns", "tenant_id", "bank_reference_key", unique=True)
    secure("payment_returns", append_only=True)
    audited("payment_returns", resource="rms.payment", key="payment_id", part="returns")
