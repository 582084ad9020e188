"""Where the money of a payment goes, and how it comes back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records import tenant_settings
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.rms import events as facts
from kernel.errors import Conflict, Forbidden
from kernel.ids import new_id
from kernel.money import Money
from rms.payments import store
from rms.payments.domain.allocations import Allocation, Owed, Wanted
from rms.payments.domain.payment import Payment, PaymentStatus
from rms.payments.domain.returns import MoneyReturn, ReturnKind
from rms.receivables.actions import allocate_to_receivable, reopen_receivable


@dataclass(frozen=True)
class Allocated:
    """The payment as it stands, and the allocations just made."""

    payment: Payment
    allocations: Sequence[Allocation]


async def allocate_as_chosen(
    tx: AsyncConnection,
    payment_id: UUID,
    wanted: Sequence[Wanted],
    *,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> Allocated:
    """Set the payment against these receivables and publish it for it and each of them.

    Those that are beyond the caller's reach are unknown. Raises NotFound, RuleBroken and Invalid as
    `Payment.chosen` does, and Forbidden (RECORD_READ_ONLY): the caller may not change one of them.
    """
    payment = await store.lock(tx, payment_id)
    receivables = await store.lock_receivables(tx, {o.receivable_id for o in wanted}, visibility)
    parts = payment.chosen(wanted, receivables)
    if await store.read_only(tx, receivables, visibility):
        raise Forbidden("RECORD_READ_ONLY")
    return await _allocate(tx, payment, parts, receivables.values(), now)


async def allocate_oldest_first(
    tx: AsyncConnection,
    payment_id: UUID,
    *,
    at_most: Money | None,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> Allocated:
    """Settle what the payment's account has owed for longest, as far as the money goes.

    What the caller may not change is passed over: it is for whoever may. Raises NotFound,
    RuleBroken and Invalid as `Payment.oldest_first` does.
    """
    payment = await store.lock(tx, payment_id)
    receivables = await store.lock_oldest_open(tx, payment, payment.unallocated, visibility)
    parts = payment.oldest_first(receivables, at_most=at_most)
    return await _allocate(tx, payment, parts, receivables, now)


async def reverse_allocation(
    tx: AsyncConnection,
    payment_id: UUID,
    allocation_id: UUID,
    *,
    reason: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Allocated:
    """Undo an allocation: the money is free and the receivable open again; both are published.

    One that is undone already is answered as it was. Raises NotFound, RuleBroken
    (ALLOCATION_IS_REVERSAL).
    """
    payment = await store.lock(tx, payment_id)
    original, undone_by = await store.get_allocation(tx, payment_id, allocation_id)
    if undone_by is not None:
        return Allocated(payment, [undone_by])
    expected.check(payment)
    undoing = original.reversed(new_id(), reason=reason, now=now)
    payment = await store.save(tx, payment.free(original.amount, now=now))
    states = await _told(tx, [undoing])
    await publish(tx, payment.was_freed(states, reason=reason), of=payment)
    await _undo(tx, [undoing], now)
    return Allocated(payment, [undoing])


async def reverse_payment(
    tx: AsyncConnection,
    payment_id: UUID,
    *,
    reason: str,
    returned_date: date | None,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """The payment bounced: undo all its allocations by reversing rows and publish it for all.

    The second time nothing happens. Raises NotFound, RuleBroken and Invalid as `Payment.bounce`.
    """
    payment = await store.lock(tx, payment_id)
    if payment.status is PaymentStatus.REVERSED:
        return
    expected.check(payment)
    today = await tenant_settings.today(tx, now)
    standing = await store.standing_allocations(tx, payment_id)
    bounced = payment.bounce(returned_date or today, today=today, now=now)
    returned = MoneyReturn(
        id=new_id(),
        payment_id=payment_id,
        kind=ReturnKind.REVERSAL,
        amount=payment.amount,
        returned_date=returned_date or today,
        reason=reason,
        created_at=now,
    )
    payment = await store.save(tx, bounced)
    await store.add_return(tx, returned)
    undoing = [one.reversed(new_id(), reason=reason, now=now) for one in standing]
    await publish(tx, payment.bounced(returned, await _told(tx, undoing)), of=payment)
    await _undo(tx, undoing, now)


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
    """Give back a part of the payment that is not allocated, and publish it.

    Raises NotFound, RuleBroken and Invalid as `Payment.refund` does, and Conflict
    (REFUND_DUPLICATE) where another refund has this bank reference.
    """
    payment = await store.lock(tx, payment_id)
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
    payment = await store.save(tx, payment)
    if not await store.add_return(tx, refund):
        raise Conflict("REFUND_DUPLICATE", bank_reference=bank_reference)
    await publish(tx, refunded, of=payment)
    return refund


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
    payment = await store.save(tx, payment.allocate(total, now=now))
    await store.add_allocations(tx, made)
    states = _states(made, {one.id: one for one in owed})
    await publish(tx, payment.was_allocated(states), of=payment)
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


async def _told(tx: AsyncConnection, undoing: Sequence[Allocation]) -> tuple[facts.Allocation, ...]:
    """The reversing rows as events tell of them; their receivables are locked from here on."""
    return _states(undoing, await store.lock_receivables(tx, {o.receivable_id for o in undoing}))


def _states(made: Sequence[Allocation], owed: Mapping[UUID, Owed]) -> tuple[facts.Allocation, ...]:
    return tuple(one.state(owed[one.receivable_id].document_no) for one in made)


async def _undo(tx: AsyncConnection, undoing: Sequence[Allocation], now: datetime) -> None:
    """Store the reversing rows and open their receivables again."""
    if undoing:
        await store.add_allocations(tx, undoing)
    for one in undoing:
        assert one.reverses_id is not None
        await reopen_receivable(
            tx,
            one.receivable_id,
            -one.amount,
            allocation_id=one.id,
            reverses_id=one.reverses_id,
            payment_id=one.payment_id,
            now=now,
        )
