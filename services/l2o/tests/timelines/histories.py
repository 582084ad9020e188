"""A sale in the events of CPQ and RMS: a quote, an order, a shipment, what is owed and paid."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from chassis.events.consumer.decoded_records import ConsumerRecord
from contracts.cpq import events as cpq
from contracts.event import Event
from contracts.rms import events as rms
from kernel.ids import new_id
from kernel.money import Money
from services.l2o.tests.deliveries import event_record
from services.l2o.tests.factories import cny, make_order, make_payment, make_receivable

START = datetime(2026, 11, 1, 2, tzinfo=UTC)
DUE = date(2026, 11, 20)
NOTHING = cny("0")


def make_quote(account_id: UUID, opportunity_id: UUID, gross: Money) -> cpq.QuoteState:
    return cpq.QuoteState(
        quote_id=new_id(),
        document_no="Q-2026-000001",
        opportunity_id=opportunity_id,
        account_id=account_id,
        account_name="上海测试有限公司",
        currency="CNY",
        status="DRAFT",
        price_book_id=new_id(),
        price_date=DUE,
        valid_until=DUE,
        lines=(),
        net_total=gross,
        tax_total=NOTHING,
        gross_total=gross,
    )


@dataclass(frozen=True)
class Happened:
    """An event of an aggregate with its version, and when it happened."""

    event: Event
    aggregate_id: UUID
    sequence: int
    at: datetime

    def record(self, tenant: UUID) -> ConsumerRecord:
        """Return the record of the event, with an id of its own that is always the same."""
        return event_record(
            tenant,
            self.event,
            self.aggregate_id,
            sequence=self.sequence,
            at=self.at,
            event_id=UUID(int=self.aggregate_id.int ^ self.sequence),
        )


def sale(account_id: UUID, opportunity_id: UUID) -> list[Happened]:
    """A quote of 1000.00 that is sent and accepted, and one that is deleted; an order of 1000.00,
    of which 400.00 are shipped, owed, overdue and paid; a payment of 50.00 that bounces.
    """
    quote = make_quote(account_id, opportunity_id, cny("1000.00"))
    sent, accepted = (quote.model_copy(update={"status": one}) for one in ("SENT", "ACCEPTED"))
    other = make_quote(account_id, opportunity_id, cny("900.00"))
    order = make_order(
        account_id=account_id, opportunity_id=opportunity_id, gross=cny("1000.00"), status="OPEN"
    )
    confirmed = order.model_copy(update={"status": "CONFIRMED"})
    shipped = order.model_copy(update={"status": "PARTLY_SHIPPED", "shipped_total": cny("400.00")})
    owed = make_receivable(account_id, cny("400.00"), due_date=DUE)
    settled = owed.model_copy(update={"allocated": cny("400.00"), "open": NOTHING})
    paid, bounced = (make_payment(account_id, cny(amount)) for amount in ("400.00", "50.00"))
    reversed_ = bounced.model_copy(update={"returned": cny("50.00"), "status": "REVERSED"})
    when = [START + timedelta(days=day) for day in range(20)]
    allocation, line = new_id(), order.lines[0].line_id
    shipment = rms.Shipment(
        shipment_id=new_id(),
        document_no="SH-2026-000001",
        shipped_date=DUE,
        lines=(rms.ShipmentLine(line_id=line, quantity=Decimal(1), amount=cny("400.00")),),
        amount=cny("400.00"),
        receivable_id=owed.receivable_id,
    )
    refusal = rms.MoneyReturn(
        return_id=new_id(),
        kind="REVERSAL",
        amount=cny("50.00"),
        returned_date=DUE,
        reason="空头",
    )
    versions: list[tuple[UUID, list[Event]]] = [
        (
            quote.quote_id,
            [
                cpq.QuoteCreated(quote=quote),
                cpq.QuoteSent(quote=sent, sent_at=when[1]),
                cpq.QuoteAccepted(quote=accepted, accepted_at=when[2]),
            ],
        ),
        (
            other.quote_id,
            [
                cpq.QuoteCreated(quote=other),
                cpq.QuoteDeleted(quote=other.model_copy(update={"deleted": True})),
            ],
        ),
        (
            order.order_id,
            [
                rms.OrderCreated(order=order),
                rms.OrderConfirmed(order=confirmed, confirmed_at=when[6]),
                rms.OrderShipped(order=shipped, shipment=shipment),
            ],
        ),
        (
            owed.receivable_id,
            [
                rms.ReceivableCreated(receivable=owed),
                rms.ReceivableOverdue(receivable=owed, overdue_date=DUE),
                rms.ReceivableAllocated(
                    receivable=settled,
                    allocation_id=allocation,
                    payment_id=paid.payment_id,
                    allocated_now=cny("400.00"),
                ),
            ],
        ),
        (paid.payment_id, [rms.PaymentReceived(payment=paid)]),
        (
            bounced.payment_id,
            [
                rms.PaymentReceived(payment=bounced),
                rms.PaymentReversed(payment=reversed_, reversal=refusal, allocations=()),
            ],
        ),
    ]
    days = iter(when)
    return [
        Happened(event, aggregate_id, sequence, next(days))
        for aggregate_id, events in versions
        for sequence, event in enumerate(events, start=1)
    ]


# What the timeline says of a sale, the newest first: title, amount, and whether it still counts.
SALE = [
    ("Payment P-2026-000001 reversed", "50.00", "CANCELLED"),
    ("Payment P-2026-000001 received", "50.00", "CANCELLED"),
    ("Payment P-2026-000001 received", "400.00", None),
    ("Receivable AR-2026-000001 settled by a payment", "400.00", None),
    ("Receivable AR-2026-000001 overdue", "400.00", None),
    ("Receivable AR-2026-000001 created", "400.00", None),
    ("Shipment SH-2026-000001", "400.00", None),
    ("Order SO-2026-000001 confirmed", "1000.00", None),
    ("Order SO-2026-000001 created", "1000.00", None),
    ("Quote Q-2026-000001 deleted", "900.00", "DELETED"),
    ("Quote Q-2026-000001 created", "900.00", "DELETED"),
    ("Quote Q-2026-000001 accepted", "1000.00", None),
    ("Quote Q-2026-000001 sent", "1000.00", None),
    ("Quote Q-2026-000001 created", "1000.00", None),
]
