"""A proposal: a quote request that was checked and priced from a price book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from cpq.quotes.domain.pricing import ProductPrice, QuoteLine, RequestedLine, price_line, with_taxes
from kernel.decimals import NumberTooLarge
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.money import Money
from kernel.taxes import TaxRounding

CLOSED_STAGES = frozenset({"WON", "LOST"})
DEFAULT_VALIDITY = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class QuoteRequest:
    """What a seller wants to quote; `quote_terms` fills in what is None.

    `custom_fields` hold the tenant's internal notes, which are not part of the offer.
    """

    opportunity_id: UUID
    lines: tuple[RequestedLine, ...]
    currency: str | None = None
    price_book_id: UUID | None = None
    price_date: date | None = None
    valid_until: date | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)

    def makes_same_offer(self, other: QuoteRequest) -> bool:
        """Whether the two requests differ in nothing but custom fields."""
        return replace(self, custom_fields=other.custom_fields) == other

    def is_met_by(self, made: QuoteRequest) -> bool:
        """Whether `made` is this request, with its own values for what is None here."""
        if len(self.lines) != len(made.lines):
            return False
        lines = tuple(
            line if line.tax_rate is not None else replace(line, tax_rate=other.tax_rate)
            for line, other in zip(self.lines, made.lines, strict=True)
        )
        defaults = {
            name: getattr(made, name)
            for name in ("currency", "price_book_id", "price_date", "valid_until")
            if getattr(self, name) is None
        }
        return replace(self, lines=lines, **defaults) == made


@dataclass(frozen=True, kw_only=True)
class QuoteTerms:
    """The terms of a quote; `quote_date` is the tenant's business day on which it is priced."""

    quote_date: date
    currency: str
    price_date: date
    valid_until: date
    default_tax_rate: Decimal
    tax_rounding: TaxRounding


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """The customer account that gets the quote, and the opportunity it is quoted for."""

    opportunity_id: UUID
    account_id: UUID
    account_name: str


@dataclass(frozen=True, kw_only=True)
class Opportunity:
    """An opportunity as last received from L2O.

    `account_name` is None until the account has been received as well.
    """

    id: UUID
    stage: str
    account_id: UUID
    account_name: str | None

    def to_buyer(self) -> Buyer:
        """Return the buyer of a quote. Raises RuleBroken (OPPORTUNITY_CLOSED, ACCOUNT_UNKNOWN)."""
        if self.stage in CLOSED_STAGES:
            raise RuleBroken("OPPORTUNITY_CLOSED", opportunity_id=str(self.id), stage=self.stage)
        if self.account_name is None:
            raise RuleBroken("ACCOUNT_UNKNOWN", account_id=str(self.account_id))
        return Buyer(
            opportunity_id=self.id, account_id=self.account_id, account_name=self.account_name
        )


@dataclass(frozen=True, kw_only=True)
class PriceBookHeader:
    """A price book without its prices, valid in `[valid_from, valid_to)`."""

    id: UUID
    version: int
    currency: str
    valid_from: date
    valid_to: date | None

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Priced lines and their totals for a buyer; `valid_until` is the last day to accept it.

    `price_book_version` is None for quotes made before price books had versions.
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


def quote_terms(
    request: QuoteRequest,
    *,
    today: date,
    currency: str,
    tax_rate: Decimal,
    tax_rounding: TaxRounding = TaxRounding.LINE,
) -> QuoteTerms:
    """Return the terms of a request.

    What it leaves out becomes: the tenant's currency, the prices of today, and a validity that ends
    30 days after today. The default tax rate and the tax rounding are the tenant's.
    """
    return QuoteTerms(
        quote_date=today,
        currency=request.currency or currency,
        price_date=request.price_date or today,
        valid_until=request.valid_until or today + DEFAULT_VALIDITY,
        default_tax_rate=tax_rate,
        tax_rounding=tax_rounding,
    )


