from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.numbers import next_number
from chassis.outbox import publish
from kernel.money import Money
from rms.receivables import store
from rms.receivables.domain import Receivable


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
) -> Receivable:
    """Store what is owed for a shipment and publish it."""
    receivable = Receivable(
        id=receivable_id,
        document_no=await next_number(tx, "receivable", prefix="AR", on=today),
        order_id=order_id,
        order_no=order_no,
        shipment_id=shipment_id,
        account_id=account_id,
        account_name=account_name,
        amount=amount,
        allocated=Money.zero(amount.currency),
        due_date=due_date,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, receivable)
    await publish(tx, receivable.created(), of=receivable)
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
    receivable = await store.allocate(tx, receivable_id, amount, now=now)
    allocated = receivable.was_allocated(amount, allocation_id=allocation_id, payment_id=payment_id)
    await publish(tx, allocated, of=receivable)
    return receivable
