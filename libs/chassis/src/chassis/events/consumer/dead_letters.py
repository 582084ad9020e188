"""Parked events (the dead letters) and their keys: later events of a parked key queue behind it.

Locks are always taken in this order: the partition's counts, the parked key, the parked event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Update, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import parked_events, parked_keys
from chassis.database.rows import from_columns, is_among
from chassis.events.consumer import counts
from chassis.events.consumer.counts import Outcome
from chassis.events.consumer.decoded_records import DecodedRecord, to_stored_json
from chassis.events.consumer.failures import NOT_YET_DEADLINE, Failure, ParkingReason, next_retry_at
from chassis.events.subscriptions import SubscriptionGeneration
from kernel.ids import new_id


class ParkedEventStatus(StrEnum):
    """Whether a parked event still waits, was redriven, or was skipped."""

    PARKED = "PARKED"
    REDRIVEN = "REDRIVEN"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, kw_only=True)
class ParkedEvent:
    """A parked event.

    Until a redrive has succeeded, `resolved_by` names who requested the last one.
    """

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
    def topic_partition(self) -> tuple[str, int]:
        """The topic and the partition the event came from."""
        return self.topic, self.partition

    def is_due(self, by: datetime) -> bool:
        """Return whether to retry it; one that was behind is due once the one before has left."""
        if self.retry_at is None:
            return False
        return self.reason is ParkingReason.BEHIND or self.retry_at <= by


def parked_event_of(row: Mapping[str, Any]) -> ParkedEvent:
    """Return the parked event in a row."""
    enums = {"reason": ParkingReason(row["reason"]), "status": ParkedEventStatus(row["status"])}
    return from_columns(ParkedEvent, row, **enums)


_PARKED_AMONG = (  # built once: every batch executes it
    select(parked_keys.c.key)
    .where(parked_keys.c.tenant_id == bindparam("of_tenant"))
    .where(parked_keys.c.subscription == bindparam("of_subscription"))
    .where(is_among(parked_keys.c.key, "candidates"))
    .order_by(parked_keys.c.key)
    .with_for_update()
)


async def lock_parked_keys(
    tx: AsyncConnection, tenant: UUID, subscription: SubscriptionGeneration, keys: Iterable[str]
) -> set[str]:
    """Lock those of the keys that are parked until the commit, and return them."""
    candidates = sorted(set(keys))
    if not candidates:
        return set()
    values = {"of_tenant": tenant, "of_subscription": subscription.name, "candidates": candidates}
    return set((await tx.execute(_PARKED_AMONG, values)).scalars())


async def park(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    record: DecodedRecord,
    failure: Failure,
    now: datetime,
) -> None:
    """Park an event and its key."""
    await tx.execute(
        insert(parked_keys).on_conflict_do_nothing(),
        {"tenant_id": tenant, "subscription": subscription.name, "key": record.key},
    )
    behind = failure.reason is ParkingReason.BEHIND
    await tx.execute(
        insert(parked_events).values(
            tenant_id=tenant,
            id=new_id(),
            subscription=subscription.name,
            key=record.key,
            topic=record.source.topic,
            partition=record.source.partition,
            envelope=to_stored_json(record.source.value),
            reason=failure.reason,
            error=failure.error,
            attempts=0 if behind else 1,
            **_retry_columns(failure, 1, now + NOT_YET_DEADLINE, now),
        )
    )


def _retry_columns(
    failure: Failure, attempts: int, deadline: datetime, now: datetime
) -> dict[str, Any]:
    """Return when to retry automatically, if at all."""
    if failure.reason is not ParkingReason.NOT_YET:
        return {"retry_at": None}
    return {"retry_at": next_retry_at(attempts, now), "deadline_at": deadline}


async def head(
    tx: AsyncConnection, tenant: UUID, subscription: str, key: str
) -> ParkedEvent | None:
    """Return the first event in the queue of a parked key, which must be resolved first."""
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
    of_key = (e.tenant_id == tenant) & (e.subscription == subscription) & (e.key == key)
    return of_key & (e.status == ParkedEventStatus.PARKED)


async def lock_key(
    tx: AsyncConnection, tenant: UUID, subscription: str, key: str, *, wait: bool = True
) -> bool:
    """Lock a parked key as the consumer does; returns False when it is not parked.

    Without `wait` it also returns False when another transaction has locked it.
    """
    k = parked_keys.c
    row = select(k.key).where(k.tenant_id == tenant, k.subscription == subscription, k.key == key)
    return (await tx.execute(row.with_for_update(skip_locked=not wait))).first() is not None


async def take_due(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    key: str,
    due_by: datetime,
) -> ParkedEvent | None:
    """Lock the key and return its event to retry; None when none is due or another worker tries."""
    first = await head(tx, tenant, subscription.name, key)
    if first is None or not first.is_due(due_by):
        return None
    await counts.lock(tx, tenant, subscription, [first.topic_partition])
    if not await lock_key(tx, tenant, subscription.name, key, wait=False):
        return None
    locked = await head(tx, tenant, subscription.name, key)
    if locked is None or locked.topic_partition != first.topic_partition:
        return None
    return locked if locked.is_due(due_by) else None


async def resolve(
    tx: AsyncConnection,
    parked: ParkedEvent,
    subscription: SubscriptionGeneration,
    outcome: Outcome,
    now: datetime,
    **changes: Any,
) -> None:
    """Remove an event from the queue of its locked key, and make the next one due.

    `changes` are the columns that say how: its status, by whom, a note.
    """
    await tx.execute(update_of(parked).values(retry_at=None, resolved_at=now, **changes))
    difference = {Outcome.PARKED: -1, outcome: 1}
    await counts.add(
        tx, parked.tenant_id, subscription, {parked.topic_partition: difference}, offsets={}
    )
    following = await head(tx, parked.tenant_id, parked.subscription, parked.key)
    if following is None:
        await _unpark_key(tx, parked)
    elif following.reason is ParkingReason.BEHIND:
        await tx.execute(update_of(following).values(retry_at=now))


async def _unpark_key(tx: AsyncConnection, parked: ParkedEvent) -> None:
    k = parked_keys.c
    of_subscription = (k.tenant_id == parked.tenant_id) & (k.subscription == parked.subscription)
    await tx.execute(delete(parked_keys).where(of_subscription, k.key == parked.key))


async def record_failed_retry(
    tx: AsyncConnection, parked: ParkedEvent, failure: Failure, now: datetime
) -> Failure:
    """Keep an event at the head of its locked key; after its deadline it becomes FAILED."""
    attempts = parked.attempts + 1
    deadline = parked.deadline_at or now + NOT_YET_DEADLINE
    if failure.reason is ParkingReason.NOT_YET and now >= deadline:
        failure = Failure(ParkingReason.FAILED, f"The deadline has passed: {failure.error}")
    changes = {"reason": failure.reason, "error": failure.error, "attempts": attempts}
    retry = _retry_columns(failure, attempts, deadline, now)
    await tx.execute(update_of(parked).values(**changes, **retry))
    return failure


async def delay_retry(
    tx: AsyncConnection, tenant: UUID, subscription: str, key: str, until: datetime
) -> None:
    """Retry a key's events no sooner than `until`, except those that another worker has locked."""
    e = parked_events.c
    unlocked = (
        select(e.id)
        .where(_queued(tenant, subscription, key), e.retry_at < until)
        .with_for_update(skip_locked=True)
    )
    ids = list((await tx.execute(unlocked)).scalars())
    rows = (e.tenant_id == tenant) & e.id.in_(ids)
    await tx.execute(update(parked_events).where(rows).values(retry_at=until))


def update_of(parked: ParkedEvent) -> Update:
    """Return an UPDATE of this event's row, without values yet."""
    e = parked_events.c
    return update(parked_events).where(e.tenant_id == parked.tenant_id, e.id == parked.id)
