"""The retrier: one key in trouble is that key's trouble only."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.subscriptions import EventMeta, process
from kernel.ids import new_id
from libs.chassis.tests.consumer.samples import Moods, Partition, counted
from libs.chassis.tests.consumer.test_parking import Clock
from testkit.events import NoteWritten
from testkit.plugin import Committed


async def test_a_key_that_cannot_be_tried_holds_up_no_other(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.missing = {"early"}
    away, tried = set[UUID](), list[UUID]()

    async def on_note_written(_: AsyncConnection, event: NoteWritten, __: EventMeta) -> None:
        moods.judge(event.text)
        tried.append(event.note_id)
        if event.note_id in away:
            raise ConnectionError("a neighbour is away")

    now, partition = Clock(), Partition(tenant)
    subscription = process("sample.starving", {NoteWritten: on_note_written})
    first, second = new_id(), new_id()
    for note in (first, second):  # the one parked first is due first
        record = partition.note(note, 1, "early")
        await Processor(subscription, committed.worker, now=now).apply([record])
        now.forward(seconds=1)
    moods.missing.clear()
    away.add(first)
    retrier = Retrier([subscription], committed.worker, now=now)
    assert await retrier.retry_due() == 1
    assert tried == [first, second]
    assert await retrier.retry_due() == 0
    assert tried == [first, second]  # put off
    away.clear()
    now.forward(seconds=6)
    assert await retrier.retry_due() == 1
    assert await counted(committed.worker, tenant, subscription) == {"applied": 2}
