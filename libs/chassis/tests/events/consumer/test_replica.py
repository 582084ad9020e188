"""Replicas: the newest version wins, whatever the order of arrival."""

from typing import ClassVar
from uuid import UUID

import pytest

from chassis.events.consumer.processing import Processor
from chassis.events.replicas import Copy, replica
from chassis.events.subscriptions import process
from contracts.event import Event, Snapshot
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    Partition,
    copies,
    copies_replica,
    effects_of,
    effects_process,
    make_envelope,
    outcomes,
    replicated,
)
from testkit.events import NoteState, NoteWritten
from testkit.plugin import Committed


async def test_older_versions_are_skipped_in_any_batch(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = copies_replica(faults), Partition(tenant), new_id()
    processor = Processor(subscription, committed.worker)
    await processor.apply([partition.note(note, 3), partition.note(note, 2)])
    await processor.apply([partition.note(note, 1)])
    assert await replicated(committed.worker, tenant) == {note: (1, 3, "v3", False)}
    # 2 came in one batch with 3: it is superseded, not stale
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 2,
        "skipped": 1,
    }


async def test_only_the_newest_row_of_a_batch_is_written_and_all_are_counted(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition = copies_replica(faults), Partition(tenant)
    notes = [new_id() for _ in range(50)]
    batch = [partition.note(n, s) for s in range(1, 21) for n in notes]
    await Processor(subscription, committed.worker).apply(batch)
    assert {v[1] for v in (await replicated(committed.worker, tenant)).values()} == {20}
    async with committed.worker.begin(tenant) as tx:
        query = "SELECT count(*) FROM consumed_copies WHERE xmax::text <> '0'"
        assert (await tx.exec_driver_sql(query)).scalar_one() == 0  # none was updated
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 1000}


async def test_redeliveries_and_stale_events_are_counted_apart(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = copies_replica(faults), Partition(tenant), new_id()
    first, second = partition.note(note, 1), partition.note(note, 2)
    processor = Processor(subscription, committed.worker)
    await processor.apply([first, second])
    await processor.apply([first, partition.redeliver(second), partition.redeliver(first)])
    await Processor(subscription, committed.worker).apply([first, second])
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 2,
        "duplicates": 5,
    }


async def test_a_tombstone_stays_and_a_late_event_does_not_restore_the_row(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = copies_replica(faults), Partition(tenant), new_id()
    deleted = partition.append(make_envelope(tenant, note, 3, "").encode())
    await Processor(subscription, committed.worker).apply([deleted])
    await Processor(subscription, committed.worker).apply([partition.note(note, 2)])
    assert await replicated(committed.worker, tenant) == {note: (1, 3, "", True)}
    await Processor(subscription, committed.worker).apply([partition.note(note, 4)])
    assert await replicated(committed.worker, tenant) == {note: (1, 4, "v4", False)}


async def test_a_restored_publisher_continues_in_a_higher_epoch(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = copies_replica(faults), Partition(tenant), new_id()
    records = [
        partition.append(make_envelope(tenant, note, sequence, text, epoch=epoch).encode())
        for epoch, sequence, text in [(1, 9, "lost"), (2, 7, "restored"), (1, 10, "late")]
    ]
    for record in records:
        await Processor(subscription, committed.worker).apply([record])
    assert await replicated(committed.worker, tenant) == {note: (2, 7, "restored", False)}


async def test_a_fact_that_no_class_declares_advances_the_copy(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = copies_replica(faults), Partition(tenant), new_id()
    processor = Processor(subscription, committed.worker)
    burnt = partition.note(note, 1, "ash", kind="testkit.note.burnt.v1")
    await processor.apply([burnt])
    assert await replicated(committed.worker, tenant) == {note: (1, 1, "ash", False)}
    await processor.apply([partition.note(note, 2, "gone", kind="testkit.note.deleted.v2")])
    assert await replicated(committed.worker, tenant) == {note: (1, 2, "gone", True)}
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 2}


async def test_a_snapshot_fills_a_gap_and_overrides_nothing_newer(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition = copies_replica(faults), Partition(tenant)
    missed, current, newer = new_id(), new_id(), new_id()
    processor, kind = Processor(subscription, committed.worker), "testkit.note.snapshot.v1"
    await processor.apply([partition.note(current, 2, "same"), partition.note(newer, 5, "newer")])
    snapshots = [partition.note(n, 4, "snapshot", kind=kind) for n in (missed, newer)]
    await processor.apply([*snapshots, partition.note(current, 2, "same", kind=kind)])
    assert await replicated(committed.worker, tenant) == {
        missed: (1, 4, "snapshot", False),
        current: (1, 2, "same", False),
        newer: (1, 5, "newer", False),
    }


async def _written(tx: object, event: object, meta: object) -> None: ...


async def on_note_written(tx: object, event: object, meta: object) -> None: ...


async def test_a_process_ignores_snapshots(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = effects_process(faults), Partition(tenant), new_id()
    snapshot = partition.note(note, 1, "again", kind="testkit.note.snapshot.v1")
    processor = Processor(subscription, committed.worker)
    await processor.apply([partition.note(note, 1), snapshot, partition.note(note, 2)])
    assert await effects_of(committed.worker, tenant, note) == [1, 2]
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 2, "ignored": 1}


class NoteSnapshot(Snapshot):
    """The present state of a note."""

    type: ClassVar[str] = "testkit.note.snapshot.v1"


def test_a_subscription_is_validated_when_it_is_declared() -> None:
    valid = process("sample.notes", {NoteWritten: on_note_written})
    assert (valid.topics, valid.service) == (("testkit.note.v1",), "sample")
    with pytest.raises(ValueError, match="should be <service>"):
        process("Notes", {NoteWritten: on_note_written})
    with pytest.raises(ValueError, match="has no handlers"):
        process("sample.notes", {})
    with pytest.raises(ValueError, match="should be called on_<fact>"):
        process("sample.notes", {NoteWritten: _written})
    with pytest.raises(ValueError, match="is not an event class"):
        process("sample.notes", {Event: on_note_written})
    with pytest.raises(ValueError, match="has no effect"):
        process("sample.notes", {NoteSnapshot: on_note_written})
    with pytest.raises(ValueError, match="copies nothing"):
        replica("sample.notes")
    with pytest.raises(ValueError, match="copies an aggregate twice"):
        replica("sample.notes", Copy(NoteState, copies), Copy(NoteState, copies))
