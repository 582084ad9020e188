"""Events set aside, and their keys: what comes later under such a key queues up behind.

Locks are always taken in this order: the partition's counts, the parked key, the parked event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Update, any_, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import parked_events, parked_keys
from chassis.database.rows import from_columns
from chassis.events.consumer import counts
from chassis.events.consumer.counts import Outcome
from chassis.events.consumer.decoded_records import DecodedRecord, to_stored_json
from chassis.events.consumer.failures import NOT_YET_DEADLINE, Failure, ParkingReason, next_retry_at
from chassis.events.subscriptions import SubscriptionGeneration
from kernel.ids import new_id


class ParkedEventStatus(StrEnum):
    """Where a parked event has got to."""

    PARKED = "PARKED"
    REDRIVEN = "REDRIVEN"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, kw_only=True)
class ParkedEvent:
    """A parked event. `resolved_by` names who asked for the last redrive until it has worked."""

    tenant_id: UUID
    id: UUID
    subscription: str
    key: str
    topic: str
    partition: int
    envelope: dict[str, Any]
    reason: ParkingReason
    error: str
    attempts: int
    status: ParkedEventStatus
    parked_at: datetime
    retry_at: datetime | None
    deadline_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None

    @property
    def place(self) -> tuple[str, int]:
        return self.topic, self.partition

    def due(self, by: datetime) -> bool:
        """Whether to try it; one that was behind is, as soon as the one before it has left."""
        if self.retry_at is None:
            return False
        return self.reason is ParkingReason.BEHIND or self.retry_at <= by


def parked_event_of(row: Mapping[str, Any]) -> ParkedEvent:
    """A parked event out of its row."""
    kinds = {"reason": ParkingReason(row["reason"]), "status": ParkedEventStatus(row["status"])}
    return from_columns(ParkedEvent, row, **kinds)


async def lock_parked_keys(
    tx: AsyncConnection, tenant: UUID, reader: SubscriptionGeneration, keys: Iterable[str]
) -> set[str]:
    """Those of the keys that are parked, locked until the commit."""
    wanted = sorted(set(keys))
    if not wanted:
        return set()
    k = parked_keys.c
    locked = (
        select(k.key)
        .where(k.tenant_id == tenant, k.subscription == reader.name)
        .where(k.key == any_(cast(wanted, ARRAY(Text))))
        .order_by(k.key)
        .with_for_update()
    )
    return set((await tx.execute(locked)).scalars())


async def park(
    tx: AsyncConnection,
    tenant: UUID,
    reader: SubscriptionGeneration,
    arrival: DecodedRecord,
    failure: Failure,
    now: datetime,
) -> None:
    """Set an event and its key aside."""
    await tx.execute(
        insert(parked_keys).on_conflict_do_nothing(),
        {"tenant_id": tenant, "subscription": reader.name, "key": arrival.key},
    )
    behind = failure.reason is ParkingReason.BEHIND
    await tx.execute(
        insert(parked_events).values(
            tenant_id=tenant,
            id=new_id(),
            subscription=reader.name,
            key=arrival.key,
            topic=arrival.record.topic,
            partition=arrival.record.partition,
            envelope=to_stored_json(arrival.record.value),
            reason=failure.reason,
            error=failure.error,
            attempts=0 if behind else 1,
            **_waiting(failure, 1, now + NOT_YET_DEADLINE, now),
        )
    )


def _waiting(failure: Failure, attempts: int, deadline: datetime, now: datetime) -> dict[str, Any]:
    """When to try again by itself, if at all."""
    if failure.reason is not ParkingReason.NOT_YET:
        return {"retry_at": None}
    return {"retry_at": next_retry_at(attempts, now), "deadline_at": deadline}


async def head(
    tx: AsyncConnection, tenant: UUID, subscription: str, key: str
) -> ParkedEvent | None:
    """The event of a parked key that must go first."""
    e = parked_events.c
    first = (
        select(parked_events)
        .where(_queued(tenant, subscription, key))
        .order_by(e.tenant_id, e.subscription, e.key, e.position)
        .limit(1)
    )
    row = (await tx.execute(first)).mappings().one_or_none()
    return None if row is None else parked_event_of(dict(row))


def _queued(tenant: UUID, subscription: str, key: str) -> ColumnElement[bool]:
    e = parked_events.c
    mine = (e.tenant_id == tenant) & (e.subscription == subscription) & (e.key == key)
    return mine & (e.status == ParkedEventStatus.PARKED)


async def lock_key(
    tx: AsyncConnection, tenant: UUID, subscription: str, key: str, *, wait: bool = True
) -> bool:
    """Lock a parked key as the consumer does; False when it is not parked, or not to be had."""
    k = parked_keys.c
    one = select(k.key).where(k.tenant_id == tenant, k.subscription == subscription, k.key == key)
    return (await tx.execute(one.with_for_update(skip_locked=not wait))).first() is not None


async def take_due(
    tx: AsyncConnection, tenant: UUID, reader: SubscriptionGeneration, key: str, due_by: datetime
) -> ParkedEvent | None:
    """The event to try, its key locked; None when none is due or another worker tries."""
    seen = await head(tx, tenant, reader.name, key)
    if seen is None or not seen.due(due_by):
        return None
    await counts.lock(tx, tenant, reader, [seen.place])
    if not await lock_key(tx, tenant, reader.name, key, wait=False):
        return None
    again = await head(tx, tenant, reader.name, key)
    unchanged = again is not None and again.place == seen.place and again.due(due_by)
    return again if unchanged else None


async def resolve(
    tx: AsyncConnection,
    parked: ParkedEvent,
    reader: SubscriptionGeneration,
    outcome: Outcome,
    now: datetime,
    **changes: Any,
) -> None:
    """Take an event off the queue of its locked key and let the next one go.

    `changes` say how: its status, by whom, a note.
    """
    await tx.execute(update_of(parked).values(retry_at=None, resolved_at=now, **changes))
    moved = {Outcome.PARKED: -1, outcome: 1}
    await counts.add(tx, parked.tenant_id, reader, {parked.place: moved}, {})
    following = await head(tx, parked.tenant_id, parked.subscription, parked.key)
    if following is None:
        await _free(tx, parked)
    elif following.reason is ParkingReason.BEHIND:
        await tx.execute(update_of(following).values(retry_at=now))


async def _free(tx: AsyncConnection, parked: ParkedEvent) -> None:
    k = parked_keys.c
    mine = (k.tenant_id == parked.tenant_id) & (k.subscription == parked.subscription)
    await tx.execute(delete(parked_keys).where(mine, k.key == parked.key))


async def record_failed_retry(
    tx: AsyncConnection, parked: ParkedEvent, failure: Failure, now: datetime
) -> Failure:
    """Leave an event at the head of its locked key; past its deadline it has failed for good."""
    attempts = parked.attempts + 1
    deadline = parked.deadline_at or now + NOT_YET_DEADLINE
    if failure.reason is ParkingReason.NOT_YET and now >= deadline:
        failure = Failure(ParkingReason.FAILED, f"Waited in vain: {failure.error}")
    told = {"reason": failure.reason, "error": failure.error, "attempts": attempts}
    await tx.execute(update_of(parked).values(**told, **_waiting(failure, attempts, deadline, now)))
    return failure


async def delay_retry(
    tx: AsyncConnection, tenant: UUID, subscription: str, key: str, until: datetime
) -> None:
    """Try a key no sooner than that; left alone where somebody else has its events in hand."""
    e = parked_events.c
    waiting_events = (
        select(e.id)
        .where(_queued(tenant, subscription, key), e.retry_at < until)
        .with_for_update(skip_locked=True)
    )
    ids = list((await tx.execute(waiting_events)).scalars())
    mine = (e.tenant_id == tenant) & e.id.in_(ids)
    await tx.execute(update(parked_events).where(mine).values(retry_at=until))


def update_of(parked: ParkedEvent) -> Update:
    """An UPDATE of this event's row, without values yet."""
    e = parked_events.c
    return update(parked_events).where(e.tenant_id == parked.tenant_id, e.id == parked.id)


async def count_parked(
    tx: AsyncConnection, subscriptions: Iterable[str]
) -> dict[tuple[str, str], int]:
    """How many events are parked, per subscription and reason, over all tenants it may see."""
    e = parked_events.c
    rows = await tx.execute(
        select(e.subscription, e.reason, func.count().label("parked"))
        .where(e.status == ParkedEventStatus.PARKED, e.subscription.in_(list(subscriptions)))
        .group_by(e.subscription, e.reason)
    )
    return {(row.subscription, row.reason): row.parked for row in rows}
