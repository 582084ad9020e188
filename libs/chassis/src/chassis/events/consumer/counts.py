"""Counts every record's outcome per topic and partition: published = the sum of the outcomes.

The row of a partition is also the lock between two members of a group that both hold it for a
moment during a rebalance: the first to lock it goes first, and the other sees all its work.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts
from chassis.database.rows import is_among_pairs
from chassis.events.consumer.decoded_records import NO_TENANT
from chassis.events.subscriptions import SubscriptionGeneration

TopicPartition = tuple[str, int]  # topic and partition


class Outcome(StrEnum):
    """What became of a record; the values are columns of `consumer_counts`."""

    APPLIED = "applied"
    SKIPPED = "skipped"
    IGNORED = "ignored"
    PARKED = "parked"
    DUPLICATE = "duplicates"


Tally = Mapping[Outcome, int]

# Built once: every batch executes them.
_C = consumer_counts.c
_SUBSCRIBED = and_(
    _C.tenant_id == bindparam("of_tenant"),
    _C.subscription == bindparam("of_subscription"),
    _C.generation == bindparam("of_generation"),
)
_LOCKED = (
    select(_C.topic, _C.partition, _C.last_offset)
    .where(_SUBSCRIBED, is_among_pairs((_C.topic, _C.partition), ("topics", "numbers")))
    .order_by(_C.topic, _C.partition)
    .with_for_update()
)
_ADDED = (
    update(consumer_counts)
    .where(_SUBSCRIBED)
    .where(_C.topic == bindparam("at_topic"), _C.partition == bindparam("at_partition"))
    .values(
        **{outcome.value: _C[outcome] + bindparam(f"more_{outcome}") for outcome in Outcome},
        last_offset=func.greatest(_C.last_offset, bindparam("to_offset")),
        updated_at=func.clock_timestamp(),
    )
)


def _of(tenant: UUID, subscription: SubscriptionGeneration) -> dict[str, Any]:
    return {
        "of_tenant": tenant,
        "of_subscription": subscription.name,
        "of_generation": subscription.generation,
    }


async def lock(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    partitions: Iterable[TopicPartition],
) -> dict[TopicPartition, int]:
    """Lock the rows of these partitions until the commit; returns the last offset of each."""
    requested = sorted(set(partitions))
    offsets = await _lock_existing(tx, tenant, subscription, requested)
    missing = [partition for partition in requested if partition not in offsets]
    if missing:
        await tx.execute(
            insert(consumer_counts).on_conflict_do_nothing(),
            [
                {
                    "tenant_id": tenant,
                    "subscription": subscription.name,
                    "generation": subscription.generation,
                    "topic": topic,
                    "partition": partition,
                }
                for topic, partition in missing
            ],
        )
        offsets = await _lock_existing(tx, tenant, subscription, requested)
    return offsets


async def _lock_existing(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    partitions: list[TopicPartition],
) -> dict[TopicPartition, int]:
    topics, numbers = zip(*partitions, strict=True) if partitions else ((), ())
    values = _of(tenant, subscription) | {"topics": list(topics), "numbers": list(numbers)}
    rows = await tx.execute(_LOCKED, values)
    return {(row.topic, row.partition): row.last_offset for row in rows}


async def add(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    tallies: Mapping[TopicPartition, Tally],
    offsets: Mapping[TopicPartition, int],
) -> None:
    """Add to the rows of partitions that `lock` has locked; a last offset never decreases."""
    rows = [
        {
            **_of(tenant, subscription),
            "at_topic": topic,
            "at_partition": partition,
            "to_offset": offsets.get((topic, partition), -1),
            **{f"more_{outcome}": counted.get(outcome, 0) for outcome in Outcome},
        }
        for (topic, partition), counted in sorted(tallies.items())
    ]
    if rows:
        await tx.execute(_ADDED, rows)


def tally(
    outcomes: Iterable[tuple[TopicPartition, Outcome]],
) -> dict[TopicPartition, Counter[Outcome]]:
    """Return how often each outcome occurred in each partition."""
    tallies: dict[TopicPartition, Counter[Outcome]] = {}
    for partition, outcome in outcomes:
        tallies.setdefault(partition, Counter())[outcome] += 1
    return tallies


async def known_tenants(tx: AsyncConnection) -> list[UUID]:
    """Return the tenants of which this service has consumed an event, as the worker's role."""
    tenant = consumer_counts.c.tenant_id
    query = select(tenant).distinct().where(tenant != NO_TENANT).order_by(tenant)
    return list((await tx.execute(query)).scalars())
