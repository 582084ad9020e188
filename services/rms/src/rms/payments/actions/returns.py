"""Commands that return money: reversing a payment that bounced, and refunding a part."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records import tenant_settings
from chassis.records.work.actions import notify
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.work import NoticeKind, RecordRef
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from rms.payments.actions.allocations import locked_reversal_states, save_reversals
from rms.payments.domain.payment import PaymentStatus
from rms.payments.domain.returns import MoneyReturn, ReturnKind
from rms.payments.store.tables import PAYMENTS
from rms.payments.store.writes import (
    effective_allocations,
    insert_return,
    lock_payment,
    save_payment,
)

PAYMENT_REVERSED: Final = NoticeKind(
    "PAYMENT_REVERSED",
    zh="{name} 的收款 {document_no} 已冲销。",
    en="Payment {document_no} of {name} has been reversed.",
)


async def reverse_payment(
    tx: AsyncConnection,
    payment_id: UUID,
    *,
    reason: str,
    returned_date: date | None,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Reverse a payment that bounced: reverse all its allocations and publish every document.

    The owner is notified. A reversed payment stays as it is. `returned_date` is today if None.
    Raises NotFound, and what `Payment.reverse` raises.
    """
    payment = await lock_payment(tx, payment_id)
    if payment.status is PaymentStatus.REVERSED:
        return
    expected.check(payment)
    today = await tenant_settings.today(tx, now)
    allocations = await effective_allocations(tx, payment_id)
    reversed_payment = payment.reverse(returned_date or today, today=today, now=now)
    returned = MoneyReturn(
        id=new_id(),
        payment_id=payment_id,
        kind=ReturnKind.REVERSAL,
        amount=payment.amount,
        returned_date=returned_date or today,
        reason=reason,
        created_at=now,
    )
    payment = await save_payment(tx, reversed_payment)
    await insert_return(tx, returned)
    reversals = [one.reversal(new_id(), reason=reason, now=now) for one in allocations]
    states = await locked_reversal_states(tx, reversals)
    await publish(tx, payment.reversed_event(returned, states), of=payment)
    await save_reversals(tx, reversals, now)
    about = RecordRef(resource=PAYMENTS.resource, record_id=payment.id)
    params = {"document_no": payment.document_no, "name": payment.account_name}
    await notify(tx, PAYMENT_REVERSED, about, recipient=payment.owner_id, params=params)


async def refund_payment(
    tx: AsyncConnection,
    payment_id: UUID,
    amount: Money,
    *,
    reason: str,
    returned_date: date | None,
    bank_reference: str | None,
    now: datetime,
) -> MoneyReturn:
    """Refund a part of the payment that is not allocated, and publish it.

    `returned_date` is today if None. Raises NotFound, what `Payment.refund` raises, and Conflict
    (REFUND_DUPLICATE) if another refund has this bank reference.
    """
    payment = await lock_payment(tx, payment_id)
    today = await tenant_settings.today(tx, now)
    refund = MoneyReturn(
        id=new_id(),
        payment_id=payment_id,
        kind=ReturnKind.REFUND,
        amount=amount,
        returned_date=returned_date or today,
        bank_reference=bank_reference,
        reason=reason,
        created_at=now,
    )
    payment, refunded = payment.refund(refund, today=today)
    payment = await save_payment(tx, payment)
    if not await insert_return(tx, refund):
        raise Conflict("REFUND_DUPLICATE", bank_reference=bank_reference)
    await publish(tx, refunded, of=payment)
    return refund
