"""What becomes of a quote: every status by every move."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from contracts.cpq.events import QuoteExpired, QuoteRejected, QuoteRevised
from cpq.quotes.domain.drafts import asked_for_clone, asked_for_revision, revise
from cpq.quotes.domain.pricing import AskedLine
from cpq.quotes.domain.quote import MOVES, REFUSALS, Quote, QuoteStatus
from kernel.errors import RuleBroken
from services.cpq.tests.quotes.test_domain import BOOK, DAY, SERVER, draft, line, proposed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
NEXT, ELSEWHERE = UUID(int=50), UUID(int=51)

MAKE: dict[QuoteStatus, Callable[[Quote], object]] = {
    QuoteStatus.ACCEPTED: lambda quote: quote.accept(now=NOON, today=TODAY),
    QuoteStatus.REJECTED: lambda quote: quote.reject("预算", now=NOON),
    QuoteStatus.EXPIRED: lambda quote: quote.expire(now=NOON),
    QuoteStatus.SUPERSEDED: lambda quote: quote.give_way(NEXT, now=NOON),
}


def sent() -> Quote:
    return draft()[0].send(now=NOON, today=TODAY)[0]


@pytest.mark.parametrize("to", MAKE)
@pytest.mark.parametrize("status", QuoteStatus)
def test_only_the_moves_of_the_table_are_made(status: QuoteStatus, to: QuoteStatus) -> None:
    quote = replace(draft()[0], status=status)
    if to in MOVES[status]:
        MAKE[to](quote)
        return
    with pytest.raises(RuleBroken) as refusal:
        MAKE[to](quote)
    assert refusal.value.code == REFUSALS[status]
    assert refusal.value.params["document_no"] == "Q-2026-000001"


def test_a_rejected_quote_says_why() -> None:
    rejected, event = sent().reject("价格高于预算", now=NOON)
    assert (rejected.status, rejected.rejected_at) == (QuoteStatus.REJECTED, NOON)
    assert rejected.rejected_reason == "价格高于预算"
    assert event == QuoteRejected(quote=rejected.state(), reason="价格高于预算", rejected_at=NOON)


def test_a_quote_expires_after_its_last_day() -> None:
    quote = sent()
    assert not quote.is_over(quote.valid_until)
    assert quote.is_over(quote.valid_until + DAY)
    expired, event = quote.expire(now=NOON)
    assert (expired.status, expired.expired_at) == (QuoteStatus.EXPIRED, NOON)
    assert event == QuoteExpired(quote=expired.state(), expired_at=NOON)


def test_a_revision_shares_the_number_and_the_old_quote_stays() -> None:
    before = replace(sent(), owner_id="seller")
    proposal = proposed([line(SERVER, "5")])
    later = NOON + timedelta(hours=1)
    (old, revised), (new, created) = revise(
        before, proposal, quote_id=NEXT, custom_fields={"colour": "red"}, now=later
    )
    assert (old.status, old.superseded_by, old.superseded_at) == (
        QuoteStatus.SUPERSEDED,
        NEXT,
        later,
    )
    assert (old.lines, old.gross_total) == (before.lines, before.gross_total)
    assert revised == QuoteRevised(quote=old.state(), successor_id=NEXT, revised_at=later)
    assert (new.id, new.document_no, new.revision) == (NEXT, "Q-2026-000001", 2)
    assert (new.revises, new.owner_id, new.status) == (before.id, "seller", QuoteStatus.DRAFT)
    assert (new.sent_at, new.accepted_at, new.version) == (None, None, 1)
    assert str(new.gross_total) == "565.00 CNY"  # 5 x 100 x 1.13
    assert (created.quote.revision, created.quote.revises) == (2, before.id)


def test_what_a_copy_asks_for() -> None:
    quote = sent()
    again = asked_for_revision(quote)
    assert (again.price_book_id, again.price_date) == (BOOK, TODAY)
    assert (again.valid_until, again.currency) == (None, "CNY")
    assert again.lines == (
        AskedLine(
            product_id=SERVER,
            quantity=Decimal(3),
            discount_rate=Decimal("0.075"),
            tax_rate=Decimal("0.13"),
        ),
    )
    clone = asked_for_clone(quote, opportunity_id=ELSEWHERE)
    assert (clone.opportunity_id, clone.lines) == (ELSEWHERE, again.lines)
    assert (clone.price_book_id, clone.price_date, clone.valid_until) == (None, None, None)
    assert asked_for_clone(quote, opportunity_id=None).opportunity_id == quote.opportunity_id


def test_only_a_draft_is_amended_and_only_a_first_one_deleted() -> None:
    quote, proposal = draft()[0], proposed([line(SERVER, "10")])
    amended, event = quote.amend(proposal, {}, now=NOON + DAY)
    assert str(amended.gross_total) == "1017.00 CNY"  # 10 x 90 x 1.13
    assert (amended.id, amended.document_no, amended.updated_at) == (
        quote.id,
        quote.document_no,
        NOON + DAY,
    )
    assert event.quote == amended.state()
    quote.ensure_deletable()
    for other in set(QuoteStatus) - {QuoteStatus.DRAFT}:
        gone = replace(quote, status=other)
        with pytest.raises(RuleBroken, match="QUOTE_NOT_DRAFT"):
            gone.amend(proposal, {}, now=NOON)
        with pytest.raises(RuleBroken, match="QUOTE_NOT_DRAFT"):
            gone.ensure_deletable()
    with pytest.raises(RuleBroken, match="QUOTE_REVISES"):
        replace(quote, revises=NEXT).ensure_deletable()


def test_any_quote_is_assigned() -> None:
    quote = sent()
    theirs, event = quote.assign("other", actor="boss", now=NOON)
    assert (theirs.owner_id, event.quote.owner_id) == ("other", "other")
    assert (event.from_owner_id, event.assigned_by) == ("seller", "boss")
    assert theirs.status is QuoteStatus.SENT
