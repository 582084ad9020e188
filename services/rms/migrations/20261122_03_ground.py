"""The ground under every resource: scope, lists, custom fields, audit; and prepayments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import money_columns
from chassis.database.migration_operations import (
    audited,
    unaudited,
    with_custom_fields,
    without_custom_fields,
)
from chassis.records.lists.columns import sort_column
from chassis.records.search.backfill import give_words

revision = "rms_ground"
down_revision = "rms_walk"
branch_labels = None
depends_on = "backbone_tenants"

CUSTOMIZED = {"orders": "rms.order", "receivables": "rms.receivable", "payments": "rms.payment"}
# What the lists are filtered and sorted by, beside what had an index before.
LISTED = {
    "orders": [
        "owner_id", "account_id", "quote_id", "document_no", "customer_order_no_sort",
        "account_name", "gross_total_sort", "gross_total_currency", "requested_date_sort",
        "created_at", "updated_at", "status_created_at",
    ],
    "receivables": [
        "owner_id", "kind", "account_id", "document_no", "account_name",
        "amount_sort", "amount_currency", "due_date", "created_at",
        "updated_at", "status_due_date",
    ],
    "payments": [
        "owner_id", "account_id", "document_no", "bank_reference", "account_name", "amount_sort",
        "amount_currency", "received_date", "created_at", "updated_at", "status_received_date",
    ],
    "payment_terms": ["active", "code", "name", "created_at", "updated_at"],
}  # fmt: skip
ADDED = {
    "orders": [
        "prepaid_total", "prepaid_total_currency", "customer_order_no_sort", "customer_order_no",
        "note", "custom_fields", "gross_total_sort", "requested_date_sort",
    ],
    "shipments": ["deducted", "deducted_currency"],
    "receivables": [
        "kind", "withdrawn", "withdrawn_currency", "note", "custom_fields", "amount_sort",
    ],
    "payments": ["note", "custom_fields", "amount_sort"],
}  # fmt: skip


def upgrade() -> None:
    _orders()
    _receivables()
    for table in CUSTOMIZED:
        op.add_column(table, sa.Column("note", sa.Text()))
        op.add_column(table, _custom_fields())
    op.add_column("payments", sort_column("amount", sa.Double()))
    _indexes()
    for table, resource in CUSTOMIZED.items():
        with_custom_fields(table, resource=resource)
        give_words(table, resource=resource, columns=["account_name"])
    give_words("payment_terms", resource="rms.payment_term", columns=["code", "name"])
    _audit()


def _custom_fields() -> sa.Column[object]:
    return sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'"))


def _add_nothing(table: str, name: str, of: str) -> None:
    """A money field that begins with nothing, in the currency of another."""
    for column, begins in zip(money_columns(name), ("0", f"{of}_currency"), strict=True):
        column.nullable = True
        op.add_column(table, column)
        op.execute(f"UPDATE {table} SET {column.name} = {begins}")  # noqa: S608  # names of our own
        op.alter_column(table, column.name, nullable=False)


def _orders() -> None:
    _add_nothing("orders", "prepaid_total", of="gross_total")
    op.create_check_constraint("orders_prepaid_check", "orders", "0 <= prepaid_total")
    op.add_column("orders", sa.Column("customer_order_no", sa.Text()))
    op.add_column("orders", sort_column("customer_order_no", sa.Text()))
    op.add_column("orders", sort_column("gross_total", sa.Double()))
    op.add_column("orders", sort_column("requested_date", sa.Date()))
    _add_nothing("shipments", "deducted", of="amount")
    op.create_check_constraint(
        "shipments_deducted_check", "shipments", "0 <= deducted AND deducted <= amount"
    )


def _receivables() -> None:
    kind = sa.Column("kind", sa.String(40), nullable=False, server_default="SHIPMENT")
    op.add_column("receivables", kind)
    op.alter_column("receivables", "kind", server_default=None)
    op.alter_column("receivables", "shipment_id", nullable=True)
    _add_nothing("receivables", "withdrawn", of="amount")
    op.drop_constraint("receivables_allocated_check", "receivables")
    op.create_check_constraint(
        "receivables_allocated_check",
        "receivables",
        "0 <= allocated AND 0 <= withdrawn AND allocated + withdrawn <= amount",
    )
    op.create_check_constraint(
        "receivables_shipment_check",
        "receivables",
        "(shipment_id IS NULL) = (kind = 'PREPAYMENT')",
    )
    op.add_column("receivables", sort_column("amount", sa.Double()))


def _indexes() -> None:
    for table, columns in LISTED.items():
        for column in columns:
            parts = (
                ["status", column.removeprefix("status_")]
                if column.startswith("status_")
                else [column]
            )
            name = f"ix_{table}_tenant_id_{column}_id"
            op.create_index(name, table, ["tenant_id", *parts, "id"])


def _audit() -> None:
    """After every change of columns: a generated one is left out of the entries."""
    audited("orders", resource="rms.order")
    audited("order_lines", resource="rms.order", key="order_id", part="lines")
    audited("shipments", resource="rms.order", key="order_id", part="shipments")
    audited("receivables", resource="rms.receivable")
    audited("payments", resource="rms.payment")
    audited("allocations", resource="rms.payment", key="payment_id", part="allocations")
    audited("payment_returns", resource="rms.payment", key="payment_id", part="returns")
    audited("order_cancellations", resource="rms.order", key="order_id", part="cancellations")
    audited("payment_terms", resource="rms.payment_term")


def downgrade() -> None:
    """Only where nothing was prepaid: else a column that may not be empty refuses."""
    unaudited("orders", "order_lines", "shipments", "receivables", "payments", "allocations")
    unaudited("payment_returns", "order_cancellations", "payment_terms")
    without_custom_fields(*CUSTOMIZED)
    for table, columns in LISTED.items():
        for column in columns:
            op.drop_index(f"ix_{table}_tenant_id_{column}_id", table)
    op.drop_constraint("orders_prepaid_check", "orders")
    op.drop_constraint("shipments_deducted_check", "shipments")
    op.drop_constraint("receivables_shipment_check", "receivables")
    op.drop_constraint("receivables_allocated_check", "receivables")
    op.create_check_constraint(
        "receivables_allocated_check", "receivables", "0 <= allocated AND allocated <= amount"
    )
    op.alter_column("receivables", "shipment_id", nullable=False)
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
