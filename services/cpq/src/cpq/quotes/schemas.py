"""Request and response bodies of quotes."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.access.schemas import PersonSummary, RecordSummary
from chassis.web.references import Expandable, PersonSubject, RefersTo
from cpq.price_books.schemas import PriceBookSummary
from cpq.products.schemas import ProductOut
from cpq.quotes.domain.pricing import RequestedLine
from cpq.quotes.domain.proposal import QuoteRequest
from cpq.quotes.domain.quote import QuoteStatus
from kernel.business_dates import BusinessDate
from kernel.decimals import DecimalString, PositiveDecimal, RateDecimal
from kernel.errors import Invalid, Violation
from kernel.money import CurrencyCode, Money
from kernel.taxes import TaxRounding
from kernel.texts import TrimmedText


class QuoteLineIn(BaseModel):
    """A quantity of a product in its unit, with a manual discount."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    product_id: UUID
    quantity: PositiveDecimal
    discount_rate: RateDecimal = Field(
        "0", validate_default=True, description="A fraction: 0.075 is 7.5 %"
    )
    tax_rate: RateDecimal | None = Field(None, description="The tenant's default when left out")


class QuoteEdit(BaseModel):
    """The fields of a draft, or of a new revision, that can be edited.

    A field that is null gets its default anew, from the tenant's settings and today's date.
    `lines` replaces all lines.
    """

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"valid_until": "2026-12-31"}]},
    )

    currency: CurrencyCode | None = Field(None, description="The tenant's currency when left out")
    price_book_id: UUID | None = Field(
        None, description="When left out, the book in the currency that is valid on the price date"
    )
    price_date: BusinessDate | None = Field(None, description="Today when left out")
    valid_until: BusinessDate | None = Field(
        None, description="The last day to accept the quote; 30 days from today when left out"
    )
    lines: Annotated[list[QuoteLineIn], Field(min_length=1, max_length=500)]
    custom_fields: dict[str, Any] = Field(
        {}, description="The tenant's own fields; they can change in any status"
    )

    def to_request_for(self, opportunity_id: UUID) -> QuoteRequest:
        """Return the request to quote this for an opportunity."""
        return QuoteRequest(
            opportunity_id=opportunity_id,
            lines=tuple(RequestedLine(**vars(line)) for line in self.lines),
            currency=self.currency,
            price_book_id=self.price_book_id,
            price_date=self.price_date,
            valid_until=self.valid_until,
            custom_fields=self.custom_fields,
        )


class QuoteIn(QuoteEdit):
    """A new quote for an opportunity."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "opportunity_id": "019aa9a2-0000-7000-8000-00000000000a",
                    "currency": "CNY",
                    "lines": [
                        {
                            "product_id": "019aa9a2-0000-7000-8000-000000000001",
                            "quantity": "3",
                            "discount_rate": "0.075",
                            "tax_rate": "0.13",
                        }
                    ],
                }
            ]
        },
    )

    opportunity_id: UUID
    owner_id: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="The owner of a new quote; the caller when left out"
    )

    def to_request(self) -> QuoteRequest:
        """Return the request to quote this."""
        return self.to_request_for(self.opportunity_id)

    def to_replacement(self, before: QuoteRequest) -> QuoteRequest:
        """Return the request that replaces `before`; what this body leaves out stays.

        Raises Invalid (OPPORTUNITY_FIXED) for another opportunity.
        """
        if self.opportunity_id != before.opportunity_id:
            raise Invalid([Violation("/opportunity_id", "OPPORTUNITY_FIXED")])
        request = self.to_request()
        lines = enumerate(request.lines)
        return replace(
            request,
            lines=tuple(_with_previous_tax_rate(line, before, index) for index, line in lines),
            currency=request.currency or before.currency,
            price_book_id=request.price_book_id or before.price_book_id,
            price_date=request.price_date or before.price_date,
            valid_until=request.valid_until or before.valid_until,
        )


def _with_previous_tax_rate(line: RequestedLine, before: QuoteRequest, index: int) -> RequestedLine:
    """Give a line without tax rate the rate of the old line at `index` for the same product."""
    old = before.lines[index] if index < len(before.lines) else None
    if old is None or line.tax_rate is not None or line.product_id != old.product_id:
        return line
    return replace(line, tax_rate=old.tax_rate)


class QuoteReject(BaseModel):
    """Why the customer declines a quote."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "价格高于预算"}]}
    )

    reason: Annotated[str, TrimmedText(min_length=1, max_length=500)]


class QuoteClone(BaseModel):
    """The opportunity of the new quote; that of the original when left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    opportunity_id: UUID | None = None


class PricedLineOut(BaseModel):
    """A line with its price waterfall.

    Per unit: the tier price is the list price, or the price of the largest tier that the quantity
    reaches; net price = tier price x (1 - discount rate). Amounts: net amount = quantity x net
    price; gross amount = net amount + tax amount.
    """

    model_config = ConfigDict(from_attributes=True)

    line_no: int
    product_id: Annotated[UUID, RefersTo("cpq.product")]
    product: Expandable[ProductOut] = None
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


class QuoteLineOut(PricedLineOut):
    """A line of a stored quote, with its price waterfall."""

    id: UUID


class _Priced(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    opportunity_id: Annotated[UUID, RefersTo("l2o.opportunity")]
    opportunity_name: str | None = None
    opportunity: Expandable[RecordSummary] = None
    account_id: Annotated[UUID, RefersTo("l2o.account")]
    account: Expandable[RecordSummary] = None
    account_name: str
    currency: str
    price_book_id: Annotated[UUID, RefersTo("cpq.price_book")] = Field(
        description="The price book of all prices"
    )
    price_book_name: str | None = None
    price_book: Expandable[PriceBookSummary] = None
    price_book_version: int | None = Field(
        description="The version of the price book; null for quotes older than book versions"
    )
    price_date: date
    valid_until: date
    tax_rounding: TaxRounding = Field(
        description="LINE: tax is rounded on every line; DOCUMENT: once per tax rate, then split"
    )
    net_total: Money
    tax_total: Money
    gross_total: Money


class QuotePreviewOut(_Priced):
    """A quote that was priced but not stored."""

    lines: list[PricedLineOut]


class QuoteSummary(_Priced):
    """A quote without its lines, as lists show it."""

    id: UUID
    document_no: str = Field(description="All revisions of a quote share it")
    revision: int
    revises: UUID | None = Field(description="The quote that this one replaced")
    superseded_by: UUID | None = Field(description="The quote that replaced this one")
    status: QuoteStatus
    owner_id: Annotated[str, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
    custom_fields: dict[str, Any]
    sent_at: datetime | None
    accepted_at: datetime | None
    rejected_at: datetime | None
    rejected_reason: str | None
    expired_at: datetime | None
    superseded_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class QuoteOut(QuoteSummary):
    """A quote with all its lines."""

    lines: list[QuoteLineOut]
