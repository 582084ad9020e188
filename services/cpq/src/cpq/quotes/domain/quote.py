"""A quote: a numbered proposal that is sent to the customer and accepted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.cpq.events import QuoteAccepted, QuoteCreated, QuoteSent, QuoteState
from contracts.cpq.events import QuoteLine as LineState
from cpq.quotes.domain.pricing import QuoteLine
from cpq.quotes.domain.proposal import Proposal
from kernel.errors import RuleBroken


class QuoteStatus(StrEnum):
    DRAFT = "DRAFT"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"


# The moves there are; to make one again answers its result.
MOVES: dict[QuoteStatus, frozenset[QuoteStatus]] = {
    QuoteStatus.DRAFT: frozenset({QuoteStatus.SENT}),
    QuoteStatus.SENT: frozenset({QuoteStatus.ACCEPTED}),
    QuoteStatus.ACCEPTED: frozenset(),
}


@dataclass(frozen=True, kw_only=True)
class Quote(Proposal):
    """A proposal under its document number; owned by who drew it up."""

    id: UUID
    document_no: str
    status: QuoteStatus
    owner_id: str
    sent_at: datetime | None
    accepted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def send(self, *, now: datetime, today: date) -> tuple[Quote, QuoteSent | None]:
        """Hand it to the customer; no event when that was done before.

        Raises RuleBroken (QUOTE_EXPIRED).
        """
        if QuoteStatus.SENT not in MOVES[self.status]:  # whatever is no draft was sent
            return self, None
        self._ensure_valid(today)
        sent = replace(self, status=QuoteStatus.SENT, sent_at=now, updated_at=now)
        return sent, QuoteSent(quote=sent.state(), sent_at=now)

    def accept(self, *, now: datetime, today: date) -> tuple[Quote, QuoteAccepted | None]:
        """The customer says yes; no event when that was done before.

        Raises RuleBroken (QUOTE_NOT_SENT, QUOTE_EXPIRED).
        """
        if self.status is QuoteStatus.ACCEPTED:
            return self, None
        if QuoteStatus.ACCEPTED not in MOVES[self.status]:
            raise RuleBroken("QUOTE_NOT_SENT", document_no=self.document_no, status=self.status)
        self._ensure_valid(today)
        accepted = replace(self, status=QuoteStatus.ACCEPTED, accepted_at=now, updated_at=now)
        return accepted, QuoteAccepted(quote=accepted.state(), accepted_at=now)

    def _ensure_valid(self, today: date) -> None:
        """`today` is the tenant's business day; the last good one is `valid_until` itself."""
        if today > self.valid_until:
            until = self.valid_until.isoformat()
            raise RuleBroken("QUOTE_EXPIRED", document_no=self.document_no, valid_until=until)

    def state(self) -> QuoteState:
        """The whole quote as neighbours are told it."""
        return QuoteState(
            quote_id=self.id,
            document_no=self.document_no,
            opportunity_id=self.opportunity_id,
            account_id=self.account_id,
            account_name=self.account_name,
            currency=self.currency,
            status=self.status.value,
            price_book_id=self.price_book_id,
            price_date=self.price_date,
            valid_until=self.valid_until,
            lines=tuple(_state_of(line) for line in self.lines),
            net_total=self.net_total,
            tax_total=self.tax_total,
            gross_total=self.gross_total,
            owner_id=self.owner_id,
        )


def draw_up(
    proposal: Proposal, *, quote_id: UUID, document_no: str, owner_id: str, now: datetime
) -> tuple[Quote, QuoteCreated]:
    """Make a draft of a proposal."""
    quote = Quote(
        **vars(proposal),
        id=quote_id,
        document_no=document_no,
        status=QuoteStatus.DRAFT,
        owner_id=owner_id,
        sent_at=None,
        accepted_at=None,
        created_at=now,
        updated_at=now,
    )
    return quote, QuoteCreated(quote=quote.state())


def _state_of(line: QuoteLine) -> LineState:
    waterfall = {name: value for name, value in vars(line).items() if name != "id"}
    return LineState(line_id=line.id, **waterfall)
