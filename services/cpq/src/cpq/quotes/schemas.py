from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cpq.quotes.domain.pricing import AskedLine
from cpq.quotes.domain.proposal import Asked
from cpq.quotes.domain.quote import QuoteStatus
from cpq.quotes.domain.taxes import TaxRounding
from kernel.business_dates import BusinessDate
from kernel.decimals import DecimalString, PositiveDecimal, RateDecimal
from kernel.errors import Invalid, Violation
from kernel.money import CurrencyCode, Money


class QuoteLineIn(BaseModel):
    """So much of a product, at a manual discount."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    product_id: UUID
    quantity: PositiveDecimal
    discount_rate: RateDecimal = Field("0", validate_default=True, description="0.075 is 7.5 %")
    tax_rate: RateDecimal | None = Field(None, description="The tenant's default when left out")


class QuoteEdit(BaseModel):
    """What may be changed of a draft, and of the copy that revises a quote.

    What is null follows from the tenant and the day again; `lines`, where given, are all of them.
    """

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"valid_until": "2026-12-31"}]},
    )

    currency: CurrencyCode | None = Field(None, description="The tenant's when left out")
    price_book_id: UUID | None = Field(
        None, description="When left out: the book of the currency valid on the price date"
    )
    price_date: BusinessDate | None = Field(None, description="Today when left out")
    valid_until: BusinessDate | None = Field(
        None, description="The last day on which it can be accepted; in 30 days when left out"
    )
    lines: Annotated[list[QuoteLineIn], Field(min_length=1, max_length=500)]
    custom_fields: dict[str, Any] = Field(
        {}, description="The tenant's own; may change after a quote was sent as well"
    )

    def asked_for(self, opportunity_id: UUID) -> Asked:
        return Asked(
            opportunity_id=opportunity_id,
            lines=tuple(AskedLine(**line.model_dump()) for line in self.lines),
            currency=self.currency,
            price_book_id=self.price_book_id,
            price_date=self.price_date,
            valid_until=self.valid_until,
            custom_fields=self.custom_fields,
        )


class QuoteIn(QuoteEdit):
    """What is to be quoted, and for which opportunity."""

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
        None, description="Of a new quote: whose it is; the caller's when left out"
    )

    def asked(self) -> Asked:
        return self.asked_for(self.opportunity_id)

    def replacing(self, before: Asked) -> Asked:
        """As this body says; what it leaves out stays. Raises Invalid (OPPORTUNITY_FIXED)."""
        if self.opportunity_id != before.opportunity_id:
            raise Invalid([Violation("/opportunity_id", "OPPORTUNITY_FIXED")])
        asked = self.asked()
        return replace(
            asked,
            lines=tuple(_taxed_as(line, before, at) for at, line in enumerate(asked.lines)),
            currency=asked.currency or before.currency,
            price_book_id=asked.price_book_id or before.price_book_id,
            price_date=asked.price_date or before.price_date,
            valid_until=asked.valid_until or before.valid_until,
        )


def _taxed_as(line: AskedLine, before: Asked, at: int) -> AskedLine:
    """At the tax rate of the line whose place it takes, if it is for the same product."""
    old = before.lines[at] if at < len(before.lines) else None
    if old is None or line.tax_rate is not None or line.product_id != old.product_id:
        return line
    return replace(line, tax_rate=old.tax_rate)


class QuoteReject(BaseModel):
    """Why the customer says no."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "价格高于预算"}]}
    )

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class QuoteClone(BaseModel):
    """For which opportunity the copy is; for the same one when left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    opportunity_id: UUID | None = None


class PricedLineOut(BaseModel):
    """The waterfall of a line.

    Unit prices: list price, or the tier of the quantity, less the discount, is the net price.
    Amounts: quantity x net price is the net amount, its tax beside it, both are the gross amount.
    """

    model_config = ConfigDict(from_attributes=True)

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


class QuoteLineOut(PricedLineOut):
    """A line of a quote, with the whole waterfall of its price."""

    id: UUID


class _Priced(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    opportunity_id: UUID
    account_id: UUID
    account_name: str
    currency: str
    price_book_id: UUID = Field(description="The book that all prices come from")
    price_book_version: int | None = Field(
        description="The version of the book; null where it was drawn up before books had any"
    )
    price_date: date
    valid_until: date
    tax_rounding: TaxRounding = Field(
        description="LINE: tax is rounded on every line; DOCUMENT: once per rate, then split"
    )
    net_total: Money
    tax_total: Money
    gross_total: Money


class QuotePreviewOut(_Priced):
    """A quote that was priced and not stored."""

    lines: list[PricedLineOut]


class QuoteSummary(_Priced):
    """A quote without its lines, as lists show it."""

    id: UUID
    document_no: str = Field(description="Shared by its revisions")
    revision: int
    revises: UUID | None = Field(description="The quote that this one took the place of")
    superseded_by: UUID | None = Field(description="The quote that took the place of this one")
    status: QuoteStatus
    owner_id: str
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
