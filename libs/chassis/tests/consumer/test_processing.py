"""The core of a process subscription: once, in order per key, whatever comes."""

import asyncio
from typing import ClassVar
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts, inbox, outbox
from chassis.database.engine import Database
from chassis.events.consumer.dead_letter_commands import list_parked
from chassis.events.consumer.decoded_records import (
    NO_TENANT,
    ConsumerRecord,
    from_stored_json,
    to_stored_json,
)
from chassis.events.consumer.processing import Processor
from chassis.events.subscriptions import EventMeta, process
from chassis.foundation.context import Context, current
from contracts.event import Event
from kernel.ids import new_id
from libs.chassis.tests.consumer.samples import (
    Moods,
    Partition,
    applied,
    blocked,
    counted,
    envelope_of,
    queue,
    recorder,
    rows,
)
from testkit.events import NoteWritten
from testkit.notes import write
from testkit.plugin import Committed


async def test_every_event_has_its_effect_once_and_in_order(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription, partition = recorder(moods), Partition(tenant)
    a, b = new_id(), new_id()
    records = [partition.note(n, s) for s in range(1, 31) for n in (a, b)]
    await Processor(subscription, committed.worker).apply(records)
    for note in (a, b):
        assert await applied(committed.worker, tenant, note) == list(range(1, 31))
    assert await counted(committed.worker, tenant, subscription) == {"applied": 60}


async def test_duplicates_inside_a_batch_and_across_batches_change_nothing(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription, partition, note = recorder(moods), Partition(tenant), new_id()
    first, second = partition.note(note, 1), partition.note(note, 2)
    processor = Processor(subscription, committed.worker)
    await processor.apply([first, partition.again(first), second])
    await processor.apply([first, second, partition.again(second)])
    await Processor(subscription, committed.worker).apply([first, partition.again(first)])
    assert await applied(committed.worker, tenant, note) == [1, 2]
    assert await counted(committed.worker, tenant, subscription) == {"applied": 2, "duplicates": 6}


async def test_a_new_generation_reads_everything_again(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    record = Partition(tenant).note(note := new_id(), 1)
    first = recorder(moods)
    again = process(first.name, first.handlers, generation=2)
    for subscription in (first, again, again):
        await Processor(subscription, committed.worker).apply([record])
    assert await applied(committed.worker, tenant, note) == [1, 1]
    assert (first.group, again.group) == ("sample.effects", "sample.effects.g2")


async def test_tenants_in_one_batch_stay_apart(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription, other = recorder(moods), new_id()
    mine, theirs = Partition(tenant), Partition(other)
    a, b = new_id(), new_id()
    batch = [mine.note(a, 1), theirs.note(b, 1), mine.note(a, 2), theirs.note(b, 2)]
    await Processor(subscription, committed.worker).apply(batch)
    assert await applied(committed.worker, tenant, a) == [1, 2]
    assert await applied(committed.worker, other, b) == [1, 2]
    assert await applied(committed.worker, tenant, b) == []
    for each in (tenant, other):
        assert await counted(committed.worker, each, subscription) == {"applied": 2}


async def test_types_nobody_listens_to_are_counted_and_leave_no_receipt(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription, partition, note = recorder(moods), Partition(tenant), new_id()
    burnt = partition.note(note, 1, kind="testkit.note.burnt.v1")
    processor = Processor(subscription, committed.worker)
    await processor.apply([burnt, partition.note(note, 2)])
    await processor.apply([burnt])
    await Processor(subscription, committed.worker).apply([burnt])
    assert await counted(committed.worker, tenant, subscription) == {
        "applied": 1,
        "ignored": 1,
        "duplicates": 2,
    }
    receipts = select(inbox.c.event_id).where(inbox.c.tenant_id == tenant)
    assert len(await rows(committed.worker, tenant, receipts)) == 1


async def test_what_a_handler_publishes_is_caused_by_the_event(
    committed: Committed, tenant: UUID
) -> None:
    seen: list[Context] = []

    async def on_note_written(tx: AsyncConnection, event: NoteWritten, meta: EventMeta) -> None:
        seen.append(current())
        await write(tx, f"about {meta.aggregate_id}")

    subscription = process("sample.reactions", {NoteWritten: on_note_written})
    rung: list[str] = []
    committed.worker.on_published = lambda: rung.append("rung")
    envelope = envelope_of(tenant, new_id(), 1, "hello")
    record = Partition(tenant).append(envelope.encode())
    await Processor(subscription, committed.worker).apply([record])
    query = select(outbox.c.causationid, outbox.c.correlationid, outbox.c.traceparent)
    assert await rows(committed.worker, tenant, query) == [
        (str(envelope.id), "the-first-request", envelope.traceparent)
    ]
    assert seen[0].actor == "system:sample.reactions"
    assert rung == ["rung"]


async def test_a_failing_event_parks_its_key_and_nothing_else(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.broken = {"bad"}
    subscription, partition = recorder(moods), Partition(tenant)
    a, b = new_id(), new_id()
    batch = [partition.note(a, 1), partition.note(b, 1), partition.note(a, 2, "bad")]
    batch += [partition.note(a, 3), partition.note(b, 2)]
    processor = Processor(subscription, committed.worker)
    await processor.apply(batch)
    await processor.apply([partition.note(a, 4), partition.note(b, 3)])
    assert await applied(committed.worker, tenant, a) == [1]
    assert await applied(committed.worker, tenant, b) == [1, 2, 3]
    reasons = [reason for _, reason, _ in await queue(committed.worker, tenant)]
    assert reasons == ["FAILED", "BEHIND", "BEHIND"]
    assert await blocked(committed.worker, tenant) == [f"testkit.note.v1:{a}"]
    await processor.apply(batch)
    assert await counted(committed.worker, tenant, subscription) == {
        "applied": 4,
        "parked": 3,
        "duplicates": 5,
    }


async def test_what_fails_only_at_the_commit_is_parked_too(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription, partition = recorder(moods), Partition(tenant)
    a, b, c = new_id(), new_id(), new_id()
    batch = [partition.note(a, 1, "slot"), partition.note(b, 1, "slot"), partition.note(c, 1)]
    processor = Processor(subscription, committed.worker)
    await processor.apply([partition.note(new_id(), s) for s in range(1, 20)])  # finds its pace
    await processor.apply(batch)
    assert [await applied(committed.worker, tenant, n) for n in (a, b, c)] == [[1], [], [1]]
    async with committed.worker.begin(tenant) as tx:
        (parked,) = await list_parked(tx)
    assert parked.error.startswith("IntegrityError")
    assert parked.key.endswith(str(b))


async def test_what_cannot_be_read_is_parked_under_whatever_is_known_of_it(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription, partition, note = recorder(moods), Partition(tenant), new_id()
    whole = envelope_of(tenant, note, 1, "x").encode()
    values = {
        b"\xff\x00 no JSON": (NO_TENANT, "testkit.note.v1:0:0"),
        b'[1, "\\u0000"]': (NO_TENANT, "testkit.note.v1:0:1"),
        b"": (NO_TENANT, "testkit.note.v1:0:2"),
        b'{"tenantid": "%s"}' % str(tenant).encode(): (tenant, "testkit.note.v1:0:3"),
        whole.replace(b'"sequence":1', b'"sequence":-1'): (tenant, f"testkit.note.v1:{note}"),
        envelope_of(tenant, (nul := new_id()), 1)
        .encode()
        .replace(b'"text":""', b'"text":7,"a":"\\u0000"'): (
            tenant,
            f"testkit.note.v1:{nul}",
        ),
    }
    records = [partition.append(value) for value in values]
    later = partition.note(note, 2)
    for _ in range(2):
        await Processor(subscription, committed.worker).apply([*records, later])
    async with committed.worker.begin(None) as tx:
        parked = await list_parked(tx)
    found = [(p.tenant_id, p.key, p.reason.value) for p in parked]
    assert sorted(found[:3]) == sorted((*v, "FAILED") for v in list(values.values())[:3])
    assert {(t, k) for t, k, _ in found} == set(values.values())
    assert [r for _, _, r in found].count("BEHIND") == 1
    assert await counted(committed.worker, NO_TENANT, subscription) == {
        "parked": 3,
        "duplicates": 3,
    }
    assert await counted(committed.worker, tenant, subscription) == {"parked": 4, "duplicates": 4}


class Tagged(Event):
    """A fact whose data may have any keys."""

    type: ClassVar[str] = "testkit.note.tagged.v1"
    tags: dict[str, str]


def tagged(tenant: UUID, tags: bytes) -> bytes:
    whole = envelope_of(tenant, new_id(), 1, kind=Tagged.type)
    return whole.encode().replace(b'"data":{', b'"data":{"tags":' + tags + b",")


@pytest.mark.parametrize(
    "tags",
    [
        b'{"a\\u0000":1}',
        b'{"' + b"x" * 5_000 + b'":1}',
        b'{"a":' + b"[" * 300 + b"]" * 300 + b"}",
    ],
    ids=["NUL", "long", "deep"],
)
async def test_what_is_wrong_with_an_event_never_keeps_it_from_being_parked(
    committed: Committed, tenant: UUID, tags: bytes
) -> None:
    async def on_note_tagged(_: AsyncConnection, __: Tagged, ___: EventMeta) -> None: ...

    subscription = process("sample.tagged", {Tagged: on_note_tagged})
    value = tagged(tenant, tags)
    async with asyncio.timeout(10):
        await Processor(subscription, committed.worker).apply([Partition(tenant).append(value)])
    async with committed.worker.begin(tenant) as tx:
        (parked,) = await list_parked(tx)
    assert parked.error.startswith("testkit.note.tagged.v1 does not fit its schema: tags.")
    assert orjson.loads(from_stored_json(parked.envelope)) == orjson.loads(value)


def test_what_looks_like_our_own_base64_is_stored_as_it_came() -> None:
    value = b'{"raw_base64":"!"}'
    assert from_stored_json(to_stored_json(value)) == value


async def test_what_cannot_be_taken_over_for_another_reason_is_parked_with_a_fixed_text(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    """A constraint stands for whatever else may keep an event from being parked as it is."""
    subscription, note = recorder(moods, "sample.stuck"), new_id()
    owner = Database(committed.urls.owner_url, name="test-owner")
    trap = "ALTER TABLE parked_events ADD CONSTRAINT trap CHECK (error NOT LIKE '%fit%')"
    async with owner.begin(None) as tx:
        await tx.execute(text(trap))
    value = envelope_of(tenant, note, 1, "x").encode().replace(b'"text":"x"', b'"text":null')
    try:
        async with asyncio.timeout(10):
            record = Partition(tenant).append(value)
            await Processor(subscription, committed.worker).apply([record])
    finally:
        async with owner.begin(None) as tx:
            await tx.execute(text("ALTER TABLE parked_events DROP CONSTRAINT trap"))
        await owner.dispose()
    async with committed.worker.begin(tenant) as tx:
        (parked,) = await list_parked(tx)
    assert parked.error == (
        "NeverReached: The record could not be taken over; the worker's log says why."
    )


async def test_a_subscription_may_cap_its_batches(committed: Committed, tenant: UUID) -> None:
    xids: list[str] = []

    async def on_note_written(tx: AsyncConnection, _: NoteWritten, __: EventMeta) -> None:
        xids.append(str(await tx.scalar(text("SELECT pg_current_xact_id()::text"))))

    subscription = process("sample.capped", {NoteWritten: on_note_written}, most=1)
    partition = Partition(tenant)
    batch = [partition.note(new_id(), 1) for _ in range(10)]
    await Processor(subscription, committed.worker).apply(batch)
    assert len(set(xids)) == 10


async def test_a_batch_of_one_partition_reports_its_last_offset(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription, note = recorder(moods), new_id()
    value = envelope_of(tenant, note, 1, "x").encode()
    await Processor(subscription, committed.worker).apply(
        [ConsumerRecord("testkit.note.v1", 7, 41, value)]
    )
    query = select(consumer_counts.c.partition, consumer_counts.c.last_offset)
    assert await rows(committed.worker, tenant, query) == [(7, 41)]
