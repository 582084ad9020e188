"""Events of CPQ and RMS: each becomes an entry of a timeline."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.context import current
from contracts.event import Event
from l2o.timelines.actions import add_entry
from l2o.timelines.domain import EventOrigin


async def on_document_fact(tx: AsyncConnection, event: Event, meta: EventMeta) -> None:
    """Add what happened to a quote, order, shipment, receivable or payment."""
    origin = EventOrigin(
        event_id=meta.event_id,
        aggregate_id=meta.aggregate_id,
        epoch=meta.epoch,
        sequence=meta.sequence,
        occurred_at=meta.occurred_at,
        actor=current().actor,
    )
    await add_entry(tx, event, origin)
