"""Proposals and quotes: their violations, their totals and their first status moves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.cpq.events import QuoteAccepted, QuoteCreated, QuoteSent
from cpq.quotes.domain.drafts import create_draft
from cpq.quotes.domain.pricing import ProductPrice, QuantityTier, RequestedLine
from cpq.quotes.domain.proposal import (
    Buyer,
    Opportunity,
    PriceBookHeader,
    Proposal,
    QuoteRequest,
    build_proposal,
    quote_terms,
)
from cpq.quotes.domain.quote import Quote, QuoteStatus
from kernel.errors import Invalid, RuleBroken
from kernel.money import Money
from services.cpq.tests.factories import NEW_YEAR, cny

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
OPPORTUNITY, ACCOUNT, BOOK, QUOTE = (UUID(int=n) for n in (1, 2, 3, 4))
SERVER, CABLE, INACTIVE, UNPRICED, UNKNOWN = (UUID(int=n) for n in (11, 12, 13, 14, 15))
DAY = timedelta(days=1)


def make_product_price(product_id: UUID, price: str | None, *, active: bool = True) -> ProductPrice:
    return ProductPrice(
        product_id=product_id,
        sku=f"P{product_id.int}",
        name="a",
        unit="PCS",
        active=active,
        list_price=None if price is None else cny(price),
        tiers=(QuantityTier(from_quantity=Decimal(10), unit_price=cny("90")),)
        if price == "100"
        else (),
    )


PRICES = {
    SERVER: make_product_price(SERVER, "100"),
    CABLE: make_product_price(CABLE, "0.123456"),
    INACTIVE: make_product_price(INACTIVE, "1", active=False),
    UNPRICED: make_product_price(UNPRICED, None),
}
STANDARD = PriceBookHeader(id=BOOK, version=1, currency="CNY", valid_from=NEW_YEAR, valid_to=None)
BUYER = Buyer(opportunity_id=OPPORTUNITY, account_id=ACCOUNT, account_name="星辰科技")


def request_line(product_id: UUID, quantity: str = "1", discount: str = "0") -> RequestedLine:
    return RequestedLine(
        product_id=product_id, quantity=Decimal(quantity), discount_rate=Decimal(discount)
    )


def make_proposal(
    lines: Sequence[RequestedLine],
    book: PriceBookHeader | None = STANDARD,
    *,
    currency: str | None = None,
    named: UUID | None = None,
    price_date: date | None = None,
    valid_until: date | None = None,
) -> Proposal:
    request = QuoteRequest(
        opportunity_id=OPPORTUNITY,
        lines=tuple(lines),
        currency=currency,
        price_book_id=named,
        price_date=price_date,
        valid_until=valid_until,
    )
    terms = quote_terms(request, today=TODAY, currency="CNY", tax_rate=Decimal("0.13"))
    line_ids = [UUID(int=100 + at) for at in range(len(lines))]
    return build_proposal(request, terms, BUYER, book, PRICES, line_ids)


def violations_of(
    lines: Sequence[RequestedLine], book: PriceBookHeader | None = STANDARD, **more: object
) -> object:
    with pytest.raises(Invalid) as refusal:
        make_proposal(lines, book, **more)  # type: ignore[arg-type]  # a test passes any of the keyword arguments
    return [(v.pointer, v.code) for v in refusal.value.violations]


def test_totals_of_a_worked_example() -> None:
    proposal = make_proposal(
        [request_line(SERVER, "3", "0.075"), request_line(SERVER, "10", "0.075")]
    )
    assert [str(one.gross_amount) for one in proposal.lines] == ["313.58 CNY", "940.73 CNY"]
    assert [one.line_no for one in proposal.lines] == [1, 2]
    totals = (proposal.net_total, proposal.tax_total, proposal.gross_total)
    assert totals == (cny("1110.00"), cny("144.31"), cny("1254.31"))


def test_omitted_terms_default_to_the_tenants_and_today() -> None:
    proposal = make_proposal([request_line(SERVER)])
    assert (proposal.currency, proposal.price_date) == ("CNY", TODAY)
    assert proposal.valid_until == date(2026, 12, 22)
    assert proposal.lines[0].tax_rate == Decimal("0.13")
    assert (proposal.price_book_id, proposal.account_name) == (BOOK, "星辰科技")


def test_all_violations_are_reported_together() -> None:
    lines = [
        request_line(UNKNOWN),
        request_line(SERVER),
        request_line(INACTIVE),
        request_line(UNPRICED),
    ]
    last_year = replace(STANDARD, currency="USD", valid_to=NEW_YEAR + DAY)
    assert violations_of(lines, last_year, valid_until=TODAY - DAY) == [
        ("/valid_until", "DATE_PAST"),
        ("/price_book_id", "CURRENCY_MISMATCH"),
        ("/price_book_id", "PRICE_BOOK_NOT_VALID"),
        ("/lines/0/product_id", "PRODUCT_UNKNOWN"),
        ("/lines/2/product_id", "PRODUCT_INACTIVE"),
        ("/lines/3/product_id", "PRODUCT_NOT_PRICED"),
    ]


def test_a_missing_book_is_reported_once_and_not_per_price() -> None:
    lines = [request_line(UNPRICED), request_line(UNKNOWN)]
    unknown = ("/lines/1/product_id", "PRODUCT_UNKNOWN")
    assert violations_of(lines, None) == [("/price_book_id", "PRICE_BOOK_MISSING"), unknown]
    assert violations_of(lines, None, named=BOOK) == [
        ("/price_book_id", "PRICE_BOOK_UNKNOWN"),
        unknown,
    ]


@pytest.mark.parametrize(
    ("day", "is_valid"),
    [(NEW_YEAR - DAY, False), (NEW_YEAR, True), (TODAY - DAY, True), (TODAY, False)],
)
def test_a_book_is_valid_in_a_half_open_period(day: date, *, is_valid: bool) -> None:
    assert replace(STANDARD, valid_to=TODAY).is_valid_on(day) is is_valid


def test_a_quote_may_be_valid_for_today_only() -> None:
    assert make_proposal([request_line(SERVER)], valid_until=TODAY).valid_until == TODAY


def test_amounts_out_of_range_are_reported_by_line() -> None:
    huge = "9999999999999999"
    assert violations_of(
        [request_line(SERVER), request_line(SERVER, huge), request_line(SERVER, huge)]
    ) == [
        ("/lines/1/quantity", "NUMBER_TOO_LARGE"),
        ("/lines/2/quantity", "NUMBER_TOO_LARGE"),
    ]
    large = "90000000000000"  # x 90 = 8.1e15: each line fits, their sum does not
    assert violations_of([request_line(SERVER, large), request_line(SERVER, large)]) == [
        ("/lines", "NUMBER_TOO_LARGE")
    ]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([SERVER, CABLE]),
            st.decimals(Decimal("0.000001"), 10**6, places=6),
            st.decimals(0, 1, places=4),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_totals_equal_the_sums_of_the_lines_for_any_lines(
    requested: list[tuple[UUID, Decimal, Decimal]],
) -> None:
    proposal = make_proposal([request_line(p, f"{q:f}", f"{d:f}") for p, q, d in requested])
    zero = Money.zero("CNY")
    assert proposal.net_total == sum((one.net_amount for one in proposal.lines), zero)
    assert proposal.tax_total == sum((one.tax_amount for one in proposal.lines), zero)
    assert proposal.gross_total == sum((one.gross_amount for one in proposal.lines), zero)
    assert proposal.gross_total == proposal.net_total + proposal.tax_total


def test_an_open_opportunity_gives_the_buyer() -> None:
    opportunity = Opportunity(
        id=OPPORTUNITY, stage="BIDDING", account_id=ACCOUNT, account_name="星辰科技"
    )
    assert opportunity.to_buyer() == BUYER
    for stage in ("WON", "LOST"):
        with pytest.raises(RuleBroken, match="OPPORTUNITY_CLOSED"):
            replace(opportunity, stage=stage).to_buyer()
    with pytest.raises(RuleBroken, match="ACCOUNT_UNKNOWN"):
        replace(opportunity, account_name=None).to_buyer()


def make_draft() -> Quote:
    return create_draft(
        make_proposal([request_line(SERVER, "3", "0.075")], valid_until=TODAY),
        quote_id=QUOTE,
        document_no="Q-2026-000001",
        owner_id="seller",
        now=NOON,
    )


def test_the_created_event_carries_the_whole_draft() -> None:
    quote = make_draft()
    assert quote.status is QuoteStatus.DRAFT
    payload = QuoteCreated(quote=quote.state()).quote
    assert (payload.quote_id, payload.document_no, payload.status) == (
        QUOTE,
        "Q-2026-000001",
        "DRAFT",
    )
    assert (
        payload.opportunity_id,
        payload.account_id,
        payload.account_name,
    ) == (
        OPPORTUNITY,
        ACCOUNT,
        "星辰科技",
    )
    assert (payload.price_book_id, payload.valid_until, payload.owner_id) == (
        BOOK,
        TODAY,
        "seller",
    )
    assert payload.gross_total == cny("313.58")
    [state], [priced] = payload.lines, quote.lines
    assert state.line_id == priced.id
    for name in type(state).model_fields.keys() - {"line_id"}:
        assert getattr(state, name) == getattr(priced, name), name


def test_a_draft_is_sent_and_accepted() -> None:
    sent, event = make_draft().send(now=NOON, today=TODAY)
    assert (sent.status, sent.sent_at, sent.updated_at) == (QuoteStatus.SENT, NOON, NOON)
    assert event == QuoteSent(quote=sent.state(), sent_at=NOON)
    later = NOON + timedelta(hours=1)
    accepted, fact = sent.accept(now=later, today=TODAY)
    assert (accepted.status, accepted.accepted_at) == (QuoteStatus.ACCEPTED, later)
    assert fact == QuoteAccepted(quote=accepted.state(), accepted_at=later)
    assert accepted.state().status == "ACCEPTED"


def test_allowed_moves_depend_on_the_status_not_on_timestamps() -> None:
    quote = make_draft()
    asserted = replace(quote, sent_at=NOON, accepted_at=NOON)
    assert not asserted.was_sent
    assert asserted.send(now=NOON, today=TODAY)[0].status is QuoteStatus.SENT
    with pytest.raises(RuleBroken) as refusal:
        asserted.accept(now=NOON, today=TODAY)
    assert refusal.value.code == "QUOTE_NOT_SENT"
    assert replace(quote, status=QuoteStatus.SENT).was_sent


def test_a_draft_cannot_be_accepted() -> None:
    with pytest.raises(RuleBroken) as refusal:
        make_draft().accept(now=NOON, today=TODAY)
    assert refusal.value.code == "QUOTE_NOT_SENT"
    assert refusal.value.params["document_no"] == "Q-2026-000001"
    assert refusal.value.params["status"] == "DRAFT"


def test_a_quote_cannot_be_sent_or_accepted_after_its_last_day() -> None:
    quote = make_draft()
    sent, _ = quote.send(now=NOON, today=TODAY)
    for move in (quote.send, sent.accept):
        with pytest.raises(RuleBroken) as refusal:
            move(now=NOON, today=TODAY + DAY)
        assert refusal.value.code == "QUOTE_EXPIRED"
        assert refusal.value.params["valid_until"] == "2026-11-22"
