"""The processor of a process subscription: each event once, in order per key."""

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts, inbox, outbox
from chassis.events.consumer.dead_letter_commands import list_parked
from chassis.events.consumer.decoded_records import (
    ConsumerRecord,
)
from chassis.events.consumer.processing import Processor
from chassis.events.subscriptions import EventMeta, process
from chassis.foundation.context import Context, current
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    Partition,
    effects_of,
    effects_process,
    fetch_rows,
    keys_parked,
    make_envelope,
    outcomes,
    parked_queue,
)
from testkit.events import NoteWritten
from testkit.notes import write
from testkit.plugin import Committed


async def test_every_event_has_its_effect_once_and_in_order(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition = effects_process(faults), Partition(tenant)
    a, b = new_id(), new_id()
    records = [partition.note(n, s) for s in range(1, 31) for n in (a, b)]
    await Processor(subscription, committed.worker).apply(records)
    for note in (a, b):
        assert await effects_of(committed.worker, tenant, note) == list(range(1, 31))
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 60}


async def test_duplicates_inside_a_batch_and_across_batches_change_nothing(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = effects_process(faults), Partition(tenant), new_id()
    first, second = partition.note(note, 1), partition.note(note, 2)
    processor = Processor(subscription, committed.worker)
    await processor.apply([first, partition.redeliver(first), second])
    await processor.apply([first, second, partition.redeliver(second)])
    await Processor(subscription, committed.worker).apply([first, partition.redeliver(first)])
    assert await effects_of(committed.worker, tenant, note) == [1, 2]
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 2,
        "duplicates": 6,
    }


