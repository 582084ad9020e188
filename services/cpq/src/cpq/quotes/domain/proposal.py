"""A proposal: what is asked for, priced from a price book, or everything that forbids it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from cpq.quotes.domain.pricing import AskedLine, Offer, QuoteLine, price_line
from cpq.quotes.domain.taxes import TaxRounding, taxed
from kernel.decimals import NumberTooLarge
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money

CLOSED_STAGES = frozenset({"WON", "LOST"})
DEFAULT_VALIDITY = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a seller asks for; what is left out follows from the tenant and the day.

    `custom_fields` are the tenant's own notes: they are not offered to anybody.
    """

    opportunity_id: UUID
    lines: tuple[AskedLine, ...]
    currency: str | None = None
    price_book_id: UUID | None = None
    price_date: date | None = None
    valid_until: date | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)

    def offers_what(self, other: Asked) -> bool:
        """Whether nothing but the notes differs."""
        return replace(self, custom_fields=other.custom_fields) == other


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The same with nothing left out; `drawn_on` is the tenant's business day."""

    drawn_on: date
    currency: str
    price_date: date
    valid_until: date
    default_tax_rate: Decimal
    tax_rounding: TaxRounding


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """The opportunity that is quoted for, and whose it is."""

    opportunity_id: UUID
    account_id: UUID
    account_name: str


@dataclass(frozen=True, kw_only=True)
class Opportunity:
    """What L2O has told of an opportunity; no account name while the account is still to arrive."""

    id: UUID
    stage: str
    account_id: UUID
    account_name: str | None

    def buyer(self) -> Buyer:
        """Raises RuleBroken (OPPORTUNITY_CLOSED, ACCOUNT_UNKNOWN)."""
        if self.stage in CLOSED_STAGES:
            raise RuleBroken("OPPORTUNITY_CLOSED", opportunity_id=str(self.id), stage=self.stage)
        if self.account_name is None:
            raise RuleBroken("ACCOUNT_UNKNOWN", account_id=str(self.account_id))
        return Buyer(
            opportunity_id=self.id, account_id=self.account_id, account_name=self.account_name
        )


@dataclass(frozen=True, kw_only=True)
class Book:
    """As much of a price book as the choice of one needs; valid in `[valid_from, valid_to)`."""

    id: UUID
    version: int
    currency: str
    valid_from: date
    valid_to: date | None

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Priced lines and their totals for a buyer. Can be accepted up to and on `valid_until`.

    `price_book_version` is unknown of what was drawn up before books had a history.
    """

    opportunity_id: UUID
    account_id: UUID
    account_name: str
    currency: str
    price_book_id: UUID
    price_book_version: int | None = None
    price_date: date
    valid_until: date
    tax_rounding: TaxRounding = TaxRounding.LINE
    lines: tuple[QuoteLine, ...]
    net_total: Money
    tax_total: Money
    gross_total: Money


def terms_of(
    asked: Asked,
    *,
    today: date,
    currency: str,
    tax_rate: Decimal,
    tax_rounding: TaxRounding = TaxRounding.LINE,
) -> Terms:
    """Fill in the tenant's currency and tax policy, prices of today, valid for 30 days."""
    return Terms(
        drawn_on=today,
        currency=asked.currency or currency,
        price_date=asked.price_date or today,
        valid_until=asked.valid_until or today + DEFAULT_VALIDITY,
        default_tax_rate=tax_rate,
        tax_rounding=tax_rounding,
    )


def propose(
    asked: Asked,
    terms: Terms,
    buyer: Buyer,
    book: Book | None,
    offers: Mapping[UUID, Offer],
    line_ids: Sequence[UUID],
) -> Proposal:
    """Price every line from the book, which is the one asked for or the one found valid.

    Raises Invalid with everything wrong at once.
    """
    violations = [
        *_violations_of_terms(terms),
        *_violations_of_book(asked, terms, book),
        *_violations_of_lines(asked, book, offers),
    ]
    if violations or book is None:
        raise Invalid(violations)
    lines = _taxed(_priced(asked, terms, offers, line_ids), terms.tax_rounding)
    return Proposal(
        opportunity_id=buyer.opportunity_id,
        account_id=buyer.account_id,
        account_name=buyer.account_name,
        currency=terms.currency,
        price_book_id=book.id,
        price_book_version=book.version,
        price_date=terms.price_date,
        valid_until=terms.valid_until,
        tax_rounding=terms.tax_rounding,
        lines=lines,
        **_totals(lines, terms.currency),
    )


