"""A quote: a numbered proposal that is sent to the customer, and what becomes of it then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.cpq.events import (
    QuoteAccepted,
    QuoteAssigned,
    QuoteChanged,
    QuoteExpired,
    QuoteRejected,
    QuoteRevised,
    QuoteSent,
    QuoteState,
)
from contracts.cpq.events import QuoteLine as LineState
from cpq.quotes.domain.pricing import AskedLine, QuoteLine
from cpq.quotes.domain.proposal import Asked, Proposal
from kernel.errors import RuleBroken


class QuoteStatus(StrEnum):
    DRAFT = "DRAFT"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


# The moves there are; to make one again answers its result. A draft is amended, not revised, and
# what was accepted is an order's: nothing takes its place.
MOVES: dict[QuoteStatus, frozenset[QuoteStatus]] = {
    QuoteStatus.DRAFT: frozenset({QuoteStatus.SENT}),
    QuoteStatus.SENT: frozenset(
        {
            QuoteStatus.ACCEPTED,
            QuoteStatus.REJECTED,
            QuoteStatus.EXPIRED,
            QuoteStatus.SUPERSEDED,
        }
    ),
    QuoteStatus.ACCEPTED: frozenset(),
    QuoteStatus.REJECTED: frozenset({QuoteStatus.SUPERSEDED}),
    QuoteStatus.EXPIRED: frozenset({QuoteStatus.SUPERSEDED}),
    QuoteStatus.SUPERSEDED: frozenset(),
}
# Why a quote that stands here cannot make the move it is asked for.
REFUSALS: dict[QuoteStatus, str] = {
    QuoteStatus.DRAFT: "QUOTE_NOT_SENT",
    QuoteStatus.ACCEPTED: "QUOTE_ACCEPTED",
    QuoteStatus.REJECTED: "QUOTE_REJECTED",
    QuoteStatus.EXPIRED: "QUOTE_EXPIRED",
    QuoteStatus.SUPERSEDED: "QUOTE_SUPERSEDED",
}


@dataclass(frozen=True, kw_only=True)
class Quote(Proposal):
    """A proposal under its document number, which its revisions share; owned by somebody."""

    id: UUID
    document_no: str
    revision: int = 1
    revises: UUID | None = None
    superseded_by: UUID | None = None
    status: QuoteStatus
    owner_id: str
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    sent_at: datetime | None
    accepted_at: datetime | None
    rejected_at: datetime | None = None
    rejected_reason: str | None = None
    expired_at: datetime | None = None
    superseded_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def amend(
        self, proposal: Proposal, custom_fields: Mapping[str, Any], *, now: datetime
    ) -> tuple[Quote, QuoteChanged]:
        """A draft proposes something else under its number. Raises RuleBroken."""
        self.ensure_draft()
        proposed = replace(self, **vars(proposal))
        return proposed.annotate(custom_fields, now=now)

    def annotate(
        self, custom_fields: Mapping[str, Any], *, now: datetime
    ) -> tuple[Quote, QuoteChanged]:
        """The tenant's own notes are written whatever became of it: nobody was offered them."""
        changed = replace(self, custom_fields=custom_fields, updated_at=now)
        return changed, QuoteChanged(quote=changed.state())

    def ensure_draft(self) -> None:
        """Raises RuleBroken (QUOTE_NOT_DRAFT)."""
        if self.status is not QuoteStatus.DRAFT:
            raise RuleBroken("QUOTE_NOT_DRAFT", document_no=self.document_no, status=self.status)

    def ensure_deletable(self) -> None:
        """Raises RuleBroken (QUOTE_NOT_DRAFT, QUOTE_REVISES): no number loses its last revision."""
        self.ensure_draft()
        if self.revises is not None:
            raise self._refused("QUOTE_REVISES")

    def assign(
        self, owner_id: str, *, actor: str, now: datetime, reason: str | None = None
    ) -> tuple[Quote, QuoteAssigned]:
        """From here on it is somebody else's, whatever its status."""
        theirs = replace(self, owner_id=owner_id, updated_at=now)
        fact = QuoteAssigned(
            quote=theirs.state(), from_owner_id=self.owner_id, assigned_by=actor, reason=reason
        )
        return theirs, fact

    @property
    def was_sent(self) -> bool:
        """Whatever is no draft was sent."""
        return QuoteStatus.SENT not in MOVES[self.status]

    def send(self, *, now: datetime, today: date) -> tuple[Quote, QuoteSent]:
        """Hand it to the customer. Raises RuleBroken (QUOTE_EXPIRED)."""
        self._ensure_valid(today)
        sent = replace(self, status=QuoteStatus.SENT, sent_at=now, updated_at=now)
        return sent, QuoteSent(quote=sent.state(), sent_at=now)

    def accept(self, *, now: datetime, today: date) -> tuple[Quote, QuoteAccepted]:
        """The customer says yes. Raises RuleBroken, the code saying what it is instead."""
        self.ensure_may(QuoteStatus.ACCEPTED)
        self._ensure_valid(today)
        accepted = replace(self, status=QuoteStatus.ACCEPTED, accepted_at=now, updated_at=now)
        return accepted, QuoteAccepted(quote=accepted.state(), accepted_at=now)

    def reject(self, reason: str, *, now: datetime) -> tuple[Quote, QuoteRejected]:
        """The customer says no. Raises RuleBroken, the code saying what it is instead."""
        self.ensure_may(QuoteStatus.REJECTED)
        rejected = replace(
            self,
            status=QuoteStatus.REJECTED,
            rejected_at=now,
            rejected_reason=reason,
            updated_at=now,
        )
        return rejected, QuoteRejected(quote=rejected.state(), reason=reason, rejected_at=now)

    def is_over(self, today: date) -> bool:
        """Whether `valid_until`, its last good day, has passed for the tenant."""
        return today > self.valid_until

    def expire(self, *, now: datetime) -> tuple[Quote, QuoteExpired]:
        """Nobody answered in time. Raises RuleBroken, the code saying what it is instead."""
        self.ensure_may(QuoteStatus.EXPIRED)
        expired = replace(self, status=QuoteStatus.EXPIRED, expired_at=now, updated_at=now)
        return expired, QuoteExpired(quote=expired.state(), expired_at=now)

    def give_way(self, successor_id: UUID, *, now: datetime) -> tuple[Quote, QuoteRevised]:
        """A newer revision takes its place. Raises RuleBroken, the code saying what it is."""
        self.ensure_may(QuoteStatus.SUPERSEDED)
        gone = replace(
            self,
            status=QuoteStatus.SUPERSEDED,
            superseded_by=successor_id,
            superseded_at=now,
            updated_at=now,
        )
        return gone, QuoteRevised(quote=gone.state(), successor_id=successor_id, revised_at=now)

    def ensure_may(self, to: QuoteStatus) -> None:
        """Raises RuleBroken: QUOTE_NOT_SENT, _ACCEPTED, _REJECTED, _EXPIRED or _SUPERSEDED."""
        if to not in MOVES[self.status]:
            raise self._refused(REFUSALS[self.status])

    def _ensure_valid(self, today: date) -> None:
        if self.is_over(today):
            raise self._refused("QUOTE_EXPIRED")

    def _refused(self, code: str) -> RuleBroken:
        until = self.valid_until.isoformat()
        return RuleBroken(code, document_no=self.document_no, status=self.status, valid_until=until)

    def asked(self) -> Asked:
        """What would have to be asked for to get this quote."""
        return Asked(
            opportunity_id=self.opportunity_id,
            lines=tuple(_asked(line) for line in self.lines),
            currency=self.currency,
            price_book_id=self.price_book_id,
            price_date=self.price_date,
            valid_until=self.valid_until,
            custom_fields=self.custom_fields,
        )

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
            price_book_version=self.price_book_version,
            price_date=self.price_date,
            valid_until=self.valid_until,
            tax_rounding=self.tax_rounding.value,
            lines=tuple(_state_of(line) for line in self.lines),
            net_total=self.net_total,
            tax_total=self.tax_total,
            gross_total=self.gross_total,
            owner_id=self.owner_id,
            revision=self.revision,
            revises=self.revises,
            custom_fields=dict(self.custom_fields),
        )


def _asked(line: QuoteLine) -> AskedLine:
    return AskedLine(
        product_id=line.product_id,
        quantity=line.quantity,
        discount_rate=line.discount_rate,
        tax_rate=line.tax_rate,
    )


def _state_of(line: QuoteLine) -> LineState:
    waterfall = {name: value for name, value in vars(line).items() if name != "id"}
    return LineState(line_id=line.id, **waterfall)
