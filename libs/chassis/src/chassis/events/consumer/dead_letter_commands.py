"""What an operator does with parked events: look, try again, correct, give up. All of it is kept.

The same for the API (its role sees one tenant) and the command line (the worker's sees all).
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
from chassis.foundation.violations import from_pydantic
from contracts.event import EVENT_CLASSES
from kernel.errors import Invalid, NotFound, RuleBroken

ORIGINAL_DATA = "original_data"  # beside the corrected data, in the row only


@dataclass(frozen=True)
class _Reader:
    name: str
    generation: int


def parked_events_query(
    *, status: ParkedEventStatus | None = None, subscription: str | None = None
) -> Select[Any]:
    """The query of the parked events, unordered; the caller pages it."""
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
    """The oldest first, as they would be redriven."""
    oldest = parked_events_query(status=status, subscription=subscription).order_by(
        parked_events.c.id
    )
    return [
        dead_letters.parked_event_of(dict(row))
        for row in (await tx.execute(oldest.limit(limit))).mappings()
    ]


async def get_parked(tx: AsyncConnection, parked_id: UUID) -> ParkedEvent:
    """Raises NotFound, also for other tenants' events."""
    query = select(parked_events).where(parked_events.c.id == parked_id)
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("parked_event", parked_id)
    return dead_letters.parked_event_of(dict(row))


async def redrive_parked(
    tx: AsyncConnection, parked_id: UUID, *, by: str, now: datetime, note: str | None = None
) -> ParkedEvent:
    """Let the worker try the event's key again, from the first of its queue on.

    Raises NotFound, or RuleBroken (PARKED_EVENT_SKIPPED).
    """
    parked = await _locked(tx, parked_id)
    if parked.status is ParkedEventStatus.REDRIVEN:
        return parked
    _ensure_parked(parked)
    first = await dead_letters.head(tx, parked.tenant_id, parked.subscription, parked.key)
    assert first is not None
    asked = {"retry_at": now, "deadline_at": None, "resolved_by": by, "note": note}
    await tx.execute(dead_letters.update_of(first).values(asked))
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
    """Correct an event's data and try its key again; what was published stays beside it.

    Raises NotFound, Invalid (the data does not fit its type), or RuleBroken
    (PARKED_EVENT_SKIPPED, PARKED_EVENT_REDRIVEN, PARKED_EVENT_UNREADABLE).
    """
    parked = await _locked(tx, parked_id)
    _ensure_parked(parked)
    found = _readable(parked)
    _ensure_fits(str(found["type"]), data)
    corrected = {
        **found,
        ORIGINAL_DATA: found.get(ORIGINAL_DATA, found["data"]),
        "data": dict(data),
    }
    await tx.execute(
        dead_letters.update_of(parked).values(envelope=to_stored_json(orjson.dumps(corrected)))
    )
    return await redrive_parked(tx, parked_id, by=by, now=now, note=note)


async def skip_parked(
    tx: AsyncConnection, parked_id: UUID, *, by: str, now: datetime, note: str
) -> ParkedEvent:
    """Give an event up: it is never applied, and what waited behind it goes on.

    Raises NotFound, or RuleBroken (PARKED_EVENT_REDRIVEN).
    """
    parked = await _locked(tx, parked_id)
    if parked.status is ParkedEventStatus.SKIPPED:
        return parked
    _ensure_parked(parked)
    reader = await _reader(tx, parked)
    changes = {"status": ParkedEventStatus.SKIPPED, "resolved_by": by, "note": note}
    await dead_letters.resolve(tx, parked, reader, Outcome.IGNORED, now, **changes)
    return await get_parked(tx, parked_id)


async def _locked(tx: AsyncConnection, parked_id: UUID) -> ParkedEvent:
    """The event as it is once its partition's counts and its key are ours."""
    seen = await get_parked(tx, parked_id)
    await counts.lock(tx, seen.tenant_id, await _reader(tx, seen), [seen.place])
    await dead_letters.lock_key(tx, seen.tenant_id, seen.subscription, seen.key)
    return await get_parked(tx, parked_id)


async def _reader(tx: AsyncConnection, parked: ParkedEvent) -> _Reader:
    """The generation that counted the event: the newest at its place."""
    c = consumer_counts.c
    newest = select(func.max(c.generation)).where(
        c.tenant_id == parked.tenant_id,
        c.subscription == parked.subscription,
        c.topic == parked.topic,
        c.partition == parked.partition,
    )
    return _Reader(parked.subscription, (await tx.execute(newest)).scalar_one() or 1)


def _ensure_parked(parked: ParkedEvent) -> None:
    if parked.status is ParkedEventStatus.REDRIVEN:
        raise RuleBroken("PARKED_EVENT_REDRIVEN")
    if parked.status is ParkedEventStatus.SKIPPED:
        raise RuleBroken("PARKED_EVENT_SKIPPED")


def _readable(parked: ParkedEvent) -> dict[str, Any]:
    value = from_stored_json(parked.envelope)
    try:
        Envelope.decode(value)
    except EnvelopeInvalid:
        raise RuleBroken("PARKED_EVENT_UNREADABLE") from None
    found: dict[str, Any] = orjson.loads(value)
    return found


def _ensure_fits(event_type: str, data: Mapping[str, Any]) -> None:
    kind = EVENT_CLASSES.get(event_type)
    if kind is None:
        return  # not known to this process: the worker will say
    try:
        kind.model_validate(data)
    except ValidationError as error:
        found = [{**one, "loc": ("body", "data", *one["loc"])} for one in error.errors()]
        raise Invalid(from_pydantic(found)) from None
