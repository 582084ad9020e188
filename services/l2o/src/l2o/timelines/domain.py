"""What happens with an account, and what events of other services say of it.

An entry follows from one event alone, so entries are the same in whatever order events arrive.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from contracts.cpq import events as cpq
from contracts.event import Event
from contracts.rms import events as rms
from kernel.money import Money
from kernel.personal import Personal


class TimelineKind(StrEnum):
    """What an entry of a timeline is about."""

    LEAD = "LEAD"
    ACTIVITY = "ACTIVITY"
    OPPORTUNITY = "OPPORTUNITY"
    QUOTE = "QUOTE"
    ORDER = "ORDER"
    SHIPMENT = "SHIPMENT"
    RECEIVABLE = "RECEIVABLE"
    PAYMENT = "PAYMENT"


class TimelineFact(StrEnum):
    """What happened to a document."""

    QUOTE_CREATED = "QUOTE_CREATED"
    QUOTE_SENT = "QUOTE_SENT"
    QUOTE_ACCEPTED = "QUOTE_ACCEPTED"
    QUOTE_REJECTED = "QUOTE_REJECTED"
    QUOTE_EXPIRED = "QUOTE_EXPIRED"
    QUOTE_REVISED = "QUOTE_REVISED"
    QUOTE_DELETED = "QUOTE_DELETED"
    QUOTE_RESTORED = "QUOTE_RESTORED"
    ORDER_CREATED = "ORDER_CREATED"
    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    ORDER_AMENDED = "ORDER_AMENDED"
    ORDER_LINES_CANCELLED = "ORDER_LINES_CANCELLED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    SHIPPED = "SHIPPED"
    RECEIVABLE_CREATED = "RECEIVABLE_CREATED"
    RECEIVABLE_OVERDUE = "RECEIVABLE_OVERDUE"
    RECEIVABLE_ALLOCATED = "RECEIVABLE_ALLOCATED"
    RECEIVABLE_REOPENED = "RECEIVABLE_REOPENED"
    RECEIVABLE_WITHDRAWN = "RECEIVABLE_WITHDRAWN"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED"
    PAYMENT_REVERSED = "PAYMENT_REVERSED"


class TimelineMark(StrEnum):
    """That what an entry is about no longer counts."""

    CANCELLED = "CANCELLED"
    DELETED = "DELETED"


CANCELLED_STATUSES: Final = frozenset({"CANCELLED", "REVERSED"})


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """Something that happened to a document of another service; `id` is that of its event.

    `mark` says whether the document counted no longer after the event; of the entries of a
    document, the one with the highest `(epoch, sequence)` decides.
    """

    id: UUID
    account_id: UUID
    opportunity_id: UUID | None
    kind: TimelineKind
    fact: TimelineFact
    at: datetime
    actor: str | None
    text: Annotated[str | None, Personal("text")]
    amount: Money | None
    resource: str
    record_id: UUID
    record_no: str
    mark: TimelineMark | None
    epoch: int
    sequence: int


@dataclass(frozen=True)
class FactSource:
    """How the entry of one class of events follows from it.

    `state` is the field with the document; `at` and `text` are fields of the event, without which
    the time of the event counts; `number` and `amount` are read from the event.
    """

    kind: TimelineKind
    fact: TimelineFact
    state: str
    amount: Callable[[Any], Money]
    at: str | None = None
    text: str | None = None
    number: Callable[[Any], str] | None = None


def _quote(fact: TimelineFact, at: str | None = None, text: str | None = None) -> FactSource:
    return FactSource(TimelineKind.QUOTE, fact, "quote", lambda e: e.quote.gross_total, at, text)


def _order(fact: TimelineFact, at: str | None = None, text: str | None = None) -> FactSource:
    return FactSource(TimelineKind.ORDER, fact, "order", lambda e: e.order.gross_total, at, text)


def _receivable(fact: TimelineFact, amount: Callable[[Any], Money]) -> FactSource:
    return FactSource(TimelineKind.RECEIVABLE, fact, "receivable", amount)


def _payment(fact: TimelineFact, amount: Callable[[Any], Money]) -> FactSource:
    return FactSource(TimelineKind.PAYMENT, fact, "payment", amount)


SOURCES: Final[Mapping[type[Event], FactSource]] = {
    cpq.QuoteCreated: _quote(TimelineFact.QUOTE_CREATED),
    cpq.QuoteSent: _quote(TimelineFact.QUOTE_SENT, at="sent_at"),
    cpq.QuoteAccepted: _quote(TimelineFact.QUOTE_ACCEPTED, at="accepted_at"),
    cpq.QuoteRejected: _quote(TimelineFact.QUOTE_REJECTED, at="rejected_at", text="reason"),
    cpq.QuoteExpired: _quote(TimelineFact.QUOTE_EXPIRED, at="expired_at"),
    cpq.QuoteRevised: _quote(TimelineFact.QUOTE_REVISED, at="revised_at"),
    cpq.QuoteDeleted: _quote(TimelineFact.QUOTE_DELETED),
    cpq.QuoteRestored: _quote(TimelineFact.QUOTE_RESTORED),
    rms.OrderCreated: _order(TimelineFact.ORDER_CREATED),
    rms.OrderConfirmed: _order(TimelineFact.ORDER_CONFIRMED, at="confirmed_at"),
    rms.OrderAmended: _order(TimelineFact.ORDER_AMENDED, text="reason"),
    rms.OrderLinesCancelled: FactSource(
        TimelineKind.ORDER,
        TimelineFact.ORDER_LINES_CANCELLED,
        "order",
        lambda e: sum((one.amount for one in e.lines[1:]), e.lines[0].amount),
        text="reason",
    ),
    rms.OrderCancelled: _order(TimelineFact.ORDER_CANCELLED, at="cancelled_at", text="reason"),
    rms.OrderShipped: FactSource(
        TimelineKind.SHIPMENT,
        TimelineFact.SHIPPED,
        "order",
        lambda e: e.shipment.amount,
        number=lambda e: e.shipment.document_no,
    ),
    rms.ReceivableCreated: _receivable(
        TimelineFact.RECEIVABLE_CREATED, lambda e: e.receivable.amount
    ),
    rms.ReceivableOverdue: _receivable(
        TimelineFact.RECEIVABLE_OVERDUE, lambda e: e.receivable.open
    ),
    rms.ReceivableAllocated: _receivable(
        TimelineFact.RECEIVABLE_ALLOCATED, lambda e: e.allocated_now
    ),
    rms.ReceivableReopened: _receivable(TimelineFact.RECEIVABLE_REOPENED, lambda e: e.reopened_now),
    rms.ReceivableWithdrawn: _receivable(
        TimelineFact.RECEIVABLE_WITHDRAWN, lambda e: e.withdrawn_now
    ),
    rms.PaymentReceived: _payment(TimelineFact.PAYMENT_RECEIVED, lambda e: e.payment.amount),
    rms.PaymentRefunded: _payment(TimelineFact.PAYMENT_REFUNDED, lambda e: e.refund.amount),
    rms.PaymentReversed: _payment(TimelineFact.PAYMENT_REVERSED, lambda e: e.reversal.amount),
}


@dataclass(frozen=True, kw_only=True)
class EventOrigin:
    """Where an event comes from: its id, its aggregate with its version, when and by whom."""

    event_id: UUID
    aggregate_id: UUID
    epoch: int
    sequence: int
    occurred_at: datetime
    actor: str | None


def entry_of(event: Event, origin: EventOrigin) -> TimelineEntry:
    """Return the entry that follows from an event of one of the classes in `SOURCES`."""
    source = SOURCES[type(event)]
    document = getattr(event, source.state)
    return TimelineEntry(
        id=origin.event_id,
        account_id=document.account_id,
        opportunity_id=getattr(document, "opportunity_id", None),
        kind=source.kind,
        fact=source.fact,
        at=origin.occurred_at if source.at is None else getattr(event, source.at),
        actor=origin.actor,
        text=None if source.text is None else getattr(event, source.text),
        amount=source.amount(event),
        resource=document.aggregate,
        record_id=origin.aggregate_id,
        record_no=document.document_no if source.number is None else source.number(event),
        mark=mark_of(document),
        epoch=origin.epoch,
        sequence=origin.sequence,
    )


def mark_of(document: Any) -> TimelineMark | None:
    """Return that a document no longer counts; None while it counts.

    A receivable no longer counts once all of it is withdrawn.
    """
    if document.deleted:
        return TimelineMark.DELETED
    withdrawn = getattr(document, "withdrawn", None)
    if document.status in CANCELLED_STATUSES or (withdrawn and withdrawn == document.amount):
        return TimelineMark.CANCELLED
    return None
