"""Events of L2O: the outcome of conversions."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from chassis.foundation.context import current
from chassis.web.commands import Command
from contracts.l2o.events import ConversionCompleted, ConversionRejected
from mtl.conversions.actions import conversions as actions

MAX_NOTE: Final = 500


async def on_conversion_completed(
    tx: AsyncConnection, event: ConversionCompleted, _meta: EventMeta
) -> None:
    """L2O has the records that the lead became."""
    await actions.complete_conversion(
        Command(tx, now(), actor=current().actor),
        event.lead_id,
        conversion_id=event.conversion_id,
    )


async def on_conversion_rejected(
    tx: AsyncConnection, event: ConversionRejected, _meta: EventMeta
) -> None:
    """L2O has created nothing, for example because the account does not exist."""
    zh, en = ("、".join(one.zh for one in event.fields), ", ".join(one.en for one in event.fields))
    note = zh if zh == en else f"{zh} / {en}"
    await actions.reject_conversion(
        Command(tx, now(), actor=current().actor),
        event.lead_id,
        conversion_id=event.conversion_id,
        reason=event.reason,
        note=note[:MAX_NOTE] or None,
    )
