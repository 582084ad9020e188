from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import directory
from chassis.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.numbers import next_number
from chassis.outbox import publish
from kernel.money import Money
from rms.receivables import store
from rms.receivables.domain import Receivable, status_of

OVERDUE_JOB = "receivable_overdue"
DAY = timedelta(days=1)


async def create_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    *,
    order_id: UUID,
    order_no: str,
    shipment_id: UUID,
    account_id: UUID,
    account_name: str,
    amount: Money,
    due_date: date,
    today: date,
    now: datetime,
    owner_id: str | None = None,
    instalment: int = 1,
) -> Receivable:
    """Store what is owed and publish it; `owner_id` owns it where L2O names no owner."""
    zero = Money.zero(amount.currency)
    receivable = Receivable(
        id=receivable_id,
        document_no=await next_number(tx, "receivable", prefix="AR", on=today),
        order_id=order_id,
        order_no=order_no,
        shipment_id=shipment_id,
        account_id=account_id,
        account_name=account_name,
        amount=amount,
        allocated=zero,
        due_date=due_date,
        owner_id=await store.owner_of(tx, account_id) or owner_id,
        instalment=instalment,
        status=status_of(amount, zero),
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, receivable)
    await publish(tx, receivable.created(), of=receivable)
    await _watch(tx, receivable)
    return receivable


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


async def tell_overdue(
    tx: AsyncConnection, receivable_id: UUID, *, now: datetime
) -> datetime | None:
    """Publish once that its day is over and something is open; when to look again, if ever.

    Not yet where the tenant has moved to another time zone since. Raises NotFound.
    """
    timezone = (await directory.settings_of(tx)).timezone
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
        timezone = (await directory.settings_of(tx)).timezone
        run_at = start_of_day(receivable.due_date + DAY, timezone)
        await queue.enqueue(tx, OVERDUE_JOB, str(receivable.id), run_at=run_at)
