"""Feeds copies of a neighbour's aggregates from its events, without a consumer."""

from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from chassis.events.replicas import Copy, ReceivedState
from chassis.events.subscriptions import EventMeta
from contracts.event import AggregateState, Event
from kernel.ids import new_id

S = TypeVar("S", bound=AggregateState)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def carried(
    copy: Copy[S], event: Event, key: UUID, *, sequence: int, epoch: int = 1
) -> ReceivedState[S]:
    """Return the state that an event of the aggregate `key` carries, as `replicate` takes it."""
    meta = EventMeta(
        event_id=new_id(),
        tenant=new_id(),
        aggregate_id=key,
        sequence=sequence,
        epoch=epoch,
        occurred_at=NOON,
    )
    return ReceivedState(copy.read(event.type.split(".")[2], event.model_dump(mode="json")), meta)
