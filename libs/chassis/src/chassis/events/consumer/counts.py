"""What became of every record, per topic and partition: published = the sum of the outcomes.

The row of a partition is also the fence between two members of a group that both hold it for a
moment: whoever locks it first goes first, and the other sees all that was done.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts
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
    reader: SubscriptionGeneration,
    places: Iterable[TopicPartition],
) -> dict[TopicPartition, int]:
    """Lock the rows of these partitions until the commit; returns the last offset of each."""
    wanted = sorted(set(places))
    found = await _locked(tx, tenant, reader, wanted)
    missing = [place for place in wanted if place not in found]
    if missing:
        await tx.execute(
            insert(consumer_counts).on_conflict_do_nothing(),
            [
                {
                    "tenant_id": tenant,
                    "subscription": reader.name,
                    "generation": reader.generation,
                    "topic": topic,
                    "partition": partition,
                }
                for topic, partition in missing
            ],
        )
        found = await _locked(tx, tenant, reader, wanted)
    return found


async def _locked(
    tx: AsyncConnection, tenant: UUID, reader: SubscriptionGeneration, places: list[TopicPartition]
) -> dict[TopicPartition, int]:
    c = consumer_counts.c
    rows = await tx.execute(
        select(c.topic, c.partition, c.last_offset)
        .where(c.tenant_id == tenant, c.subscription == reader.name)
        .where(c.generation == reader.generation)
        .where(tuple_(c.topic, c.partition).in_(places))
        .order_by(c.topic, c.partition)
        .with_for_update()
    )
    return {(row.topic, row.partition): row.last_offset for row in rows}


async def add(
    tx: AsyncConnection,
    tenant: UUID,
    reader: SubscriptionGeneration,
    tallies: Mapping[TopicPartition, Tally],
    offsets: Mapping[TopicPartition, int],
) -> None:
    """Add to the rows of partitions that `lock` has locked; an offset never goes back."""
    c = consumer_counts.c
    changes = {outcome.value: c[outcome] + bindparam(f"more_{outcome}") for outcome in Outcome}
    statement = (
        update(consumer_counts)
        .where(c.tenant_id == tenant, c.subscription == reader.name)
        .where(c.generation == reader.generation)
        .where(c.topic == bindparam("at_topic"), c.partition == bindparam("at_partition"))
        .values(
            **changes,
            last_offset=func.greatest(c.last_offset, bindparam("to_offset")),
            updated_at=func.clock_timestamp(),
        )
    )
    rows = [
        {
            "at_topic": place[0],
            "at_partition": place[1],
            "to_offset": offsets.get(place, -1),
            **{f"more_{outcome}": tally.get(outcome, 0) for outcome in Outcome},
        }
        for place, tally in sorted(tallies.items())
    ]
    if rows:
        await tx.execute(statement, rows)


def tally(
    outcomes: Iterable[tuple[TopicPartition, Outcome]],
) -> dict[TopicPartition, Counter[Outcome]]:
    """How often each outcome came up at each place."""
    found: dict[TopicPartition, Counter[Outcome]] = {}
    for place, outcome in outcomes:
        found.setdefault(place, Counter())[outcome] += 1
    return found
