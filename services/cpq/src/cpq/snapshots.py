"""What CPQ can publish again: the present state of its records."""

from functools import partial

from chassis.records.snapshots.job import SnapshotSource
from contracts.cpq.events import PriceBookState, ProductState, QuoteState
from cpq.price_books.store import PRICE_BOOK, price_books
from cpq.products.store import PRODUCT, products
from cpq.quotes import store as quotes

SNAPSHOTS = (
    SnapshotSource(ProductState, products, partial(PRODUCT.get, with_deleted=True)),
    SnapshotSource(PriceBookState, price_books, partial(PRICE_BOOK.get, with_deleted=True)),
    SnapshotSource(QuoteState, quotes.quotes, partial(quotes.get, with_deleted=True)),
)