def build_proposal(
    request: QuoteRequest,
    terms: QuoteTerms,
    buyer: Buyer,
    book: PriceBookHeader | None,
    prices: Mapping[UUID, ProductPrice],
    line_ids: Sequence[UUID],
) -> Proposal:
    """Price every requested line from the book; `prices` are its prices by product id.

    Raises Invalid with all violations.
    """
    violations = [
        *_terms_violations(terms),
        *_book_violations(request, terms, book),
        *_line_violations(request, book, prices),
    ]
    if violations or book is None:
        raise Invalid(violations)
    lines = _with_taxes(_priced_lines(request, terms, prices, line_ids), terms.tax_rounding)
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


def _terms_violations(terms: QuoteTerms) -> Iterator[Violation]:
    if terms.valid_until < terms.quote_date:
        yield Violation("/valid_until", "DATE_PAST", {"today": terms.quote_date.isoformat()})


def _book_violations(
    request: QuoteRequest, terms: QuoteTerms, book: PriceBookHeader | None
) -> Iterator[Violation]:
    pointer, day = "/price_book_id", terms.price_date.isoformat()
    if book is None and request.price_book_id is not None:
        params = {"price_book_id": str(request.price_book_id)}
        yield Violation(pointer, "PRICE_BOOK_UNKNOWN", params)
    elif book is None:
        params = {"currency": terms.currency, "price_date": day}
        yield Violation(pointer, "PRICE_BOOK_MISSING", params)
    else:
        if book.currency != terms.currency:
            params = {"expected": terms.currency, "actual": book.currency}
            yield Violation(pointer, "CURRENCY_MISMATCH", params)
        if not book.is_valid_on(terms.price_date):
            yield Violation(pointer, "PRICE_BOOK_NOT_VALID", {"price_date": day})


def _line_violations(
    request: QuoteRequest, book: PriceBookHeader | None, prices: Mapping[UUID, ProductPrice]
) -> Iterator[Violation]:
    for index, line in enumerate(request.lines):
        code = _product_violation(prices.get(line.product_id), book)
        if code is not None:
            pointer = f"/lines/{index}/product_id"
            yield Violation(pointer, code, {"product_id": str(line.product_id)})


def _product_violation(product: ProductPrice | None, book: PriceBookHeader | None) -> str | None:
    """Return the error code of a product that cannot be quoted from the book."""
    if product is None:
        return "PRODUCT_UNKNOWN"
    if not product.active:
        return "PRODUCT_INACTIVE"
    # Without a book no product has a price; the violation of the book says so once.
    return "PRODUCT_NOT_PRICED" if book is not None and product.list_price is None else None


def _priced_lines(
    request: QuoteRequest,
    terms: QuoteTerms,
    prices: Mapping[UUID, ProductPrice],
    line_ids: Sequence[UUID],
) -> tuple[QuoteLine, ...]:
    """Price the lines. Raises Invalid (NUMBER_TOO_LARGE) for each line of 10**16 or more."""
    lines: list[QuoteLine] = []
    violations: list[Violation] = []
    for line_no, (line, line_id) in enumerate(zip(request.lines, line_ids, strict=True), start=1):
        product = prices[line.product_id]
        assert product.list_price is not None
        try:
            priced = price_line(
                line,
                product,
                product.list_price,
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


def _with_taxes(lines: tuple[QuoteLine, ...], rounding: TaxRounding) -> tuple[QuoteLine, ...]:
    """Tax the lines; each was priced with the tax of a line alone.

    Raises Invalid (NUMBER_TOO_LARGE) for a taxable total of 10**16 or more.
    """
    if rounding is TaxRounding.LINE:
        return lines
    try:
        return with_taxes(lines, rounding)
    except NumberTooLarge as error:
        raise Invalid([Violation("/lines", error.code)]) from None


def _totals(lines: Sequence[QuoteLine], currency: str) -> dict[str, Money]:
    """Return the totals, which are plain sums of the rounded line amounts.

    Raises Invalid (NUMBER_TOO_LARGE) for totals of 10**16 and more.
    """
    try:
        return {
            "net_total": Money.total((line.net_amount for line in lines), currency),
            "tax_total": Money.total((line.tax_amount for line in lines), currency),
            "gross_total": Money.total((line.gross_amount for line in lines), currency),
        }
    except NumberTooLarge as error:
        raise Invalid([Violation("/lines", error.code)]) from None
