"""Commands that allocate a payment to receivables, and reverse an allocation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.rms import events
from kernel.errors import Forbidden
from kernel.ids import new_id
from kernel.money import Money
from rms.payments.domain.allocations import Allocation, OpenReceivable, RequestedAllocation
from rms.payments.domain.payment import Payment
from rms.payments.store.open_receivables import (
    has_read_only_receivable,
    lock_oldest_open_receivables,
    lock_receivables,
)
from rms.payments.store.writes import (
    get_allocation_with_reversal,
    insert_allocations,
    lock_payment,
    save_payment,
)
from rms.receivables.actions import allocate_to_receivable, reopen_receivable


@dataclass(frozen=True)
class AllocationResult:
    """The payment after the command, and the allocations the command has made."""

    payment: Payment
    allocations: Sequence[Allocation]


async def allocate_as_requested(
    tx: AsyncConnection,
    payment_id: UUID,
    requested: Sequence[RequestedAllocation],
    *,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> AllocationResult:
    """Allocate the payment to these receivables; publish the payment and every receivable.

    Receivables outside the caller's visibility count as unknown. Raises NotFound, what
    `Payment.plan_requested` raises, and Forbidden (RECORD_READ_ONLY) if the caller may not change
    one of the receivables.
    """
    payment = await lock_payment(tx, payment_id)
    receivables = await lock_receivables(tx, {one.receivable_id for one in requested}, visibility)
    planned = payment.plan_requested(requested, receivables)
    if await has_read_only_receivable(tx, receivables, visibility):
        raise Forbidden("RECORD_READ_ONLY")
    return await _allocate(tx, payment, planned, receivables.values(), now)


async def allocate_oldest_first(
    tx: AsyncConnection,
    payment_id: UUID,
    *,
    at_most: Money | None,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> AllocationResult:
    """Allocate the payment to its account's open receivables, the earliest due first.

    Receivables that the caller may not change are skipped. Raises NotFound, and what
    `Payment.plan_oldest_first` raises.
    """
    payment = await lock_payment(tx, payment_id)
    receivables = await lock_oldest_open_receivables(tx, payment, payment.unallocated, visibility)
    planned = payment.plan_oldest_first(receivables, at_most=at_most)
    return await _allocate(tx, payment, planned, receivables, now)


async def reverse_allocation(
    tx: AsyncConnection,
    payment_id: UUID,
    allocation_id: UUID,
    *,
    reason: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> AllocationResult:
    """Reverse an allocation: its money is unallocated and its receivable open again.

    Publishes both. A reversed allocation answers its reversal. Raises NotFound, RuleBroken
    (ALLOCATION_IS_REVERSAL).
    """
    payment = await lock_payment(tx, payment_id)
    original, existing = await get_allocation_with_reversal(tx, payment_id, allocation_id)
    if existing is not None:
        return AllocationResult(payment, [existing])
    expected.check(payment)
    reversal = original.reversal(new_id(), reason=reason, now=now)
    payment = await save_payment(tx, payment.release(original.amount, now=now))
    states = await locked_reversal_states(tx, [reversal])
    await publish(tx, payment.allocation_reversed_event(states, reason=reason), of=payment)
    await save_reversals(tx, [reversal], now)
    return AllocationResult(payment, [reversal])


async def _allocate(
    tx: AsyncConnection,
    payment: Payment,
    planned: Sequence[RequestedAllocation],
    receivables: Iterable[OpenReceivable],
    now: datetime,
) -> AllocationResult:
    allocations = [
        Allocation(
            id=new_id(),
            payment_id=payment.id,
            receivable_id=one.receivable_id,
            amount=one.amount,
            created_at=now,
        )
        for one in planned
    ]
    total = sum((one.amount for one in planned), Money.zero(payment.amount.currency))
    payment = await save_payment(tx, payment.allocate(total, now=now))
    await insert_allocations(tx, allocations)
    states = _states(allocations, {one.id: one for one in receivables})
    await publish(tx, payment.allocated_event(states), of=payment)
    for one in sorted(allocations, key=lambda allocation: allocation.receivable_id):
        await allocate_to_receivable(
            tx,
            one.receivable_id,
            one.amount,
            allocation_id=one.id,
            payment_id=payment.id,
            now=now,
        )
    return AllocationResult(payment, allocations)


async def locked_reversal_states(
    tx: AsyncConnection, reversals: Sequence[Allocation]
) -> tuple[events.Allocation, ...]:
    """The reversals as events carry them; their receivables stay locked until the commit."""
    return _states(reversals, await lock_receivables(tx, {one.receivable_id for one in reversals}))


def _states(
    allocations: Sequence[Allocation], receivables: Mapping[UUID, OpenReceivable]
) -> tuple[events.Allocation, ...]:
    return tuple(one.state(receivables[one.receivable_id].document_no) for one in allocations)


async def save_reversals(
    tx: AsyncConnection, reversals: Sequence[Allocation], now: datetime
) -> None:
    """Insert the reversals and open their receivables again, which publishes the receivables."""
    if reversals:
        await insert_allocations(tx, reversals)
    for one in reversals:
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
