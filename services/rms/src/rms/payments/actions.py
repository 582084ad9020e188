from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import directory
from chassis.numbers import next_number
from chassis.outbox import publish
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from rms.payments import store
from rms.payments.domain import Allocation, Owed, Payment, Wanted, ensure_plausible
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

    Raises Invalid (ACCOUNT_UNKNOWN, DATE_TOO_EARLY, DATE_IN_FUTURE) and Conflict
    (PAYMENT_DUPLICATE), which names the payment with this bank reference.
    """
    today = await directory.today(tx, now)
    account_name = await store.account_name(tx, account_id)
    ensure_plausible(received_date, today=today, account_known=account_name is not None)
    assert account_name is not None
    payment = Payment(
        id=new_id(),
        document_no=await next_number(tx, "payment", prefix="PY", on=today),
        account_id=account_id,
        account_name=account_name,
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
    parts = payment.chosen(wanted, receivables)
    return await _allocate(tx, payment, parts, receivables.values(), now)


async def allocate_oldest_first(
    tx: AsyncConnection, payment_id: UUID, *, at_most: Money | None, now: datetime
) -> Allocated:
    """Settle what the payment's account has owed for longest, as far as the money goes.

    Raises NotFound, RuleBroken and Invalid as `Payment.oldest_first` does.
    """
    payment = await store.lock(tx, payment_id)
    receivables = await store.lock_open_receivables(tx, payment)
    parts = payment.oldest_first(receivables, at_most=at_most)
    return await _allocate(tx, payment, parts, receivables, now)


async def _allocate(
    tx: AsyncConnection,
    payment: Payment,
    parts: Sequence[Wanted],
    owed: Iterable[Owed],
    now: datetime,
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
    numbers = {one.id: one.document_no for one in owed}
    await publish(tx, payment.was_allocated(made, numbers), of=payment)
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
