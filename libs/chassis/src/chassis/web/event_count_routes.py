"""Counts of the events a tenant published and consumed, to show that nothing was lost.

A consumer recognizes a redelivered event by its inbox row, or else by its offset and by the
recent events it holds in memory. Replicas and ignored events have no inbox row: when a relay died
between the broker's acknowledgment and its own cursor, the event arrives again at a new offset,
and a consumer started since then counts it as skipped or ignored once more. The same holds for
events that an operator had sent again. So `published` equals
`applied + skipped + ignored + parked` exactly unless an event was sent twice, and is never greater
once everything is consumed.
"""

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts, outbox, outbox_pruned
from chassis.web.auth import allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.event import topic_of


class PublishedCount(BaseModel):
    """How many events of one topic were ever written to the outbox, pruned ones included."""

    topic: str
    events: int


class ConsumedCount(BaseModel):
    """What one subscription did with the events of one topic."""

    subscription: str
    topic: str
    applied: int = Field(description="Events that took effect")
    skipped: int = Field(description="Events older than the state that the replica already had")
    ignored: int = Field(description="Events of types that the subscription does not handle")
    parked: int = Field(description="Events that are parked now")
    duplicates: int = Field(description="Redelivered events, recognized and not applied again")


class EventCounts(BaseModel):
    """The counts of the tenant's events that this service published and consumed."""

    published: list[PublishedCount]
    consumed: list[ConsumedCount]


async def _published(tx: AsyncConnection) -> list[PublishedCount]:
    # One statement, because pruning moves events from one table's count to the other's.
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
    """Build `GET /event-counts` of one service."""
    router = new_router("/event-counts", tag="events")

    @router.get("", name="event_counts_get", dependencies=[allow(f"{service}.event.admin")])
    async def event_counts_get(tx: Tx) -> EventCounts:
        """Count the events published and consumed, by topic and subscription."""
        return EventCounts(published=await _published(tx), consumed=await _consumed(tx))

    return router
