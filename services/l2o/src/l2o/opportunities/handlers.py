from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.subscriptions import Meta
from contracts.rms.events import OrderConfirmed
from l2o.opportunities import actions


async def on_order_confirmed(tx: AsyncConnection, event: OrderConfirmed, _: Meta) -> None:
    await actions.win_by_order(
        tx, event.order.opportunity_id, order_id=event.order.order_id, now=event.confirmed_at
    )
