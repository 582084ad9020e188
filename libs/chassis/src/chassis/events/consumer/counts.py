"""Counts every record's outcome per topic and partition: published = the sum of the outcomes.

The row of a partition is also the lock between two members of a group that both hold it for a
moment during a rebalance: the first to lock it goes first, and the other sees all its work.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts
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
    c = consumer_counts.c
    rows = await tx.execute(
        select(c.topic, c.partition, c.last_offset)
        .where(c.tenant_id == tenant, c.subscription == subscription.name)
        .where(c.generation == subscription.generation)
        .where(tuple_(c.topic, c.partition).in_(partitions))
        .order_by(c.topic, c.partition)
        .with_for_update()
    )
    return {(row.topic, row.partition): row.last_offset for row in rows}


async def add(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    tallies: Mapping[TopicPartition, Tally],
    offsets: Mapping[TopicPartition, int],
) -> None:
    """Add to the rows of partitions that `lock` has locked; a last offset never decreases."""
    c = consumer_counts.c
    changes = {outcome.value: c[outcome] + bindparam(f"more_{outcome}") for outcome in Outcome}
    statement = (
        update(consumer_counts)
        .where(c.tenant_id == tenant, c.subscription == subscription.name)
        .where(c.generation == subscription.generation)
        .where(c.topic == bindparam("at_topic"), c.partition == bindparam("at_partition"))
        .values(
            **changes,
            last_offset=func.greatest(c.last_offset, bindparam("to_offset")),
            updated_at=func.clock_timestamp(),
        )
    )
    rows = [
        {
            "at_topic": topic,
            "at_partition": partition,
            "to_offset": offsets.get((topic, partition), -1),
            **{f"more_{outcome}": counted.get(outcome, 0) for outcome in Outcome},
        }
        for (topic, partition), counted in sorted(tallies.items())
    ]
    if rows:
        await tx.execute(statement, rows)


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
