"""Orders with shipments, receivables, payments with allocations, and the replica of accounts."""

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import money_columns, tenant_column
from chassis.database.migration_operations import secure
from chassis.events.replicas import replica_columns

revision = "rms_20261122"
down_revision = None
branch_labels = ("rms",)
depends_on = "backbone_20261122"

RECEIVABLE_STATUS = (
    "CASE WHEN allocated >= amount THEN 'SETTLED'::text"
    " WHEN allocated > 0::numeric THEN 'PARTLY_SETTLED'::text ELSE 'OPEN'::text END"
)
PAYMENT_STATUS = (
    "CASE WHEN allocated >= amount THEN 'ALLOCATED'::text"
    " WHEN allocated > 0::numeric THEN 'PARTLY_ALLOCATED'::text ELSE 'UNALLOCATED'::text END"
)


def _instants() -> list[sa.Column[object]]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _index(table: str, *columns: str, unique: bool = False) -> None:
    name = f"ix_{table}_{'_'.join(['tenant_id', *columns])}"
    op.create_index(name, table, ["tenant_id", *columns], unique=unique)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=f"{table}_{name}_check")


def _accounts() -> None:
    op.create_table("accounts", *replica_columns(), sa.Column("name", sa.Text(), nullable=False))
    secure("accounts")


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
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("status", sa.String(40), nullable=False),
        *money_columns("net_total"),
        *money_columns("tax_total"),
        *money_columns("gross_total"),
        *money_columns("shipped_total"),
        *_instants(),
        _check("orders", "shipped", "0 <= shipped_total AND shipped_total <= gross_total"),
    )
    _index("orders", "quote_id", unique=True)
    _index("orders", "document_no", unique=True)
    _index("orders", "opportunity_id", "id")
    _index("orders", "account_id", "status", "id")
    _index("orders", "status", "id")
    secure("orders")


def _order_lines() -> None:
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
        *money_columns("unit_price"),
        sa.Column("discount_rate", sa.Numeric(9, 6), nullable=False),
        *money_columns("net_amount"),
        sa.Column("tax_rate", sa.Numeric(9, 6), nullable=False),
        *money_columns("tax_amount"),
        *money_columns("gross_amount"),
        *money_columns("shipped_amount"),
        _check("order_lines", "quantity", "0 <= shipped_quantity AND shipped_quantity <= quantity"),
        _check("order_lines", "amount", "0 <= shipped_amount AND shipped_amount <= gross_amount"),
    )
    _index("order_lines", "order_id", "line_no", unique=True)
    secure("order_lines")


def _shipments() -> None:
    op.create_table(
        "shipments",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("shipped_date", sa.Date(), nullable=False),
        *money_columns("amount"),
        sa.Column("receivable_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "shipment_lines",
        tenant_column(),
        sa.Column("shipment_id", sa.Uuid(), primary_key=True),
        sa.Column("line_id", sa.Uuid(), primary_key=True),
        sa.Column("quantity", sa.Numeric(22, 6), nullable=False),
        *money_columns("amount"),
        _check("shipment_lines", "quantity", "quantity > 0"),
    )
    _index("shipments", "document_no", unique=True)
    _index("shipments", "order_id", "id")
    secure("shipments", append_only=True)
    secure("shipment_lines", append_only=True)


def _receivables() -> None:
    op.create_table(
        "receivables",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        *money_columns("amount"),
        *money_columns("allocated"),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column(
            "status", sa.Text(), sa.Computed(RECEIVABLE_STATUS, persisted=True), nullable=False
        ),
        *_instants(),
        _check("receivables", "allocated", "0 <= allocated AND allocated <= amount"),
        _check("receivables", "currency", "allocated_currency = amount_currency"),
    )
    _index("receivables", "document_no", unique=True)
    _index("receivables", "shipment_id", unique=True)
    _index("receivables", "order_id", "id")
    _index("receivables", "account_id", "status", "id")
    _index("receivables", "status", "id")
    secure("receivables")


def _payments() -> None:
    op.create_table(
        "payments",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        *money_columns("amount"),
        *money_columns("allocated"),
        sa.Column("received_date", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), sa.Computed(PAYMENT_STATUS, persisted=True), nullable=False),
        *_instants(),
        _check("payments", "allocated", "0 <= allocated AND allocated <= amount"),
        _check("payments", "currency", "allocated_currency = amount_currency"),
    )
    _index("payments", "bank_reference", unique=True)
    _index("payments", "document_no", unique=True)
    _index("payments", "account_id", "status", "id")
    _index("payments", "status", "id")
    secure("payments")


def _allocations() -> None:
    op.create_table(
        "allocations",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("receivable_id", sa.Uuid(), nullable=False),
        *money_columns("amount"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _check("allocations", "amount", "amount > 0"),
    )
    _index("allocations", "payment_id", "id")
    _index("allocations", "receivable_id", "id")
    secure("allocations", append_only=True)


def upgrade() -> None:
    _accounts()
    _orders()
    _order_lines()
    _shipments()
    _receivables()
    _payments()
    _allocations()


def downgrade() -> None:
    for table in (
        "allocations",
        "payments",
        "receivables",
        "shipment_lines",
        "shipments",
        "order_lines",
        "orders",
        "accounts",
    ):
        op.drop_table(table)
