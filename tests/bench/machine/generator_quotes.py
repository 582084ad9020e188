"""Generates quotes of any number through COPY, priced by cpq's own rules; see `generator`.

Their products, prices and opportunities are read by nothing that lists quotes, so they do not exist
as rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis.database.backbone_tables import document_numbers, jobs
from chassis.database.rows import to_columns
from chassis.foundation.clock import start_of_day
from chassis.records.numbers.number_formats import NumberFormat
from contracts.work import RecordRef
from cpq.quotes.actions.moves import EXPIRE_JOB
from cpq.quotes.domain.drafts import create_draft
from cpq.quotes.domain.pricing import ProductPrice, QuantityTier, RequestedLine
from cpq.quotes.domain.proposal import (
    Buyer,
    PriceBookHeader,
    QuoteRequest,
    build_proposal,
    quote_terms,
)
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.store import QUOTES, quote_lines, quotes
from kernel.money import Money
from l2o.accounts.domain import Account
from tests.bench.machine.copying import (
    TableRows,
    copy_records,
    copy_rows,
    searchable,
    time_ordered_id,
    waiting_job,
)
from tests.bench.machine.generator import FIRST_DAY, YEAR

PRODUCTS: Final = tuple(
    ProductPrice(
        product_id=UUID(int=10_000 + n),
        sku=f"SKU-{n:04}",
        name=f"产品 {n}",
        unit="PCS",
        active=True,
        list_price=Money.of(f"{100 + n}", "CNY"),
        tiers=(QuantityTier(from_quantity=Decimal(10), unit_price=Money.of(f"{90 + n}", "CNY")),),
    )
    for n in range(50)
)
PRICES: Final[Mapping[UUID, ProductPrice]] = {one.product_id: one for one in PRODUCTS}
BOOK: Final = PriceBookHeader(
    id=UUID(int=9_999), version=1, currency="CNY", valid_from=date(2025, 1, 1), valid_to=None
)
LINES, ANSWER_TIME, DAY = 2, timedelta(days=3), timedelta(days=1)
TIMEZONE = "Asia/Shanghai"
# What became of the quotes, one after the other.
SENT, REJECTED, DRAFT = 1, 2, 3


def generated_quotes(
    count: int, accounts: Sequence[Account], *, seed: int = 1, accepted: bool = False
) -> Iterator[Quote]:
    """Yield quotes of a year for these accounts, the oldest first; `accepted` accepts all."""
    random = Random(seed)  # data, no secret
    numbers = Numbers("cpq.quote", "Q")
    for n in range(count):
        at = FIRST_DAY + YEAR / count * n
        draft = _draft(random, accounts[n % len(accounts)], numbers, at)
        yield _moved(draft, 0 if accepted else n % 6, at)


class Numbers:
    """The numbers of one type of documents, in the built-in format; each year counts anew."""

    def __init__(self, type: str, prefix: str) -> None:
        self._type, self._format = type, NumberFormat(type=type, prefix=prefix)
        self.last: dict[int, int] = {}

    def next(self, on: date) -> str:
        """Return the next number of this day."""
        year = self._format.counted_in(on)
        self.last[year] = self.last.get(year, 0) + 1
        return self._format.written(self.last[year], on)


def _draft(random: Random, account: Account, numbers: Numbers, at: datetime) -> Quote:
    opportunity, *line_ids = (time_ordered_id(at, n, random) for n in range(1 + LINES))
    quote_id = time_ordered_id(at, LINES + 1, random)
    requested = [
        RequestedLine(
            product_id=product.product_id,
            quantity=Decimal(random.randint(1, 20)),
            discount_rate=Decimal("0.05"),
        )
        for product in random.sample(PRODUCTS, LINES)
    ]
    request = QuoteRequest(opportunity_id=opportunity, lines=tuple(requested))
    terms = quote_terms(request, today=at.date(), currency="CNY", tax_rate=Decimal("0.13"))
    buyer = Buyer(
        opportunity_id=opportunity, account_id=account.id, account_name=account.display_name
    )
    assert account.owner_id is not None
    return create_draft(
        build_proposal(request, terms, buyer, BOOK, PRICES, line_ids),
        quote_id=quote_id,
        document_no=numbers.next(at.date()),
        owner_id=account.owner_id,
        now=at,
    )


def _moved(draft: Quote, fate: int, at: datetime) -> Quote:
    """Return the quote after its moves, each saved as a version."""
    if fate == DRAFT:
        return draft
    sent, _ = draft.send(now=at, today=at.date())
    if fate == SENT:
        expiry = _expiry(sent)
        if expiry > FIRST_DAY + YEAR:
            return replace(sent, version=2)
        expired, _expired = sent.expire(now=expiry)
        return replace(expired, version=3)
    answered = at + ANSWER_TIME
    if fate == REJECTED:
        moved, _event = sent.reject("价格", now=answered)
        return replace(moved, version=3)
    accepted, _accepted = sent.accept(now=answered, today=answered.date())
    return replace(accepted, version=3)


def _expiry(quote: Quote) -> datetime:
    return start_of_day(quote.valid_until + DAY, TIMEZONE)


def _expiry_job(quote: Quote) -> dict[str, Any]:
    about = RecordRef(resource=QUOTES.resource, record_id=quote.id)
    return waiting_job(EXPIRE_JOB, about, _expiry(quote))


async def copy_quotes(
    connection: asyncpg.Connection, tenant: UUID, source: Iterable[Quote]
) -> None:
    """Copy quotes with lines, search words, expiry jobs and number counters into cpq's database."""
    counters: dict[int, int] = {}

    def rows_of(chunk: Sequence[Quote]) -> Iterator[TableRows]:
        yield from searchable(quotes, [to_columns(quotes, quote) for quote in chunk])
        lines = [(quote.id, line) for quote in chunk for line in quote.lines]
        yield quote_lines, [{"quote_id": k} | to_columns(quote_lines, line) for k, line in lines]
        yield jobs, [_expiry_job(one) for one in chunk if one.status is QuoteStatus.SENT]
        for quote in chunk:
            counters[quote.created_at.year] = counters.get(quote.created_at.year, 0) + 1

    await copy_records(connection, tenant, source, rows_of)
    rows = [{"type": QUOTES.resource, "year": y, "last": last} for y, last in counters.items()]
    await copy_rows(connection, tenant, document_numbers, rows)
