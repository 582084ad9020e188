"""Events of RMS: a confirmed order wins its opportunity."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from chassis.foundation.context import current
from chassis.web.commands import Command
from contracts.rms.events import OrderConfirmed
from l2o.opportunities.actions.stages import win_by_order


async def on_order_confirmed(tx: AsyncConnection, event: OrderConfirmed, _: EventMeta) -> None:
    """Win the opportunity of the order, by who confirmed it."""
    order = event.order
    await win_by_order(
        Command(tx, now(), actor=current().actor),
        order.opportunity_id,
        order_id=order.order_id,
        order_no=order.document_no,
        confirmed_at=event.confirmed_at,
    )
