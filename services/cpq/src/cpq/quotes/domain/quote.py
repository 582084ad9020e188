"""A quote: a proposal with a document number, its status moves and their events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from contracts.cpq.events import (
    QuoteAccepted,
    QuoteExpired,
    QuoteRejected,
    QuoteRevised,
    QuoteSent,
    QuoteState,
)
from contracts.cpq.events import QuoteLine as LineState
from cpq.quotes.domain.pricing import QuoteLine, RequestedLine
from cpq.quotes.domain.proposal import Proposal, QuoteRequest
from kernel.errors import RuleBroken
from kernel.transitions import Transitions


class QuoteStatus(StrEnum):
    """Where a quote stands between draft and the customer's answer."""

    DRAFT = "DRAFT"
    IN_APPROVAL = "IN_APPROVAL"
    APPROVED = "APPROVED"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


# Those of quotes that are not answered, expired or superseded.
OPEN_STATUSES: Final = frozenset(
    {QuoteStatus.DRAFT, QuoteStatus.IN_APPROVAL, QuoteStatus.APPROVED, QuoteStatus.SENT}
)

# The statuses that may follow each status; an action that repeats a move returns its result. A
# draft is amended, not revised; a quote that is amended in or after approval is a draft again. An
# accepted quote is final, because an order was made from it.
QUOTE_MOVES = Transitions.between(
    {
        QuoteStatus.DRAFT: {QuoteStatus.IN_APPROVAL, QuoteStatus.SENT},
        QuoteStatus.IN_APPROVAL: {QuoteStatus.APPROVED, QuoteStatus.DRAFT},
        QuoteStatus.APPROVED: {QuoteStatus.SENT, QuoteStatus.DRAFT},
        QuoteStatus.SENT: {
            QuoteStatus.ACCEPTED,
            QuoteStatus.REJECTED,
            QuoteStatus.EXPIRED,
            QuoteStatus.SUPERSEDED,
        },
        QuoteStatus.REJECTED: {QuoteStatus.SUPERSEDED},
        QuoteStatus.EXPIRED: {QuoteStatus.SUPERSEDED},
    }
)
NOT_SENT_YET = frozenset({QuoteStatus.DRAFT, QuoteStatus.IN_APPROVAL, QuoteStatus.APPROVED})
# The error code for a move that is not allowed from this status.
REFUSAL_CODES: dict[QuoteStatus, str] = {
    QuoteStatus.DRAFT: "QUOTE_NOT_SENT",
    QuoteStatus.IN_APPROVAL: "QUOTE_NOT_SENT",
    QuoteStatus.APPROVED: "QUOTE_NOT_SENT",
    QuoteStatus.ACCEPTED: "QUOTE_ACCEPTED",
    QuoteStatus.REJECTED: "QUOTE_REJECTED",
    QuoteStatus.EXPIRED: "QUOTE_EXPIRED",
    QuoteStatus.SUPERSEDED: "QUOTE_SUPERSEDED",
}


