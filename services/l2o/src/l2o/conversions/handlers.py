"""Events of MTL: converted leads."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from contracts.mtl.events import LeadConverted
from l2o.conversions import actions


async def on_lead_converted(tx: AsyncConnection, event: LeadConverted, _: EventMeta) -> None:
    """Create the records of the lead, or reject the conversion."""
    await actions.convert_lead(tx, event)