def _violations_of_terms(terms: Terms) -> Iterator[Violation]:
    if terms.valid_until < terms.drawn_on:
        yield Violation("/valid_until", "DATE_PAST", {"today": terms.drawn_on.isoformat()})


def _violations_of_book(asked: Asked, terms: Terms, book: Book | None) -> Iterator[Violation]:
    pointer, day = "/price_book_id", terms.price_date.isoformat()
    if book is None and asked.price_book_id is not None:
        yield Violation(pointer, "PRICE_BOOK_UNKNOWN", {"price_book_id": str(asked.price_book_id)})
    elif book is None:
        params = {"currency": terms.currency, "price_date": day}
        yield Violation(pointer, "PRICE_BOOK_MISSING", params)
    else:
        if book.currency != terms.currency:
            params = {"expected": terms.currency, "actual": book.currency}
            yield Violation(pointer, "CURRENCY_MISMATCH", params)
        if not book.is_valid_on(terms.price_date):
            yield Violation(pointer, "PRICE_BOOK_NOT_VALID", {"price_date": day})


def _violations_of_lines(
    asked: Asked, book: Book | None, offers: Mapping[UUID, Offer]
) -> Iterator[Violation]:
    for at, line in enumerate(asked.lines):
        code = _refusal(offers.get(line.product_id), book)
        if code is not None:
            pointer = f"/lines/{at}/product_id"
            yield Violation(pointer, code, {"product_id": str(line.product_id)})


def _refusal(offer: Offer | None, book: Book | None) -> str | None:
    if offer is None:
        return "PRODUCT_UNKNOWN"
    if not offer.active:
        return "PRODUCT_INACTIVE"
    # Without a book no product has a price; that is said once, of the book.
    return "PRODUCT_NOT_PRICED" if book is not None and offer.list_price is None else None


def _priced(
    asked: Asked, terms: Terms, offers: Mapping[UUID, Offer], line_ids: Sequence[UUID]
) -> tuple[QuoteLine, ...]:
    """Raises Invalid (NUMBER_TOO_LARGE) naming each line whose amounts leave the range."""
    lines: list[QuoteLine] = []
    violations: list[Violation] = []
    for line_no, (line, line_id) in enumerate(zip(asked.lines, line_ids, strict=True), start=1):
        offer = offers[line.product_id]
        assert offer.list_price is not None
        try:
            priced = price_line(
                line,
                offer,
                offer.list_price,
                line_id=line_id,
                line_no=line_no,
                default_tax_rate=terms.default_tax_rate,
            )
        except NumberTooLarge as error:
            violations.append(Violation(f"/lines/{line_no - 1}/quantity", error.code))
        else:
            lines.append(priced)
    if violations:
        raise Invalid(violations)
    return tuple(lines)


def _taxed(lines: Sequence[QuoteLine], rounding: TaxRounding) -> tuple[QuoteLine, ...]:
    """Raises Invalid (NUMBER_TOO_LARGE) where what is taxed together leaves the range."""
    try:
        return taxed(lines, rounding)
    except NumberTooLarge as error:
        raise Invalid([Violation("/lines", error.code)]) from None


def _totals(lines: Sequence[QuoteLine], currency: str) -> dict[str, Money]:
    """Sums of the lines, nothing else: so they sum exactly.

    Raises Invalid (NUMBER_TOO_LARGE) from 10**16 on.
    """
    nothing = Money.zero(currency)
    try:
        return {
            "net_total": sum((line.net_amount for line in lines), nothing),
            "tax_total": sum((line.tax_amount for line in lines), nothing),
            "gross_total": sum((line.gross_amount for line in lines), nothing),
        }
    except NumberTooLarge as error:
        raise Invalid([Violation("/lines", error.code)]) from None
