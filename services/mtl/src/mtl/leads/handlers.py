"""Events of L2O: the outcome of lead conversions."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from chassis.foundation.context import current
from chassis.web.commands import Command
from contracts.l2o.events import ConversionCompleted, ConversionRejected
from mtl.leads.actions import conversions


async def on_conversion_completed(
    tx: AsyncConnection, event: ConversionCompleted, _meta: EventMeta
) -> None:
    """L2O has created the records of a converted lead."""
    await conversions.complete_conversion(tx, event.conversion_id)


async def on_conversion_rejected(
    tx: AsyncConnection, event: ConversionRejected, _meta: EventMeta
) -> None:
    """L2O has created nothing, for example because the account does not exist."""
    await conversions.reject_conversion(
        Command(tx, now(), actor=current().actor),
        event.lead_id,
        conversion_id=event.conversion_id,
        reason=event.reason,
    )
