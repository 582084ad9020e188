"""What is owed of an order before anything of it is shipped."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records import tenant_settings
from kernel.ids import new_id
from rms.orders.domain.order import Order
from rms.receivables.actions import create_receivable, withdraw_prepayment
from rms.receivables.domain import ReceivableKind


async def bill_ahead(tx: AsyncConnection, before: Order, order: Order, *, now: datetime) -> None:
    """Let the customer owe as much ahead as the order says now: some more, or less.

    Raises RuleBroken (PREPAYMENT_ALLOCATED) where so much less is not open any more.
    """
    more = order.prepaid_total - before.prepaid_total
    if more.is_negative:
        await withdraw_prepayment(tx, order.id, -more, account_id=order.account_id, now=now)
    elif not more.is_zero:
        today = await tenant_settings.today(tx, now)
        for due in order.payment_term.prepaid_dues(more, today):
            await create_receivable(
                tx,
                new_id(),
                kind=ReceivableKind.PREPAYMENT,
                order_id=order.id,
                order_no=order.document_no,
                shipment_id=None,
                account_id=order.account_id,
                account_name=order.account_name,
                amount=due.amount,
                due_date=due.due_date,
                owner_id=order.owner_id,
                instalment=due.place,
                today=today,
                now=now,
            )
