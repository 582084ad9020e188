"""Status moves of a quote, for every pair of statuses, and the requests of its copies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from contracts.cpq.events import QuoteExpired, QuoteRejected, QuoteRevised
from cpq.quotes.domain.drafts import clone_request, create_revision, revision_request
from cpq.quotes.domain.pricing import RequestedLine
from cpq.quotes.domain.quote import (
    NOT_SENT_YET,
    QUOTE_MOVES,
    REFUSAL_CODES,
    Quote,
    QuoteStatus,
)
from kernel.errors import RuleBroken
from services.cpq.tests.quotes.test_domain import (
    BOOK,
    DAY,
    SERVER,
    make_draft,
    make_proposal,
    request_line,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
NEXT, ELSEWHERE = UUID(int=50), UUID(int=51)

MOVE_TO: dict[QuoteStatus, Callable[[Quote], object]] = {
    QuoteStatus.ACCEPTED: lambda quote: quote.accept(now=NOON, today=TODAY),
    QuoteStatus.REJECTED: lambda quote: quote.reject("预算", now=NOON),
    QuoteStatus.EXPIRED: lambda quote: quote.expire(now=NOON),
    QuoteStatus.SUPERSEDED: lambda quote: quote.supersede(NEXT, now=NOON),
}


def make_sent_quote() -> Quote:
    return make_draft().send(now=NOON, today=TODAY)[0]


@pytest.mark.parametrize("to", MOVE_TO)
@pytest.mark.parametrize("status", QuoteStatus)
def test_only_the_listed_moves_are_allowed(status: QuoteStatus, to: QuoteStatus) -> None:
    quote = replace(make_draft(), status=status)
    if QUOTE_MOVES.allows(to, status):
        MOVE_TO[to](quote)
        return
    with pytest.raises(RuleBroken) as refusal:
        MOVE_TO[to](quote)
    assert refusal.value.code == REFUSAL_CODES[status]
    assert refusal.value.params["document_no"] == "Q-2026-000001"


def test_a_rejected_quote_records_the_reason() -> None:
    rejected, event = make_sent_quote().reject("价格高于预算", now=NOON)
    assert (rejected.status, rejected.rejected_at) == (QuoteStatus.REJECTED, NOON)
    assert rejected.rejected_reason == "价格高于预算"
    assert event == QuoteRejected(quote=rejected.state(), reason="价格高于预算", rejected_at=NOON)


def test_a_quote_expires_after_its_last_day() -> None:
    quote = make_sent_quote()
    assert not quote.is_past_validity(quote.valid_until)
    assert quote.is_past_validity(quote.valid_until + DAY)
    expired, event = quote.expire(now=NOON)
    assert (expired.status, expired.expired_at) == (QuoteStatus.EXPIRED, NOON)
    assert event == QuoteExpired(quote=expired.state(), expired_at=NOON)


def test_a_revision_keeps_the_number_and_the_old_quote_its_content() -> None:
    before = replace(make_sent_quote(), owner_id="seller")
    proposal = make_proposal([request_line(SERVER, "5")])
    later = NOON + timedelta(hours=1)
    old, revised = before.supersede(NEXT, now=later)
    new = create_revision(
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
    assert (new.state().revision, new.state().revises) == (2, before.id)


def test_requests_of_a_revision_and_of_a_clone() -> None:
    quote = make_sent_quote()
    revision = revision_request(quote)
    assert (revision.price_book_id, revision.price_date) == (BOOK, TODAY)
    assert (revision.valid_until, revision.currency) == (None, "CNY")
    assert revision.lines == (
        RequestedLine(
            product_id=SERVER,
            quantity=Decimal(3),
            discount_rate=Decimal("0.075"),
            tax_rate=Decimal("0.13"),
        ),
    )
    clone = clone_request(quote, opportunity_id=ELSEWHERE)
    assert (clone.opportunity_id, clone.lines) == (ELSEWHERE, revision.lines)
    assert (clone.price_book_id, clone.price_date, clone.valid_until) == (None, None, None)
    assert clone_request(quote, opportunity_id=None).opportunity_id == quote.opportunity_id


def test_what_was_not_sent_can_be_amended_and_only_first_revisions_deleted() -> None:
    quote, proposal = make_draft(), make_proposal([request_line(SERVER, "10")])
    amended = quote.amend(proposal)
    assert str(amended.gross_total) == "1017.00 CNY"  # 10 x 90 x 1.13
    assert (amended.id, amended.document_no) == (quote.id, quote.document_no)
    assert amended.state().lines[0].quantity == Decimal(10)
    quote.ensure_deletable()
    for waiting in (QuoteStatus.IN_APPROVAL, QuoteStatus.APPROVED):
        asked = replace(quote, status=waiting)
        assert asked.amend(proposal).status is QuoteStatus.DRAFT  # approved by nobody
        with pytest.raises(RuleBroken, match="QUOTE_IN_APPROVAL"):
            asked.ensure_deletable()
    for other in set(QuoteStatus) - NOT_SENT_YET:
        sent_quote = replace(quote, status=other)
        with pytest.raises(RuleBroken, match="QUOTE_NOT_DRAFT"):
            sent_quote.amend(proposal)
        with pytest.raises(RuleBroken, match="QUOTE_NOT_DRAFT"):
            sent_quote.ensure_deletable()
    with pytest.raises(RuleBroken, match="QUOTE_REVISES"):
        replace(quote, revises=NEXT).ensure_deletable()
