from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records import tenant_settings
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.numbers.numbers import next_number
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.rms.events import ReceivableChanged
from kernel.errors import RuleBroken
from kernel.money import Money
from rms.receivables import store
from rms.receivables.domain import Receivable, ReceivableKind, status_of

OVERDUE_JOB = "receivable_overdue"
DAY = timedelta(days=1)


async def create_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    *,
    order_id: UUID,
    order_no: str,
    shipment_id: UUID | None,
    account_id: UUID,
    account_name: str,
    amount: Money,
    due_date: date,
    today: date,
    now: datetime,
    owner_id: str | None = None,
    instalment: int = 1,
    kind: ReceivableKind = ReceivableKind.SHIPMENT,
) -> Receivable:
    """Store what is owed and publish it; `owner_id` owns it where L2O names no owner."""
    zero = Money.zero(amount.currency)
    receivable = Receivable(
        id=receivable_id,
        document_no=await next_number(tx, "receivable", prefix="AR", on=today),
        order_id=order_id,
        order_no=order_no,
        kind=kind,
        shipment_id=shipment_id,
        account_id=account_id,
        account_name=account_name,
        amount=amount,
        allocated=zero,
        withdrawn=zero,
        due_date=due_date,
        owner_id=await store.owner_of(tx, account_id) or owner_id,
        instalment=instalment,
        status=status_of(amount, zero),
        created_at=now,
        updated_at=now,
    )
    await _post(tx, receivable)
    return receivable


async def _post(tx: AsyncConnection, receivable: Receivable) -> None:
    await store.add(tx, receivable)
    await publish(tx, receivable.created(), of=receivable)
    await _watch(tx, receivable)


async def allocate_to_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    amount: Money,
    *,
    allocation_id: UUID,
    payment_id: UUID,
    now: datetime,
) -> Receivable:
    """Set a part of a payment against the receivable and publish it.

    Raises Conflict (STALE_WRITE) if so much is not open any more.
    """
    receivable = await store.get(tx, receivable_id, lock=True)
    receivable = await store.save(tx, receivable.allocate(amount, now=now))
    allocated = receivable.was_allocated(amount, allocation_id=allocation_id, payment_id=payment_id)
    await publish(tx, allocated, of=receivable)
    return receivable


async def reopen_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    amount: Money,
    *,
    allocation_id: UUID,
    reverses_id: UUID,
    payment_id: UUID,
    now: datetime,
) -> Receivable:
    """Take a part of a payment back from the receivable and publish it.

    Raises Conflict (STALE_WRITE) if so much is not settled.
    """
    receivable = await store.get(tx, receivable_id, lock=True)
    receivable = await store.save(tx, receivable.reopen(amount, now=now))
    reopened = receivable.was_reopened(
        amount, allocation_id=allocation_id, reverses_id=reverses_id, payment_id=payment_id
    )
    await publish(tx, reopened, of=receivable)
    await _watch(tx, receivable)
    return receivable


async def prepayment_of(tx: AsyncConnection, order_id: UUID) -> UUID | None:
    """The first receivable that was owed ahead of an order's shipments, if any."""
    return await store.prepayment_of(tx, order_id)


async def withdraw_prepayment(
    tx: AsyncConnection, order_id: UUID, amount: Money, *, account_id: UUID, now: datetime
) -> None:
    """Let so much less be owed ahead of an order, the last due first, and publish it.

    Raises RuleBroken (PREPAYMENT_ALLOCATED): a payment settled what should be withdrawn.
    """
    await store.lock_account(tx, account_id)
    left = amount
    prepaid = await store.lock_prepayments(tx, order_id)
    for receivable in sorted(prepaid, key=lambda one: (one.due_date, one.id), reverse=True):
        part = min(receivable.open, left)
        if not part.is_zero:
            saved = await store.save(tx, receivable.withdraw(part, now=now))
            await publish(tx, saved.was_withdrawn(part), of=saved)
            left -= part
    if not left.is_zero:
        raise RuleBroken("PREPAYMENT_ALLOCATED", amount=str(left.amount), currency=left.currency)


async def edit_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    edit: Callable[[Receivable], Receivable],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Receivable:
    """Change what is noted of it; what changes nothing publishes nothing.

    Raises NotFound, Invalid.
    """
    before = await store.get(tx, receivable_id, lock=True)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, store.RECEIVABLES.resource, edited.custom_fields, before=before.custom_fields
    )
    after = replace(edited, custom_fields=fields)
    if after == before:
        return before
    expected.check(before)
    receivable = await store.save(tx, replace(after, updated_at=now))
    await publish(tx, ReceivableChanged(receivable=receivable.state()), of=receivable)
    return receivable


async def transfer_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Receivable:
    """One that has this owner answers itself. Raises NotFound."""
    before = await store.get(tx, receivable_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    receivable, assigned = before.assign(owner_id, actor=actor, reason=reason, now=now)
    receivable = await store.save(tx, receivable)
    await publish(tx, assigned, of=receivable)
    return receivable


async def tell_overdue(
    tx: AsyncConnection, receivable_id: UUID, *, now: datetime
) -> datetime | None:
    """Publish once that its day is over and something is open; when to look again, if ever.

    Not yet where the tenant has moved to another time zone since. Raises NotFound.
    """
    timezone = (await tenant_settings.settings_of(tx)).timezone
    today = business_date(now, timezone)
    receivable = await store.get(tx, receivable_id, lock=True)
    if not receivable.may_become_overdue:
        return None
    if not receivable.is_overdue(today):
        return start_of_day(receivable.due_date + DAY, timezone)
    receivable = await store.save(tx, receivable.tell_overdue(today, now=now))
    await publish(tx, receivable.became_overdue(today), of=receivable)
    return None


async def _watch(tx: AsyncConnection, receivable: Receivable) -> None:
    """Look at it when its day is over where the tenant is; at once where it is over already."""
    if receivable.may_become_overdue:
        timezone = (await tenant_settings.settings_of(tx)).timezone
        run_at = start_of_day(receivable.due_date + DAY, timezone)
        await queue.enqueue(tx, OVERDUE_JOB, str(receivable.id), run_at=run_at)
