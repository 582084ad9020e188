"""Orders win opportunities."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Meta
from chassis.foundation.clock import now
from contracts.rms.events import OrderConfirmed
from l2o.opportunities import actions


async def on_order_confirmed(tx: AsyncConnection, event: OrderConfirmed, _: Meta) -> None:
    await actions.win_by_order(
        tx,
        event.order.opportunity_id,
        order_id=event.order.order_id,
        confirmed_at=event.confirmed_at,
        now=now(),
    )
