"""The tables of cpq: products, price books, quotes, copies of accounts and opportunities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import money_columns, replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure, with_custom_fields
from chassis.records.lists.columns import sort_column
from rules.migration_operations import create_rule_versions

revision = "cpq_20261129"
down_revision = None
branch_labels = ("cpq",)
depends_on = "backbone_20261129"

TABLES = (
    "products",
    "price_books",
    "price_entries",
    "price_tiers",
    "price_book_versions",
    "accounts",
    "opportunities",
    "quotes",
    "quote_lines",
    "rule_versions",
)


def upgrade() -> None:
    _products()
    _price_books()
    _price_entries()
    _price_tiers()
    _price_book_versions()
    _accounts()
    _opportunities()
    _quotes()
    _quote_lines()
    create_rule_versions(resource="cpq.rule")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _products() -> None:
    op.create_table(
        "products",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("series", sa.Text()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("sku", "name", "unit", "active", "series", "created_at", "updated_at"):
        index("products", "tenant_id", column, "id")
    index(
        "products",
        "tenant_id",
        "id",
        where="products.deleted_at IS NOT NULL",
        name="ix_products_deleted",
    )
    index("products", "tenant_id", "sku", unique=True)
    secure("products")
    audited("products", resource="cpq.product")
    with_custom_fields("products", resource="cpq.product")


def _price_books() -> None:
    op.create_table(
        "price_books",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sort_column("valid_to", sa.Date()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("name", "currency", "valid_from", "valid_to_sort", "created_at", "updated_at"):
        index("price_books", "tenant_id", column, "id")
    index(
        "price_books",
        "tenant_id",
        "id",
        where="price_books.deleted_at IS NOT NULL",
        name="ix_price_books_deleted",
    )
    index("price_books", "tenant_id", "currency", "valid_from", "id")
    secure("price_books")
    audited("price_books", resource="cpq.price_book")
    with_custom_fields("price_books", resource="cpq.price_book")


def _price_entries() -> None:
    """The list price of a product in a price book."""
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
            name="price_entries_tenant_id_price_book_id_fkey",
            ondelete="CASCADE",
        ),
    )
    secure("price_entries")
    audited(
        "price_entries",
        resource="cpq.price_book",
        key="price_book_id",
        part="entries",
        part_key="product_id",
    )


def _price_tiers() -> None:
    """Prices by quantity."""
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
            name="price_tiers_tenant_id_price_book_id_product_id_fkey",
            ondelete="CASCADE",
        ),
    )
    secure("price_tiers")
    audited(
        "price_tiers",
        resource="cpq.price_book",
        key="price_book_id",
        part="tiers",
        part_key="product_id",
    )


def _price_book_versions() -> None:
    """Earlier versions of price books."""
    op.create_table(
        "price_book_versions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("price_book_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        instant("replaced_at"),
        sa.Column("replaced_by", sa.Text(), nullable=False),
    )
    index("price_book_versions", "tenant_id", "price_book_id", "version", unique=True)
    secure("price_book_versions", append_only=True)


def _accounts() -> None:
    """Copies of the accounts in l2o."""
    op.create_table(
        "accounts",
        *replica_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
    )
    secure("accounts")


def _opportunities() -> None:
    """Copies of the opportunities in l2o."""
    op.create_table(
        "opportunities",
        *replica_columns(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
    )
    secure("opportunities")


def _quotes() -> None:
    """Quotes and their revisions."""
    op.create_table(
        "quotes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("revises", sa.Uuid()),
        sa.Column("superseded_by", sa.Uuid()),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("price_book_id", sa.Uuid(), nullable=False),
        sa.Column("price_book_version", sa.Integer()),
        sa.Column("price_date", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("tax_rounding", sa.String(40), nullable=False, server_default=sa.text("'LINE'")),
        *money_columns("net_total"),
        *money_columns("tax_total"),
        *money_columns("gross_total"),
        sort_column("gross_total", sa.Double()),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("sent_at", nullable=True),
        sort_column("sent_at", sa.DateTime(timezone=True)),
        instant("accepted_at", nullable=True),
        sort_column("accepted_at", sa.DateTime(timezone=True)),
        instant("rejected_at", nullable=True),
        sa.Column("rejected_reason", sa.Text()),
        instant("expired_at", nullable=True),
        instant("superseded_at", nullable=True),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "document_no",
        "opportunity_id",
        "account_id",
        "account_name",
        "status",
        "currency",
        "price_book_id",
        "valid_until",
        "gross_total_sort",
        "owner_id",
        "sent_at_sort",
        "accepted_at_sort",
        "created_at",
        "updated_at",
    ):
        index("quotes", "tenant_id", column, "id")
    index(
        "quotes", "tenant_id", "id", where="quotes.deleted_at IS NOT NULL", name="ix_quotes_deleted"
    )
    index(
        "quotes",
        "tenant_id",
        "opportunity_id",
        "id",
        where="quotes.deleted_at IS NOT NULL",
        name="ix_quotes_deleted_opportunity_id",
    )
    index("quotes", "tenant_id", "document_no", "revision", unique=True)
    index("quotes", "tenant_id", "status", "valid_until", "id")
    secure("quotes")
    audited("quotes", resource="cpq.quote")
    with_custom_fields("quotes", resource="cpq.quote")


def _quote_lines() -> None:
    """The lines of quotes."""
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
            name="quote_lines_tenant_id_quote_id_fkey",
            ondelete="CASCADE",
        ),
    )
    index("quote_lines", "tenant_id", "quote_id", "line_no", unique=True)
    secure("quote_lines")
    audited("quote_lines", resource="cpq.quote", key="quote_id", part="lines")
