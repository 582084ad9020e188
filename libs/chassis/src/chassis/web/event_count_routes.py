"""How many events of the caller's tenant went out and came in: published = consumed, shown.

A redelivery is told from a stale event by its receipt, or else by its offset and by what the
process remembers. A replica, and whatever a subscription ignores, has no receipt: where a relay
died between the broker's acknowledgement and its cursor, the event comes again at a new offset,
and a consumer started since counts it as skipped or ignored once more. So `published` equals
`applied + skipped + ignored + parked` exactly as long as nothing was sent twice, and never is
more once all is consumed.
"""

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts, outbox, outbox_pruned
from chassis.web.auth import allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.event import topic_of


class PublishedCount(BaseModel):
    """Events of one topic ever written to the outbox, the pruned ones too."""

    topic: str
    events: int


class ConsumedCount(BaseModel):
    """What became of one topic's events at one subscription; `parked` are the ones waiting now."""

    subscription: str
    topic: str
    applied: int
    skipped: int
    ignored: int
    parked: int
    duplicates: int


class EventCounts(BaseModel):
    """The tenant's events as this service published and consumed them."""

    published: list[PublishedCount]
    consumed: list[ConsumedCount]


async def _published(tx: AsyncConnection) -> list[PublishedCount]:
    # One statement: pruning moves events from the one table's count to the other's.
    parts = union_all(
        select(outbox.c.aggregatetype, literal(1).label("events")),
        select(outbox_pruned.c.aggregatetype, outbox_pruned.c.events),
    ).subquery()
    rows = await tx.execute(
        select(parts.c.aggregatetype, func.sum(parts.c.events).label("events"))
        .group_by(parts.c.aggregatetype)
        .order_by(parts.c.aggregatetype)
    )
    return [PublishedCount(topic=topic_of(r.aggregatetype), events=r.events) for r in rows]


async def _consumed(tx: AsyncConnection) -> list[ConsumedCount]:
    counts = consumer_counts.c
    names = ("applied", "skipped", "ignored", "parked", "duplicates")
    sums = [func.sum(counts[name]).label(name) for name in names]
    rows = await tx.execute(
        select(counts.subscription, counts.topic, *sums)
        .group_by(counts.subscription, counts.topic)
        .order_by(counts.subscription, counts.topic)
    )
    return [ConsumedCount.model_validate(dict(row._mapping)) for row in rows]


def event_count_router(service: str) -> APIRouter:
    """`GET /event-counts` of one service."""
    router = new_router("/event-counts", tag="events")

    @router.get("", name="event_counts_get", dependencies=[allow(f"{service}.event.admin")])
    async def event_counts_get(tx: Tx) -> EventCounts:
        """Events published and consumed, per topic and subscription."""
        return EventCounts(published=await _published(tx), consumed=await _consumed(tx))

    return router