async def test_a_new_generation_reads_everything_again(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    record = Partition(tenant).note(note := new_id(), 1)
    first = effects_process(faults)
    again = process(first.name, first.handlers, generation=2)
    for subscription in (first, again, again):
        await Processor(subscription, committed.worker).apply([record])
    assert await effects_of(committed.worker, tenant, note) == [1, 1]
    assert (first.group, again.group) == ("sample.effects", "sample.effects.g2")


async def test_tenants_in_one_batch_stay_apart(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, other = effects_process(faults), new_id()
    mine, theirs = Partition(tenant), Partition(other)
    a, b = new_id(), new_id()
    batch = [mine.note(a, 1), theirs.note(b, 1), mine.note(a, 2), theirs.note(b, 2)]
    await Processor(subscription, committed.worker).apply(batch)
    assert await effects_of(committed.worker, tenant, a) == [1, 2]
    assert await effects_of(committed.worker, other, b) == [1, 2]
    assert await effects_of(committed.worker, tenant, b) == []
    for each in (tenant, other):
        assert await outcomes(committed.worker, each, subscription) == {"applied": 2}


async def test_types_without_a_handler_are_counted_and_not_put_in_the_inbox(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = effects_process(faults), Partition(tenant), new_id()
    burnt = partition.note(note, 1, kind="testkit.note.burnt.v1")
    processor = Processor(subscription, committed.worker)
    await processor.apply([burnt, partition.note(note, 2)])
    await processor.apply([burnt])
    await Processor(subscription, committed.worker).apply([burnt])
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 1,
        "ignored": 1,
        "duplicates": 2,
    }
    recorded = select(inbox.c.event_id).where(inbox.c.tenant_id == tenant)
    assert len(await fetch_rows(committed.worker, tenant, recorded)) == 1


async def test_events_a_handler_publishes_carry_its_causation_id(
    committed: Committed, tenant: UUID
) -> None:
    contexts: list[Context] = []

    async def on_note_written(tx: AsyncConnection, event: NoteWritten, meta: EventMeta) -> None:
        contexts.append(current())
        await write(tx, f"about {meta.aggregate_id}")

    subscription = process("sample.reactions", {NoteWritten: on_note_written})
    notifications: list[str] = []
    committed.worker.on_published = lambda: notifications.append("published")
    envelope = make_envelope(tenant, new_id(), 1, "hello")
    record = Partition(tenant).append(envelope.encode())
    await Processor(subscription, committed.worker).apply([record])
    query = select(outbox.c.causationid, outbox.c.correlationid, outbox.c.traceparent)
    assert await fetch_rows(committed.worker, tenant, query) == [
        (str(envelope.id), "the-first-request", envelope.traceparent)
    ]
    assert contexts[0].actor == "system:sample.reactions"
    assert contexts[0].origin == f"{envelope.aggregate_type}:{envelope.subject}"
    assert notifications == ["published"]


@pytest.mark.parametrize(
    ("actor", "recorded"),
    [
        ("01990000-0000-7000-8000-0000000000a1", "01990000-0000-7000-8000-0000000000a1"),
        ("access-key:1:li", "access-key:1:li"),
        ("operator:li", "operator:li"),
        ("system:import", "system:sample.reactions"),
        (None, "system:sample.reactions"),
    ],
)
async def test_who_caused_an_event_causes_what_follows_from_it(
    committed: Committed, tenant: UUID, actor: str | None, recorded: str
) -> None:
    async def on_note_written(tx: AsyncConnection, _: NoteWritten, meta: EventMeta) -> None:
        await write(tx, f"about {meta.aggregate_id}")

    subscription = process("sample.reactions", {NoteWritten: on_note_written})
    envelope = make_envelope(tenant, new_id(), 1, "hello", actor=actor)
    await Processor(subscription, committed.worker).apply(
        [Partition(tenant).append(envelope.encode())]
    )
    query = select(outbox.c.actor)
    assert await fetch_rows(committed.worker, tenant, query) == [(recorded,)]


async def test_a_failing_event_parks_its_key_and_nothing_else(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.broken = {"bad"}
    subscription, partition = effects_process(faults), Partition(tenant)
    a, b = new_id(), new_id()
    batch = [partition.note(a, 1), partition.note(b, 1), partition.note(a, 2, "bad")]
    batch += [partition.note(a, 3), partition.note(b, 2)]
    processor = Processor(subscription, committed.worker)
    await processor.apply(batch)
    await processor.apply([partition.note(a, 4), partition.note(b, 3)])
    assert await effects_of(committed.worker, tenant, a) == [1]
    assert await effects_of(committed.worker, tenant, b) == [1, 2, 3]
    reasons = [reason for _, reason, _ in await parked_queue(committed.worker, tenant)]
    assert reasons == ["FAILED", "BEHIND", "BEHIND"]
    assert await keys_parked(committed.worker, tenant) == [f"testkit.note.v1:{a}"]
    await processor.apply(batch)
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 4,
        "parked": 3,
        "duplicates": 5,
    }


async def test_an_event_that_fails_at_the_commit_is_parked(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition = effects_process(faults), Partition(tenant)
    a, b, c = new_id(), new_id(), new_id()
    batch = [partition.note(a, 1, "slot"), partition.note(b, 1, "slot"), partition.note(c, 1)]
    processor = Processor(subscription, committed.worker)
    await processor.apply([partition.note(new_id(), s) for s in range(1, 20)])  # grow the batch
    await processor.apply(batch)
    assert [await effects_of(committed.worker, tenant, n) for n in (a, b, c)] == [
        [1],
        [],
        [1],
    ]
    async with committed.worker.begin(tenant) as tx:
        (parked,) = await list_parked(tx)
    assert parked.error.startswith("IntegrityError")
    assert parked.key.endswith(str(b))


async def test_a_subscription_may_limit_its_batch_size(committed: Committed, tenant: UUID) -> None:
    xids: list[str] = []

    async def on_note_written(tx: AsyncConnection, _: NoteWritten, __: EventMeta) -> None:
        xids.append(str(await tx.scalar(text("SELECT pg_current_xact_id()::text"))))

    subscription = process("sample.capped", {NoteWritten: on_note_written}, max_batch_size=1)
    partition = Partition(tenant)
    batch = [partition.note(new_id(), 1) for _ in range(10)]
    await Processor(subscription, committed.worker).apply(batch)
    assert len(set(xids)) == 10


async def test_a_batch_of_one_partition_reports_its_last_offset(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, note = effects_process(faults), new_id()
    value = make_envelope(tenant, note, 1, "x").encode()
    await Processor(subscription, committed.worker).apply(
        [ConsumerRecord("testkit.note.v1", 7, 41, value)]
    )
    query = select(consumer_counts.c.partition, consumer_counts.c.last_offset)
    assert await fetch_rows(committed.worker, tenant, query) == [(7, 41)]
