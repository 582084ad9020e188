"""What the walk and the directory need beyond the first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import money_columns, tenant_column
from chassis.database.migration_operations import secure

revision = "rms_walk"
down_revision = "rms_20261122"
branch_labels = None
depends_on = None

NET_30 = '{"code": "NET_30", "instalments": [{"share": "1", "basis": "SHIPMENT", "days": 30}]}'
RECEIVABLE_STATUS = (
    "CASE WHEN allocated >= amount THEN 'SETTLED'::text"
    " WHEN allocated > 0::numeric THEN 'PARTLY_SETTLED'::text ELSE 'OPEN'::text END"
)
PAYMENT_STATUS = (
    "CASE WHEN allocated >= amount THEN 'ALLOCATED'::text"
    " WHEN allocated > 0::numeric THEN 'PARTLY_ALLOCATED'::text ELSE 'UNALLOCATED'::text END"
)


def _index(table: str, *columns: str, unique: bool = False) -> None:
    name = f"ix_{table}_{'_'.join(['tenant_id', *columns])}"
    op.create_index(name, table, ["tenant_id", *columns], unique=unique)


def _drop_index(table: str, *columns: str) -> None:
    op.drop_index(f"ix_{table}_{'_'.join(['tenant_id', *columns])}", table)


def _check(table: str, name: str, condition: str) -> None:
    """In the place of the one of this name, if there is one."""
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_{name}_check")
    op.create_check_constraint(f"{table}_{name}_check", table, condition)


def _add(table: str, column: sa.Column[object], begins: str) -> None:
    """A column that is never null; the rows there are begin with this SQL value."""
    column.nullable = True
    op.add_column(table, column)
    op.execute(f"UPDATE {table} SET {column.name} = {begins}")  # noqa: S608  # names of our own
    op.alter_column(table, column.name, nullable=False)


def _add_nothing(table: str, name: str, of: str) -> None:
    """A money field that begins with nothing, in the currency of another."""
    amount, currency = money_columns(name)
    _add(table, amount, "0")
    _add(table, currency, f"{of}_currency")


def _instants() -> list[sa.Column[object]]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _payment_terms() -> None:
    op.create_table(
        "payment_terms",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("instalments", JSONB(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        *_instants(),
    )
    _index("payment_terms", "code", unique=True)
    op.create_index(
        "ix_payment_terms_default",
        "payment_terms",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    secure("payment_terms")


def _orders() -> None:
    _add("orders", sa.Column("revision", sa.Integer()), "1")
    op.add_column("orders", sa.Column("requested_date", sa.Date()))
    _add("orders", sa.Column("payment_term", JSONB()), f"'{NET_30}'")
    _add("orders", sa.Column("tax_rounding", sa.String(40)), "'LINE'")
    op.add_column("orders", sa.Column("cancelled_at", sa.DateTime(timezone=True)))
    _add_nothing("orders", "cancelled_total", of="gross_total")
    _check(
        "orders",
        "shipped",
        "0 <= shipped_total AND 0 <= cancelled_total"
        " AND shipped_total + cancelled_total <= gross_total",
    )


def _order_lines() -> None:
    _add("order_lines", sa.Column("cancelled_quantity", sa.Numeric(22, 6)), "0")
    _add_nothing("order_lines", "cancelled_amount", of="gross_amount")
    _check(
        "order_lines",
        "quantity",
        "0 <= shipped_quantity AND 0 <= cancelled_quantity"
        " AND shipped_quantity + cancelled_quantity <= quantity",
    )
    _check(
        "order_lines",
        "amount",
        "0 <= shipped_amount AND 0 <= cancelled_amount"
        " AND shipped_amount + cancelled_amount <= gross_amount",
    )


def _order_history() -> None:
    op.create_table(
        "order_revisions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
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
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    _check("order_cancellations", "quantity", "quantity > 0")
    _index("order_revisions", "order_id", "revision", unique=True)
    _index("order_revisions", "order_id", "id")
    _index("order_cancellations", "order_id", "id")
    secure("order_revisions", append_only=True)
    secure("order_cancellations", append_only=True)


def _receivables() -> None:
    op.add_column("receivables", sa.Column("owner_id", sa.Text()))
    op.execute(
        "UPDATE receivables r SET owner_id = o.owner_id FROM orders o"
        " WHERE o.tenant_id = r.tenant_id AND o.id = r.order_id"
    )
    _add("receivables", sa.Column("instalment", sa.Integer()), "1")
    op.add_column("receivables", sa.Column("overdue_date", sa.Date()))
    op.execute(
        "ALTER TABLE receivables ALTER status DROP EXPRESSION, ALTER status TYPE varchar(40)"
    )
    _drop_index("receivables", "shipment_id")
    _index("receivables", "shipment_id", "instalment", unique=True)
    op.create_index(
        "ix_receivables_oldest_open",
        "receivables",
        ["tenant_id", "account_id", "amount_currency", "due_date", "id"],
        postgresql_where=sa.text("status <> 'SETTLED'"),
    )
    # Whoever owes already is watched like everybody else.
    op.execute(
        """
        INSERT INTO jobs (tenant_id, id, kind, key, run_at, payload, correlationid, traceparent)
        SELECT r.tenant_id, gen_random_uuid(), 'receivable_overdue', r.id::text,
            (r.due_date + 1)::timestamp AT TIME ZONE coalesce(t.timezone, 'UTC'), '{}', r.id::text,
            '00-' || md5(r.id::text) || '-' || left(md5(r.document_no), 16) || '-00'
        FROM receivables r LEFT JOIN tenant_settings t USING (tenant_id)
        WHERE r.status <> 'SETTLED'
        """
    )


def _payments() -> None:
    op.execute("ALTER TABLE payments ALTER status DROP EXPRESSION, ALTER status TYPE varchar(40)")
    op.add_column("payments", sa.Column("owner_id", sa.Text()))
    op.add_column("payments", sa.Column("reversed_at", sa.DateTime(timezone=True)))
    _add_nothing("payments", "returned", of="amount")
    _check("payments", "allocated", "0 <= allocated AND allocated + returned <= amount")
    _check("payments", "returned", "0 <= returned")
    key = r"lower(regexp_replace(normalize(bank_reference, NFKC), '\s', '', 'g'))"
    _add("payments", sa.Column("bank_reference_key", sa.Text()), key)
    # Two that were told apart by their case only stay two.
    op.execute(
        "UPDATE payments p SET bank_reference_key = p.bank_reference_key || '#' || p.document_no"
        " FROM payments o WHERE o.tenant_id = p.tenant_id AND o.id < p.id"
        " AND o.bank_reference_key = p.bank_reference_key"
    )
    _drop_index("payments", "bank_reference")
    _index("payments", "bank_reference_key", unique=True)


def _allocations() -> None:
    op.add_column("allocations", sa.Column("reverses_id", sa.Uuid()))
    op.add_column("allocations", sa.Column("reason", sa.Text()))
    _check("allocations", "amount", "amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)")
    _index("allocations", "reverses_id", unique=True)


def _payment_returns() -> None:
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
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    _check("payment_returns", "amount", "amount > 0")
    _index("payment_returns", "payment_id", "id")
    _index("payment_returns", "bank_reference_key", unique=True)
    secure("payment_returns", append_only=True)


def upgrade() -> None:
    op.add_column("accounts", sa.Column("owner_id", sa.Text()))
    _payment_terms()
    _orders()
    _order_lines()
    _order_history()
    _receivables()
    _payments()
    _allocations()
    _payment_returns()


def _generated(table: str, status: str) -> None:
    for columns in (("account_id", "status", "id"), ("status", "id")):
        _drop_index(table, *columns)
    op.drop_column(table, "status")
    generated = sa.Computed(status, persisted=True)
    op.add_column(table, sa.Column("status", sa.Text(), generated, nullable=False))
    for columns in (("account_id", "status", "id"), ("status", "id")):
        _index(table, *columns)


def downgrade() -> None:
    """Only where nothing was cancelled, reversed or owed in instalments: else a check refuses."""
    op.drop_index("ix_receivables_oldest_open", "receivables")
    _drop_index("receivables", "shipment_id", "instalment")
    _index("receivables", "shipment_id", unique=True)
    _drop_index("payments", "bank_reference_key")
    _index("payments", "bank_reference", unique=True)
    _drop_index("allocations", "reverses_id")
    _check("allocations", "amount", "amount > 0")
    _check("payments", "allocated", "0 <= allocated AND allocated <= amount")
    op.drop_constraint("payments_returned_check", "payments")
    _check("orders", "shipped", "0 <= shipped_total AND shipped_total <= gross_total")
    _check("order_lines", "quantity", "0 <= shipped_quantity AND shipped_quantity <= quantity")
    _check("order_lines", "amount", "0 <= shipped_amount AND shipped_amount <= gross_amount")
    _generated("receivables", RECEIVABLE_STATUS)
    _generated("payments", PAYMENT_STATUS)
    op.execute("DELETE FROM jobs WHERE kind = 'receivable_overdue'")
    for table, columns in {
        "accounts": ["owner_id"],
        "orders": [
            "revision", "requested_date", "payment_term", "tax_rounding", "cancelled_at",
            "cancelled_total", "cancelled_total_currency",
        ],
        "order_lines": ["cancelled_quantity", "cancelled_amount", "cancelled_amount_currency"],
        "receivables": ["owner_id", "instalment", "overdue_date"],
        "payments": [
            "owner_id", "reversed_at", "returned", "returned_currency", "bank_reference_key",
        ],
        "allocations": ["reverses_id", "reason"],
    }.items():  # fmt: skip
        for column in columns:
            op.drop_column(table, column)
    for table in ("payment_returns", "order_cancellations", "order_revisions", "payment_terms"):
        op.drop_table(table)
