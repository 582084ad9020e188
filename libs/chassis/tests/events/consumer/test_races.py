"""Concurrent work on the same records: consumers, retriers and an operator."""

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
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    Partition,
    copies_replica,
    effects_of,
    effects_process,
    keys_parked,
    outcomes,
    parked_queue,
    replicated,
)
from testkit.plugin import Committed


def topic_log(
    tenant: UUID, keys: list[UUID], each: int, partitions: int = 3
) -> list[ConsumerRecord]:
    numbered = [Partition(tenant, number) for number in range(partitions)]
    return [
        numbered[index % partitions].note(key, sequence)
        for sequence in range(1, each + 1)
        for index, key in enumerate(keys)
    ]


async def run_three_members(
    subscription: Subscription, committed: Committed, log: list[ConsumerRecord]
) -> None:
    """Run three members that all own the partitions, each with its own batch size."""

    async def member(batch: int) -> None:
        processor = Processor(subscription, committed.worker)
        for start in range(0, len(log), batch):
            await processor.apply(log[start : start + batch])

    await asyncio.gather(member(7), member(7), member(50))


async def test_concurrent_members_apply_every_event_once_and_in_order(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    keys = [new_id() for _ in range(6)]
    faults.broken, subscription = {"v9"}, effects_process(faults)
    await run_three_members(subscription, committed, topic_log(tenant, keys, 15))
    for key in keys:
        assert await effects_of(committed.worker, tenant, key) == list(range(1, 9))
    assert len(await parked_queue(committed.worker, tenant)) == 6 * 7
    counts = await outcomes(committed.worker, tenant, subscription)
    assert counts == {"applied": 48, "parked": 42, "duplicates": 180}


async def test_concurrent_members_replicate_and_count_every_event_once(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    keys, subscription = [new_id() for _ in range(6)], copies_replica(faults)
    await run_three_members(subscription, committed, topic_log(tenant, keys, 15))
    assert {row[1] for row in (await replicated(committed.worker, tenant)).values()} == {15}
    counts = await outcomes(committed.worker, tenant, subscription)
    assert counts == {"applied": 90, "duplicates": 180}


@pytest.mark.parametrize("kind", [effects_process, copies_replica])
async def test_a_key_is_redriven_while_more_records_arrive(
    committed: Committed, tenant: UUID, faults: Faults, kind: type
) -> None:
    """Order is kept between the consumer and the parked queue, and between two retriers."""
    faults.not_yet, subscription = {"v1"}, kind(faults)
    partition, note = Partition(tenant), new_id()
    log = [partition.note(note, sequence) for sequence in range(1, 121)]
    done, missing = asyncio.Event(), {30: set[str](), 60: {"v70"}, 90: set[str]()}

    async def consume() -> None:
        processor = Processor(subscription, committed.worker)
        for start in range(0, len(log), 3):
            await processor.apply(log[start : start + 3])
            faults.not_yet = missing.get(start, faults.not_yet)
        done.set()

    async def retry() -> None:
        retrier = Retrier([subscription], committed.worker)
        while not done.is_set() or await keys_parked(committed.worker, tenant):
            await retrier.retry_due(ahead=timedelta(hours=1))

    await asyncio.gather(consume(), retry(), retry())
    if kind is effects_process:
        assert await effects_of(committed.worker, tenant, note) == list(range(1, 121))
    else:
        assert [v[1] for v in (await replicated(committed.worker, tenant)).values()] == [120]
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 120}


async def test_an_operator_skips_events_while_they_are_retried(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    """Each event is either applied or skipped, never both."""
    subscription, partition = effects_process(faults), Partition(tenant)
    notes = [new_id() for _ in range(40)]
    faults.not_yet = {"v1"}
    await Processor(subscription, committed.worker).apply([partition.note(n, 1) for n in notes])
    async with committed.app.begin(tenant) as tx:
        parked = await list_parked(tx)
    faults.not_yet.clear()
    refused = 0

    async def skip_all() -> None:
        nonlocal refused
        for one in parked:
            async with committed.app.begin(tenant) as tx:
                try:
                    await skip_parked(tx, one.id, by="x", now=clock.now(), note="x")
                except Exception as error:  # noqa: BLE001  # checked below
                    assert str(error) == "PARKED_EVENT_REDRIVEN"  # noqa: PT017
                    refused += 1

    async def retry() -> None:
        await Retrier([subscription], committed.worker).retry_due(ahead=timedelta(hours=1))

    await asyncio.gather(retry(), skip_all())
    effects = sum([len(await effects_of(committed.worker, tenant, n)) for n in notes])
    counts = await outcomes(committed.worker, tenant, subscription)
    assert counts.get("applied", 0) == effects == refused
    assert counts.get("ignored", 0) == len(notes) - effects
    assert await keys_parked(committed.worker, tenant) == []
