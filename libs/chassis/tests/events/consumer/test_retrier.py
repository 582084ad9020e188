"""The retrier: a key that cannot be retried does not affect other keys."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.failures import RETRY_DELAYS_SECONDS, next_retry_at
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.subscriptions import EventMeta, process
from chassis.foundation import clock
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import Clock, Faults, Partition, outcomes
from testkit.events import NoteWritten
from testkit.plugin import Committed


async def test_a_key_that_cannot_be_retried_blocks_no_other(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.not_yet = {"early"}
    unavailable, retried = set[UUID](), list[UUID]()

    async def on_note_written(_: AsyncConnection, event: NoteWritten, __: EventMeta) -> None:
        faults.raise_for(event.text)
        retried.append(event.note_id)
        if event.note_id in unavailable:
            raise ConnectionError("a service is unavailable")

    now, partition = Clock(), Partition(tenant)
    subscription = process("sample.starving", {NoteWritten: on_note_written})
    first, second = new_id(), new_id()
    for note in (first, second):  # the one parked first is due first
        record = partition.note(note, 1, "early")
        await Processor(subscription, committed.worker, now=now).apply([record])
        now.forward(seconds=1)
    faults.not_yet.clear()
    unavailable.add(first)
    retrier = Retrier([subscription], committed.worker, now=now)
    assert await retrier.retry_due() == 1
    assert retried == [first, second]
    assert await retrier.retry_due() == 0
    assert retried == [first, second]  # delayed
    unavailable.clear()
    now.forward(seconds=6)
    assert await retrier.retry_due() == 1
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 2}


def test_retry_delays_grow_to_a_maximum() -> None:
    start = clock.now()
    for attempts in range(1, 40):
        delay = (next_retry_at(attempts, start) - start).total_seconds()
        expected = RETRY_DELAYS_SECONDS[min(attempts, len(RETRY_DELAYS_SECONDS)) - 1]
        assert 0.75 * expected < delay < 1.25 * expected
