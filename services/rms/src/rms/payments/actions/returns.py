"""Commands that return money: reversing a payment that bounced, and refunding a part."""

from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from chassis.records import tenant_settings
from chassis.records.record_commands import AlreadyMade, move_record, save_record
from chassis.records.work.actions import notify
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import NoticeKind, RecordRef
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from rms.payments.actions.allocations import locked_reversal_states, save_reversals
from rms.payments.domain.payment import Payment, PaymentStatus
from rms.payments.domain.returns import MoneyReturn, ReturnKind
from rms.payments.store.tables import PAYMENTS
from rms.payments.store.writes import (
    PAYMENT,
    effective_allocations,
    insert_return,
    lock_account_of_payment,
    reversal_of,
)

PAYMENT_REVERSED: Final = NoticeKind(
    "PAYMENT_REVERSED",
    zh="{name} 的收款 {document_no} 已冲销。",
    en="Payment {document_no} of {name} has been reversed.",
)


async def reverse_payment(
    command: Command, payment_id: UUID, *, reason: str, returned_date: date | None
) -> Payment:
    """Reverse a payment that bounced: reverse all its allocations and publish every document.

    The owner is notified. A reversed payment stays as it is. `returned_date` is today if None.
    Raises NotFound, and what `Payment.reverse` raises.
    """
    tx, now = command.tx, command.now
    today = await tenant_settings.today(tx, now)
    day = returned_date or today

    def bounce(payment: Payment) -> tuple[Payment, None] | AlreadyMade:
        if payment.status is PaymentStatus.REVERSED:
            return AlreadyMade(partial(_is_reversal, command, payment_id, reason, returned_date))
        return payment.reverse(day, today=today, now=now), None

    async def save(before: Payment, after: Payment, _: Event | None) -> Payment:
        returned = MoneyReturn(
            id=new_id(),
            payment_id=payment_id,
            kind=ReturnKind.REVERSAL,
            amount=before.amount,
            returned_date=day,
            reason=reason,
            created_at=now,
        )
        allocations = await effective_allocations(tx, payment_id)
        reversals = [one.reversal(new_id(), reason=reason, now=now) for one in allocations]
        event = after.reversed_event(returned, await locked_reversal_states(tx, reversals))
        payment = await save_record(command, PAYMENT, before, after, event)
        await insert_return(tx, returned)
        await save_reversals(command, reversals)
        about = RecordRef(resource=PAYMENTS.resource, record_id=payment.id)
        params = {"document_no": payment.document_no, "name": payment.account_name}
        await notify(tx, PAYMENT_REVERSED, about, recipient=payment.owner_id, params=params)
        return payment

    await lock_account_of_payment(tx, payment_id)
    return await move_record(command, PAYMENT, payment_id, bounce, save=save)


async def _is_reversal(
    command: Command, payment_id: UUID, reason: str, returned_date: date | None
) -> bool:
    """Whether the payment was reversed for this reason, and on this day if one is given."""
    reversal = await reversal_of(command.tx, payment_id)
    return reversal.reason == reason and returned_date in (None, reversal.returned_date)


async def refund_payment(
    command: Command,
    payment_id: UUID,
    amount: Money,
    *,
    reason: str,
    returned_date: date | None,
    bank_reference: str | None,
) -> MoneyReturn:
    """Refund a part of the payment that is not allocated, and publish it.

    `returned_date` is today if None. Raises NotFound, PreconditionFailed, what `Payment.refund`
    raises, and Conflict (REFUND_DUPLICATE) if another refund has this bank reference.
    """
    tx = command.tx
    await lock_account_of_payment(tx, payment_id)
    before = await PAYMENT.get(tx, payment_id, lock=True)
    command.expected.check(before)
    today = await tenant_settings.today(tx, command.now)
    refund = MoneyReturn(
        id=new_id(),
        payment_id=payment_id,
        kind=ReturnKind.REFUND,
        amount=amount,
        returned_date=returned_date or today,
        bank_reference=bank_reference,
        reason=reason,
        created_at=command.now,
    )
    after, refunded = before.refund(refund, today=today)
    if not await insert_return(tx, refund):
        raise Conflict("REFUND_DUPLICATE", bank_reference=bank_reference)
    await save_record(command, PAYMENT, before, after, refunded)
    return refund
