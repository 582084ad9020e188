"""What an operator can do with parked events: list, redrive, edit, skip.

The API (whose role sees one tenant) and the command line (the worker's role sees all) share it.
The row of an event keeps who resolved it, when, and the note.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts, parked_events
from chassis.events.consumer import counts, dead_letters
from chassis.events.consumer.counts import Outcome
from chassis.events.consumer.dead_letters import ParkedEvent, ParkedEventStatus
from chassis.events.consumer.decoded_records import from_stored_json, to_stored_json
from chassis.events.envelope import Envelope, EnvelopeInvalid
from chassis.foundation.violations import violations_of_body
from contracts.event import EVENT_CLASSES
from kernel.errors import Invalid, NotFound, RuleBroken

ORIGINAL_DATA = "original_data"  # stored beside the corrected data; never published


@dataclass(frozen=True)
class _CountedGeneration:
    name: str
    generation: int


def parked_events_query(
    *, status: ParkedEventStatus | None = None, subscription: str | None = None
) -> Select[Any]:
    """Return the query of the parked events, unordered; the caller pages it."""
    query = select(parked_events)
    if status is not None:
        query = query.where(parked_events.c.status == status)
    if subscription is not None:
        query = query.where(parked_events.c.subscription == subscription)
    return query


async def list_parked(
    tx: AsyncConnection,
    *,
    status: ParkedEventStatus | None = ParkedEventStatus.PARKED,
    subscription: str | None = None,
    limit: int = 100,
) -> list[ParkedEvent]:
    """Return parked events, the oldest first, which is the order of a redrive."""
    query = parked_events_query(status=status, subscription=subscription)
    oldest = query.order_by(parked_events.c.id).limit(limit)
    rows = (await tx.execute(oldest)).mappings()
    return [dead_letters.parked_event_of(dict(row)) for row in rows]


async def get_parked(tx: AsyncConnection, parked_id: UUID) -> ParkedEvent:
    """Return a parked event. Raises NotFound, also for events of other tenants."""
    query = select(parked_events).where(parked_events.c.id == parked_id)
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("parked_event", parked_id)
    return dead_letters.parked_event_of(dict(row))


async def redrive_parked(
    tx: AsyncConnection, parked_id: UUID, *, by: str, now: datetime, note: str | None = None
) -> ParkedEvent:
    """Let the worker retry the event's key, from the head of its queue on.

    Raises NotFound, or RuleBroken (PARKED_EVENT_SKIPPED).
    """
    parked = await _lock(tx, parked_id)
    if parked.status is ParkedEventStatus.REDRIVEN:
        return parked
    _ensure_parked(parked)
    first = await dead_letters.head(tx, parked.tenant_id, parked.subscription, parked.key)
    assert first is not None
    request = {"retry_at": now, "deadline_at": None, "resolved_by": by, "note": note}
    await tx.execute(dead_letters.update_of(first).values(request))
    return await get_parked(tx, parked_id)


async def edit_parked(
    tx: AsyncConnection,
    parked_id: UUID,
    data: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    note: str,
) -> ParkedEvent:
    """Replace an event's data and retry its key; the published data is kept beside the new.

    Raises NotFound, Invalid (the data does not fit its type), or RuleBroken
    (PARKED_EVENT_SKIPPED, PARKED_EVENT_REDRIVEN, PARKED_EVENT_UNREADABLE).
    """
    parked = await _lock(tx, parked_id)
    _ensure_parked(parked)
    stored = _decoded_envelope(parked)
    _ensure_fits_type(str(stored["type"]), data)
    original = stored.get(ORIGINAL_DATA, stored["data"])
    edited = {**stored, ORIGINAL_DATA: original, "data": dict(data)}
    envelope = to_stored_json(orjson.dumps(edited))
    await tx.execute(dead_letters.update_of(parked).values(envelope=envelope))
    return await redrive_parked(tx, parked_id, by=by, now=now, note=note)


async def skip_parked(
    tx: AsyncConnection, parked_id: UUID, *, by: str, now: datetime, note: str
) -> ParkedEvent:
    """Skip an event for good: it is never applied, and the events behind it continue.

    Raises NotFound, or RuleBroken (PARKED_EVENT_REDRIVEN).
    """
    parked = await _lock(tx, parked_id)
    if parked.status is ParkedEventStatus.SKIPPED:
        return parked
    _ensure_parked(parked)
    generation = await _counted_generation(tx, parked)
    changes = {"status": ParkedEventStatus.SKIPPED, "resolved_by": by, "note": note}
    await dead_letters.resolve(tx, parked, generation, Outcome.IGNORED, now, **changes)
    return await get_parked(tx, parked_id)


async def _lock(tx: AsyncConnection, parked_id: UUID) -> ParkedEvent:
    """Lock the counts of the event's partition and its key, then return the event as it is now."""
    parked = await get_parked(tx, parked_id)
    generation = await _counted_generation(tx, parked)
    await counts.lock(tx, parked.tenant_id, generation, [parked.topic_partition])
    await dead_letters.lock_key(tx, parked.tenant_id, parked.subscription, parked.key)
    return await get_parked(tx, parked_id)


async def _counted_generation(tx: AsyncConnection, parked: ParkedEvent) -> _CountedGeneration:
    """Return the generation that counted the event: the newest one of its partition."""
    c = consumer_counts.c
    newest = select(func.max(c.generation)).where(
        c.tenant_id == parked.tenant_id,
        c.subscription == parked.subscription,
        c.topic == parked.topic,
        c.partition == parked.partition,
    )
    generation = (await tx.execute(newest)).scalar_one() or 1
    return _CountedGeneration(parked.subscription, generation)


def _ensure_parked(parked: ParkedEvent) -> None:
    if parked.status is ParkedEventStatus.REDRIVEN:
        raise RuleBroken("PARKED_EVENT_REDRIVEN")
    if parked.status is ParkedEventStatus.SKIPPED:
        raise RuleBroken("PARKED_EVENT_SKIPPED")


def _decoded_envelope(parked: ParkedEvent) -> dict[str, Any]:
    value = from_stored_json(parked.envelope)
    try:
        Envelope.decode(value)
    except EnvelopeInvalid:
        raise RuleBroken("PARKED_EVENT_UNREADABLE") from None
    attributes: dict[str, Any] = orjson.loads(value)
    return attributes


def _ensure_fits_type(event_type: str, data: Mapping[str, Any]) -> None:
    event_class = EVENT_CLASSES.get(event_type)
    if event_class is None:
        return  # unknown in this process: the worker validates it at the retry
    try:
        event_class.model_validate(data)
    except ValidationError as invalid:
        raise Invalid(violations_of_body(invalid, "data")) from None
