"""Events of RMS: orders that are placed, changed or cancelled change RFM scores."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from contracts.event import Event
from l2o.rfm_scores.actions import order_changed


async def on_order_fact(tx: AsyncConnection, _event: Event, _meta: EventMeta) -> None:
    """Queue the computation for accounts whose orders changed."""
    await order_changed(tx, now())
