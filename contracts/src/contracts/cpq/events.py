"""Facts CPQ publishes."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from contracts.event import Event, State
from kernel.decimals import DecimalString
from kernel.money import Money


class ProductState(State):
    """A product as it stands after the fact."""

    product_id: UUID
    sku: str
    name: str
    unit: str
    active: bool


class ProductCreated(Event):
    """There is a new product."""

    type: ClassVar[str] = "cpq.product.created.v1"
    product: ProductState


class PriceTier(State):
    """From this quantity on, a unit costs this much."""

    from_quantity: DecimalString
    unit_price: Money


class PriceEntry(State):
    """The list price of a product and its quantity tiers."""

    product_id: UUID
    list_price: Money
    tiers: tuple[PriceTier, ...] = ()


class PriceBookState(State):
    """A price book as it stands after the fact; valid in `[valid_from, valid_to)`."""

    price_book_id: UUID
    name: str
    currency: str
    valid_from: date
    valid_to: date | None = None
    entries: tuple[PriceEntry, ...]


class PriceBookCreated(Event):
    """There is a new price book."""

    type: ClassVar[str] = "cpq.price_book.created.v1"
    price_book: PriceBookState


class QuoteLine(State):
    """A priced line: unit prices down the waterfall, then amounts for the whole quantity.

    `net_amount` is rounded once; `gross_amount = net_amount + tax_amount`.
    """

    line_id: UUID
    line_no: int
    product_id: UUID
    sku: str
    name: str
    unit: str
    quantity: DecimalString
    list_price: Money
    tier_price: Money
    discount_rate: DecimalString
    net_price: Money
    net_amount: Money
    tax_rate: DecimalString
    tax_amount: Money
    gross_amount: Money


class QuoteState(State):
    """A quote, whole, as it stands after the fact."""

    quote_id: UUID
    document_no: str
    opportunity_id: UUID
    account_id: UUID
    account_name: str
    currency: str
    status: str
    price_book_id: UUID
    price_date: date
    valid_until: date
    lines: tuple[QuoteLine, ...]
    net_total: Money
    tax_total: Money
    gross_total: Money
    owner_id: str | None = None


class QuoteCreated(Event):
    """A quote was drawn up."""

    type: ClassVar[str] = "cpq.quote.created.v1"
    quote: QuoteState


class QuoteSent(Event):
    """The quote is with the customer."""

    type: ClassVar[str] = "cpq.quote.sent.v1"
    quote: QuoteState
    sent_at: datetime


class QuoteAccepted(Event):
    """The customer accepts; RMS makes one order of it."""

    type: ClassVar[str] = "cpq.quote.accepted.v1"
    quote: QuoteState
    accepted_at: datetime
