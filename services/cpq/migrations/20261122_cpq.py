"""Products, price books, quotes, and the read copies of what L2O sells to whom."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import money_columns, tenant_column
from chassis.database.migration_operations import secure
from chassis.events.replicas import replica_columns

revision = "cpq_20261122"
down_revision = None
branch_labels = ("cpq",)
depends_on = "backbone_20261122"

TABLES = (
    "products",
    "price_books",
    "price_entries",
    "price_tiers",
    "opportunities",
    "accounts",
    "quotes",
    "quote_lines",
)


def upgrade() -> None:
    _products()
    _price_books()
    _replicas()
    _quotes()
    _quote_lines()
    for table in TABLES:
        secure(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _products() -> None:
    op.create_table(
        "products",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        _instant("created_at"),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(
        op.f("ix_products_tenant_id_sku"), "products", ["tenant_id", "sku"], unique=True
    )
    op.create_index(
        op.f("ix_products_tenant_id_active_id"), "products", ["tenant_id", "active", "id"]
    )


def _price_books() -> None:
    op.create_table(
        "price_books",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        _instant("created_at"),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(
        op.f("ix_price_books_tenant_id_currency_valid_from_id"),
        "price_books",
        ["tenant_id", "currency", "valid_from", "id"],
    )
    op.create_table(
        "price_entries",
        tenant_column(),
        sa.Column("price_book_id", sa.Uuid(), primary_key=True),
        sa.Column("product_id", sa.Uuid(), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        *money_columns("list_price"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "price_book_id"],
            ["price_books.tenant_id", "price_books.id"],
            name=op.f("price_entries_tenant_id_price_book_id_fkey"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "price_tiers",
        tenant_column(),
        sa.Column("price_book_id", sa.Uuid(), primary_key=True),
        sa.Column("product_id", sa.Uuid(), primary_key=True),
        sa.Column("from_quantity", sa.Numeric(22, 6), primary_key=True),
        *money_columns("unit_price"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "price_book_id", "product_id"],
            ["price_entries.tenant_id", "price_entries.price_book_id", "price_entries.product_id"],
            name=op.f("price_tiers_tenant_id_price_book_id_product_id_fkey"),
            ondelete="CASCADE",
        ),
    )


def _replicas() -> None:
    op.create_table(
        "opportunities",
        *replica_columns(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
    )
    op.create_table("accounts", *replica_columns(), sa.Column("name", sa.Text(), nullable=False))


def _quotes() -> None:
    op.create_table(
        "quotes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("price_book_id", sa.Uuid(), nullable=False),
        sa.Column("price_date", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        *money_columns("net_total"),
        *money_columns("tax_total"),
        *money_columns("gross_total"),
        sa.Column("owner_id", sa.Text(), nullable=False),
        _instant("sent_at", nullable=True),
        _instant("accepted_at", nullable=True),
        _instant("created_at"),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for columns, unique in (
        (["tenant_id", "document_no"], True),
        (["tenant_id", "status", "id"], False),
        (["tenant_id", "opportunity_id", "id"], False),
    ):
        op.create_index(op.f(f"ix_quotes_{'_'.join(columns)}"), "quotes", columns, unique=unique)


def _quote_lines() -> None:
    op.create_table(
        "quote_lines",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(22, 6), nullable=False),
        *money_columns("list_price"),
        *money_columns("tier_price"),
        sa.Column("discount_rate", sa.Numeric(9, 6), nullable=False),
        *money_columns("net_price"),
        *money_columns("net_amount"),
        sa.Column("tax_rate", sa.Numeric(9, 6), nullable=False),
        *money_columns("tax_amount"),
        *money_columns("gross_amount"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "quote_id"],
            ["quotes.tenant_id", "quotes.id"],
            name=op.f("quote_lines_tenant_id_quote_id_fkey"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        op.f("ix_quote_lines_tenant_id_quote_id_line_no"),
        "quote_lines",
        ["tenant_id", "quote_id", "line_no"],
        unique=True,
    )