@dataclass(frozen=True, kw_only=True)
class Quote(Proposal):
    """A proposal with an owner and a document number, which all its revisions share."""

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

    @property
    def display_name(self) -> str:
        """The document number, by which people call the quote."""
        return self.document_no

    @property
    def is_draft(self) -> bool:
        return self.status is QuoteStatus.DRAFT

    def amend(self, proposal: Proposal) -> Quote:
        """Replace the content of a quote that was not sent; it is a draft, approved by nobody.

        Raises RuleBroken (QUOTE_NOT_DRAFT).
        """
        self.ensure_amendable()
        return replace(self, **vars(proposal), status=QuoteStatus.DRAFT)

    def ensure_amendable(self) -> None:
        """Raise RuleBroken (QUOTE_NOT_DRAFT) for a quote that was sent."""
        if self.was_sent:
            raise RuleBroken("QUOTE_NOT_DRAFT", document_no=self.document_no, status=self.status)

    def ensure_draft(self) -> None:
        """Raise RuleBroken unless this is a draft (QUOTE_IN_APPROVAL, QUOTE_NOT_DRAFT)."""
        if not self.is_draft and not self.was_sent:
            raise RuleBroken("QUOTE_IN_APPROVAL", **self._error_params)
        self.ensure_amendable()

    def submit(self, *, today: date) -> Quote:
        """Let a draft wait for its approval.

        Raises RuleBroken (QUOTE_IN_APPROVAL, QUOTE_NOT_DRAFT, QUOTE_EXPIRED).
        """
        self.ensure_draft()
        self._ensure_valid(today)
        return replace(self, status=QuoteStatus.IN_APPROVAL)

    def approve(self) -> Quote:
        """Let a quote be sent. Raises RuleBroken (QUOTE_NOT_IN_APPROVAL)."""
        self._ensure_in_approval()
        return replace(self, status=QuoteStatus.APPROVED)

    def take_back(self) -> Quote:
        """Make a draft of a quote in approval. Raises RuleBroken (QUOTE_NOT_IN_APPROVAL)."""
        self._ensure_in_approval()
        return replace(self, status=QuoteStatus.DRAFT)

    def _ensure_in_approval(self) -> None:
        if self.status is not QuoteStatus.IN_APPROVAL:
            raise RuleBroken("QUOTE_NOT_IN_APPROVAL", **self._error_params)

    def ensure_deletable(self) -> None:
        """Raise RuleBroken if this is no draft (QUOTE_NOT_DRAFT) or a revision (QUOTE_REVISES).

        A deleted revision would leave its document number with superseded quotes only.
        """
        self.ensure_draft()
        if self.revises is not None:
            raise RuleBroken("QUOTE_REVISES", **self._error_params)

    @property
    def was_sent(self) -> bool:
        """Whether the quote was sent to the customer."""
        return self.status not in NOT_SENT_YET

    def ensure_sent_or_accepted(self) -> None:
        """Ensure that the offer still stands, or was accepted.

        Raises RuleBroken (QUOTE_REJECTED, _EXPIRED, _SUPERSEDED).
        """
        if self.status not in (QuoteStatus.SENT, QuoteStatus.ACCEPTED):
            raise RuleBroken(REFUSAL_CODES[self.status], **self._error_params)

    def send(self, *, now: datetime, today: date) -> tuple[Quote, QuoteSent]:
        """Send the quote to the customer. Raises RuleBroken (QUOTE_IN_APPROVAL, QUOTE_EXPIRED)."""
        if self.status is QuoteStatus.IN_APPROVAL:
            raise RuleBroken("QUOTE_IN_APPROVAL", **self._error_params)
        self._ensure_valid(today)
        sent = replace(self, status=QuoteStatus.SENT, sent_at=now, updated_at=now)
        return sent, QuoteSent(quote=sent.state(), sent_at=now)

    def accept(
        self, *, now: datetime, today: date, by: str | None = None
    ) -> tuple[Quote, QuoteAccepted]:
        """Record that the customer accepts, as `by` says.

        Raises RuleBroken as `ensure_can_move_to` does.
        """
        self.ensure_can_move_to(QuoteStatus.ACCEPTED)
        self._ensure_valid(today)
        accepted = replace(self, status=QuoteStatus.ACCEPTED, accepted_at=now, updated_at=now)
        event = QuoteAccepted(quote=accepted.state(), accepted_at=now, accepted_by=by)
        return accepted, event

    def reject(self, reason: str, *, now: datetime) -> tuple[Quote, QuoteRejected]:
        """Record that the customer declines. Raises RuleBroken as `ensure_can_move_to` does."""
        self.ensure_can_move_to(QuoteStatus.REJECTED)
        rejected = replace(
            self,
            status=QuoteStatus.REJECTED,
            rejected_at=now,
            rejected_reason=reason,
            updated_at=now,
        )
        return rejected, QuoteRejected(quote=rejected.state(), reason=reason, rejected_at=now)

    def is_past_validity(self, today: date) -> bool:
        """Whether the last day to accept has passed; `today` is the tenant's business day."""
        return today > self.valid_until

    def expire(self, *, now: datetime) -> tuple[Quote, QuoteExpired]:
        """Record that nobody answered in time. Raises RuleBroken as `ensure_can_move_to` does."""
        self.ensure_can_move_to(QuoteStatus.EXPIRED)
        expired = replace(self, status=QuoteStatus.EXPIRED, expired_at=now, updated_at=now)
        return expired, QuoteExpired(quote=expired.state(), expired_at=now)

    def supersede(self, successor_id: UUID, *, now: datetime) -> tuple[Quote, QuoteRevised]:
        """Replace the quote by a newer revision. Raises RuleBroken as `ensure_can_move_to` does."""
        self.ensure_can_move_to(QuoteStatus.SUPERSEDED)
        superseded = replace(
            self,
            status=QuoteStatus.SUPERSEDED,
            superseded_by=successor_id,
            superseded_at=now,
            updated_at=now,
        )
        event = QuoteRevised(quote=superseded.state(), successor_id=successor_id, revised_at=now)
        return superseded, event

    def ensure_can_move_to(self, status: QuoteStatus) -> None:
        """Raise RuleBroken unless the move is allowed; the code names the present status.

        The codes are QUOTE_NOT_SENT, _ACCEPTED, _REJECTED, _EXPIRED and _SUPERSEDED.
        """
        QUOTE_MOVES.ensure_allowed(status, self.status, REFUSAL_CODES, **self._error_params)

    def _ensure_valid(self, today: date) -> None:
        if self.is_past_validity(today):
            raise RuleBroken("QUOTE_EXPIRED", **self._error_params)

    @property
    def _error_params(self) -> dict[str, str]:
        until = self.valid_until.isoformat()
        return {"document_no": self.document_no, "status": self.status, "valid_until": until}

    def to_request(self) -> QuoteRequest:
        """Return the request that would produce this quote again."""
        return QuoteRequest(
            opportunity_id=self.opportunity_id,
            lines=tuple(_requested_line(line) for line in self.lines),
            currency=self.currency,
            price_book_id=self.price_book_id,
            price_date=self.price_date,
            valid_until=self.valid_until,
            custom_fields=self.custom_fields,
        )

    def state(self) -> QuoteState:
        """Return the whole quote as its events carry it."""
        lines = tuple(LineState.of(line, line_id=line.id) for line in self.lines)
        return QuoteState.of(self, quote_id=self.id, lines=lines)


def _requested_line(line: QuoteLine) -> RequestedLine:
    return RequestedLine(
        product_id=line.product_id,
        quantity=line.quantity,
        discount_rate=line.discount_rate,
        tax_rate=line.tax_rate,
    )
