"""Events of MTL: converted leads, and conversions that it requests again or cancels."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from contracts.mtl.events import ConversionCancelled, ConversionRequested, LeadConverted
from l2o.conversions import actions
from l2o.conversions.schemas import record_fields


async def on_lead_converted(tx: AsyncConnection, event: LeadConverted, _: EventMeta) -> None:
    """Create the records of the lead, or reject the conversion."""
    await actions.convert_lead(tx, event, record_fields)


async def on_conversion_requested(
    tx: AsyncConnection, event: ConversionRequested, _: EventMeta
) -> None:
    """Do as for a converted lead; if that was done before, publish its outcome again."""
    await actions.convert_lead(tx, event, record_fields, answers_again=True)


async def on_conversion_cancelled(
    tx: AsyncConnection, event: ConversionCancelled, _: EventMeta
) -> None:
    """Never create the records of the lead; if they are there, publish that again."""
    await actions.cancel_conversion(tx, event)
