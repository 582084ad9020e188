"""Commands that allocate a payment to receivables, and reverse an allocation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import AlreadyMade, ensure_same, save_record, visibility_for
from chassis.web.commands import Command
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
    PAYMENT,
    get_allocation_with_reversal,
    insert_allocations,
    lock_account_of_payment,
)
from rms.receivables.actions import allocate_to_receivable, reopen_receivable
from rms.receivables.store import RECEIVABLES


@dataclass(frozen=True)
class AllocationResult:
    """The payment after the command, and the allocations the command has made."""

    payment: Payment
    allocations: Sequence[Allocation]


async def allocate_as_requested(
    command: Command, payment_id: UUID, requested: Sequence[RequestedAllocation]
) -> AllocationResult:
    """Allocate the payment to these receivables; publish the payment and every receivable.

    Receivables that the caller does not see count as unknown. Raises NotFound, PreconditionFailed,
    what `Payment.plan_requested` raises, and Forbidden (RECORD_READ_ONLY) if the caller may not
    change one of the receivables.
    """
    tx = command.tx
    visibility = await visibility_for(command, RECEIVABLES.resource)
    await lock_account_of_payment(tx, payment_id)
    payment = await PAYMENT.get(tx, payment_id, lock=True)
    command.expected.check(payment)
    receivables = await lock_receivables(tx, {one.receivable_id for one in requested}, visibility)
    planned = payment.plan_requested(requested, receivables)
    if await has_read_only_receivable(tx, receivables, visibility):
        raise Forbidden("RECORD_READ_ONLY")
    return await _allocate(command, payment, planned, receivables.values())


async def allocate_oldest_first(
    command: Command, payment_id: UUID, *, at_most: Money | None
) -> AllocationResult:
    """Allocate the payment to its account's open receivables, the earliest due first.

    Receivables that the caller may not change are skipped. Raises NotFound, PreconditionFailed, and
    what `Payment.plan_oldest_first` raises.
    """
    tx = command.tx
    visibility = await visibility_for(command, RECEIVABLES.resource)
    await lock_account_of_payment(tx, payment_id)
    payment = await PAYMENT.get(tx, payment_id, lock=True)
    command.expected.check(payment)
    receivables = await lock_oldest_open_receivables(tx, payment, payment.unallocated, visibility)
    planned = payment.plan_oldest_first(receivables, at_most=at_most)
    return await _allocate(command, payment, planned, receivables)


async def reverse_allocation(
    command: Command, payment_id: UUID, allocation_id: UUID, *, reason: str
) -> AllocationResult:
    """Reverse an allocation: its money is unallocated and its receivable open again.

    Publishes both. A reversed allocation answers its reversal. Raises NotFound, RuleBroken
    (ALLOCATION_IS_REVERSAL), Conflict (MOVE_MADE_OTHERWISE).
    """
    tx = command.tx
    await lock_account_of_payment(tx, payment_id)
    payment = await PAYMENT.get(tx, payment_id, lock=True)
    original, existing = await get_allocation_with_reversal(tx, payment_id, allocation_id)
    if existing is not None:
        await ensure_same(command, payment, AlreadyMade(same=existing.reason == reason))
        return AllocationResult(payment, [existing])
    command.expected.check(payment)
    reversal = original.reversal(new_id(), reason=reason, now=command.now)
    released = payment.release(original.amount, now=command.now)
    states = await locked_reversal_states(tx, [reversal])
    event = released.allocation_reversed_event(states, reason=reason)
    saved = await save_record(command, PAYMENT, payment, released, event)
    await save_reversals(command, [reversal])
    return AllocationResult(saved, [reversal])


async def _allocate(
    command: Command,
    payment: Payment,
    planned: Sequence[RequestedAllocation],
    receivables: Iterable[OpenReceivable],
) -> AllocationResult:
    allocations = [
        Allocation(
            id=new_id(),
            payment_id=payment.id,
            receivable_id=one.receivable_id,
            amount=one.amount,
            created_at=command.now,
        )
        for one in planned
    ]
    total = sum((one.amount for one in planned), Money.zero(payment.amount.currency))
    after = payment.allocate(total, now=command.now)
    states = _states(allocations, {one.id: one for one in receivables})
    saved = await save_record(command, PAYMENT, payment, after, after.allocated_event(states))
    await insert_allocations(command.tx, allocations)
    for one in sorted(allocations, key=lambda allocation: allocation.receivable_id):
        await allocate_to_receivable(
            command,
            one.receivable_id,
            one.amount,
            allocation_id=one.id,
            payment_id=payment.id,
        )
    return AllocationResult(saved, allocations)


async def locked_reversal_states(
    tx: AsyncConnection, reversals: Sequence[Allocation]
) -> tuple[events.Allocation, ...]:
    """The reversals as events carry them; their receivables stay locked until the commit."""
    return _states(reversals, await lock_receivables(tx, {one.receivable_id for one in reversals}))


def _states(
    allocations: Sequence[Allocation], receivables: Mapping[UUID, OpenReceivable]
) -> tuple[events.Allocation, ...]:
    return tuple(one.state(receivables[one.receivable_id].document_no) for one in allocations)


async def save_reversals(command: Command, reversals: Sequence[Allocation]) -> None:
    """Insert the reversals and open their receivables again, which publishes the receivables."""
    if reversals:
        await insert_allocations(command.tx, reversals)
    for one in reversals:
        assert one.reverses_id is not None
        await reopen_receivable(
            command,
            one.receivable_id,
            -one.amount,
            allocation_id=one.id,
            reverses_id=one.reverses_id,
            payment_id=one.payment_id,
        )
