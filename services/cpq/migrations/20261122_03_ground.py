"""The ground under every resource: scope, lists, custom fields, audit."""

from collections.abc import Iterator
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

revision = "cpq_ground"
down_revision = "cpq_walk"
branch_labels = None
depends_on = "backbone_tenants"


LISTED = {
    "products": ("sku", "name", "series", "unit", "created_at", "updated_at"),
    "price_books": ("name", "currency", "valid_from", "valid_to_sort", "created_at", "updated_at"),
    "quotes": (
        "owner_id",
        "account_id",
        "account_name",
        "document_no",
        "currency",
        "price_book_id",
        "gross_total_sort",
        "valid_until",
        "sent_at_sort",
        "accepted_at_sort",
        "created_at",
        "updated_at",
    ),
}
BOTH = "ix_quotes_tenant_id_status_valid_until_id"
WITH_CUSTOM_FIELDS = {
    "products": "cpq.product",
    "price_books": "cpq.price_book",
    "quotes": "cpq.quote",
}


def upgrade() -> None:
    for table, column in _columns():
        op.add_column(table, column)
    _indexes()
    _audit()
    for table, resource in WITH_CUSTOM_FIELDS.items():
        with_custom_fields(table, resource=resource)
    give_words("products", resource="cpq.product", columns=["name", "sku"])
    give_words("price_books", resource="cpq.price_book", columns=["name"])
    give_words("quotes", resource="cpq.quote", columns=["document_no", "account_name"])


def _columns() -> Iterator[tuple[str, sa.Column[Any]]]:
    for table in WITH_CUSTOM_FIELDS:
        empty = sa.text("'{}'")
        yield table, sa.Column("custom_fields", JSONB(), nullable=False, server_default=empty)
    yield "products", sa.Column("series", sa.Text())
    yield "price_books", sa.Column("deleted_at", sa.DateTime(timezone=True))
    yield "price_books", sort_column("valid_to", sa.Date())
    yield "quotes", sort_column("gross_total", sa.Double())
    yield "quotes", sort_column("sent_at", sa.DateTime(timezone=True))
    yield "quotes", sort_column("accepted_at", sa.DateTime(timezone=True))


def _indexes() -> None:
    for table, columns in LISTED.items():
        for column in columns:
            name = f"ix_{table}_tenant_id_{column}_id"
            op.create_index(name, table, ["tenant_id", column, "id"])
        deleted = sa.text("deleted_at IS NOT NULL")
        op.create_index(f"ix_{table}_deleted", table, ["tenant_id", "id"], postgresql_where=deleted)
    op.create_index(BOTH, "quotes", ["tenant_id", "status", "valid_until", "id"])


def _audit() -> None:
    """After every change of columns: a generated one is left out of the entries."""
    audited("products", resource="cpq.product")
    audited("price_books", resource="cpq.price_book")
    audited(
        "price_entries",
        resource="cpq.price_book",
        key="price_book_id",
        part="entries",
        part_key="product_id",
    )
    audited(
        "price_tiers",
        resource="cpq.price_book",
        key="price_book_id",
        part="tiers",
        part_key="product_id",
    )
    audited("quotes", resource="cpq.quote")
    audited("quote_lines", resource="cpq.quote", key="quote_id", part="lines")


def downgrade() -> None:
    without_custom_fields(*WITH_CUSTOM_FIELDS)
    unaudited("products", "price_books", "price_entries", "price_tiers", "quotes", "quote_lines")
    op.drop_index(BOTH)
    for table, columns in LISTED.items():
        op.drop_index(f"ix_{table}_deleted")
        for column in columns:
            op.drop_index(f"ix_{table}_tenant_id_{column}_id")
    for table, column in reversed([*_columns()]):
        op.drop_column(table, column.name)
    op.execute("DELETE FROM search_grams WHERE resource LIKE 'cpq.%'")
    op.execute("DELETE FROM search_texts WHERE resource LIKE 'cpq.%'")
