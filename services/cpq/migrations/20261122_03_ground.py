"""The ground under every resource: scope, lists, custom fields, audit."""

from chassis.policies import audited, unaudited

revision = "cpq_ground"
down_revision = "cpq_walk"
branch_labels = None
depends_on = "backbone_tenants"


def upgrade() -> None:
    _audit()


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
    unaudited("products", "price_books", "price_entries", "price_tiers", "quotes", "quote_lines")
