"""Several at once on the same records: consumers, retriers, an operator."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from chassis.events.consumer.dead_letter_commands import list_parked, skip_parked
from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.subscriptions import Subscription
from chassis.foundation import clock
from kernel.ids import new_id
from libs.chassis.tests.consumer.samples import (
    Moods,
    Partition,
    applied,
    blocked,
    copied,
    copier,
    counted,
    queue,
    recorder,
)
from testkit.plugin import Committed


def log_of(tenant: UUID, keys: list[UUID], each: int, partitions: int = 3) -> list[ConsumerRecord]:
    numbered = [Partition(tenant, number) for number in range(partitions)]
    return [
        numbered[place % partitions].note(key, sequence)
        for sequence in range(1, each + 1)
        for place, key in enumerate(keys)
    ]


async def together(
    subscription: Subscription, committed: Committed, log: list[ConsumerRecord]
) -> None:
    """Three members that all believe the partitions are theirs, each in batches of its own size."""

    async def member(batch: int) -> None:
        processor = Processor(subscription, committed.worker)
        for start in range(0, len(log), batch):
            await processor.apply(log[start : start + batch])

    await asyncio.gather(member(7), member(7), member(50))


async def test_members_at_once_apply_every_event_once_and_in_order(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    keys = [new_id() for _ in range(6)]
    moods.broken, subscription = {"v9"}, recorder(moods)
    await together(subscription, committed, log_of(tenant, keys, 15))
    for key in keys:
        assert await applied(committed.worker, tenant, key) == list(range(1, 9))
    assert len(await queue(committed.worker, tenant)) == 6 * 7
    counts = await counted(committed.worker, tenant, subscription)
    assert counts == {"applied": 48, "parked": 42, "duplicates": 180}


async def test_members_at_once_replicate_and_count_every_event_once(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    keys, subscription = [new_id() for _ in range(6)], copier(moods)
    await together(subscription, committed, log_of(tenant, keys, 15))
    assert {row[1] for row in (await copied(committed.worker, tenant)).values()} == {15}
    counts = await counted(committed.worker, tenant, subscription)
    assert counts == {"applied": 90, "duplicates": 180}


@pytest.mark.parametrize("kind", [recorder, copier])
async def test_a_key_is_redriven_while_more_arrives(
    committed: Committed, tenant: UUID, moods: Moods, kind: type
) -> None:
    """Nothing overtakes: neither the consumer the queue, nor one retrier another."""
    moods.missing, subscription = {"v1"}, kind(moods)
    partition, note = Partition(tenant), new_id()
    log = [partition.note(note, sequence) for sequence in range(1, 121)]
    done, missing = asyncio.Event(), {30: set[str](), 60: {"v70"}, 90: set[str]()}

    async def consume() -> None:
        processor = Processor(subscription, committed.worker)
        for start in range(0, len(log), 3):
            await processor.apply(log[start : start + 3])
            moods.missing = missing.get(start, moods.missing)
        done.set()

    async def retry() -> None:
        retrier = Retrier([subscription], committed.worker)
        while not done.is_set() or await blocked(committed.worker, tenant):
            await retrier.retry_due(ahead=timedelta(hours=1))

    await asyncio.gather(consume(), retry(), retry())
    if kind is recorder:
        assert await applied(committed.worker, tenant, note) == list(range(1, 121))
    else:
        assert [v[1] for v in (await copied(committed.worker, tenant)).values()] == [120]
    assert await counted(committed.worker, tenant, subscription) == {"applied": 120}


async def test_an_operator_gives_up_events_while_they_are_tried(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    """Each is either applied or given up, never both."""
    subscription, partition = recorder(moods), Partition(tenant)
    notes = [new_id() for _ in range(40)]
    moods.missing = {"v1"}
    await Processor(subscription, committed.worker).apply([partition.note(n, 1) for n in notes])
    async with committed.app.begin(tenant) as tx:
        parked = await list_parked(tx)
    moods.missing.clear()
    refused = 0

    async def give_up() -> None:
        nonlocal refused
        for one in parked:
            async with committed.app.begin(tenant) as tx:
                try:
                    await skip_parked(tx, one.id, by="x", now=clock.now(), note="x")
                except Exception as error:  # noqa: BLE001  # told apart below
                    assert str(error) == "PARKED_EVENT_REDRIVEN"  # noqa: PT017
                    refused += 1

    async def retry() -> None:
        await Retrier([subscription], committed.worker).retry_due(ahead=timedelta(hours=1))

    await asyncio.gather(retry(), give_up())
    effects = sum([len(await applied(committed.worker, tenant, n)) for n in notes])
    counts = await counted(committed.worker, tenant, subscription)
    assert counts.get("applied", 0) == effects == refused
    assert counts.get("ignored", 0) == len(notes) - effects
    assert await blocked(committed.worker, tenant) == []
