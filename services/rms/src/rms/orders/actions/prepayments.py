"""Prepayments: receivables that an order owes before anything is shipped."""

from chassis.records import tenant_settings
from chassis.web.commands import Command
from kernel.ids import new_id
from rms.orders.domain.order import Order
from rms.receivables.actions import create_receivable, withdraw_prepayment
from rms.receivables.domain import ReceivableKind


async def adjust_prepayment(command: Command, before: Order, order: Order) -> None:
    """Create or withdraw prepayment receivables until they match the order's prepaid total.

    Raises RuleBroken (PREPAYMENT_ALLOCATED) where payments have settled what should be withdrawn.
    """
    difference = order.prepaid_total - before.prepaid_total
    if difference.is_negative:
        await withdraw_prepayment(command, order.id, -difference, account_id=order.account_id)
    elif not difference.is_zero:
        today = await tenant_settings.today(command.tx, command.now)
        for due in order.payment_term.prepayment_instalments(difference, today):
            await create_receivable(
                command,
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
                instalment=due.instalment_no,
            )
