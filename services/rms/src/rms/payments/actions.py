from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import business_date
from chassis.directory import settings_of
from chassis.numbers import next_number
from chassis.outbox import publish
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from rms.payments import store
from rms.payments.domain import Allocation, Payment, Wanted, ensure_plausible
from rms.receivables.actions import allocate_to_receivable


@dataclass(frozen=True)
class Allocated:
    """The payment as it stands, and the allocations just made."""

    payment: Payment
    allocations: Sequence[Allocation]


async def receive_payment(
    tx: AsyncConnection,
    *,
    account_id: UUID,
    bank_reference: str,
    amount: Money,
    received_date: date,
    now: datetime,
) -> Payment:
    """Store money that arrived and publish it.

    Raises Invalid (ACCOUNT_UNKNOWN, DATE_IN_FUTURE) and Conflict (PAYMENT_DUPLICATE), which names
    the payment with this bank reference.
    """
    today = business_date(now, (await settings_of(tx)).timezone)
    known = await store.knows_account(tx, account_id)
    ensure_plausible(received_date, today=today, account_known=known)
    payment = Payment(
        id=new_id(),
        document_no=await next_number(tx, "payment", prefix="PY", on=today),
        account_id=account_id,
        bank_reference=bank_reference,
        amount=amount,
        allocated=Money.zero(amount.currency),
        received_date=received_date,
        created_at=now,
        updated_at=now,
    )
    if not await store.add(tx, payment):
        other = await store.by_reference(tx, bank_reference)
        raise Conflict("PAYMENT_DUPLICATE", payment_id=str(other.id), document_no=other.document_no)
    await publish(tx, payment.received(), of=payment)
    return payment


async def allocate_as_chosen(
    tx: AsyncConnection, payment_id: UUID, wanted: Sequence[Wanted], *, now: datetime
) -> Allocated:
    """Set the payment against these receivables and publish it for it and each of them.

    Raises NotFound, RuleBroken and Invalid as `Payment.chosen` does.
    """
    payment = await store.lock(tx, payment_id)
    receivables = await store.lock_receivables(tx, {one.receivable_id for one in wanted})
    return await _allocate(tx, payment, payment.chosen(wanted, receivables), now)


async def allocate_oldest_first(
    tx: AsyncConnection, payment_id: UUID, *, at_most: Money | None, now: datetime
) -> Allocated:
    """Settle what the payment's account has owed for longest, as far as the money goes.

    Raises NotFound, RuleBroken and Invalid as `Payment.oldest_first` does.
    """
    payment = await store.lock(tx, payment_id)
    receivables = await store.lock_open_receivables(tx, payment)
    parts = payment.oldest_first(receivables, at_most=at_most)
    return await _allocate(tx, payment, parts, now)


async def _allocate(
    tx: AsyncConnection, payment: Payment, parts: Sequence[Wanted], now: datetime
) -> Allocated:
    made = [
        Allocation(
            id=new_id(),
            payment_id=payment.id,
            receivable_id=part.receivable_id,
            amount=part.amount,
            created_at=now,
        )
        for part in parts
    ]
    total = sum((part.amount for part in parts), Money.zero(payment.amount.currency))
    payment = await store.allocate(tx, payment.id, total, now=now)
    await store.add_allocations(tx, made)
    await publish(tx, payment.was_allocated(made), of=payment)
    for one in sorted(made, key=lambda allocation: allocation.receivable_id):
        await allocate_to_receivable(
            tx,
            one.receivable_id,
            one.amount,
            allocation_id=one.id,
            payment_id=payment.id,
            now=now,
        )
    return Allocated(payment, made)
