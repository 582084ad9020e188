"""Transient errors, caused for real: retried and never parked."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.database.transient import is_transient
from chassis.events.consumer.dead_letter_commands import list_parked
from chassis.events.consumer.metrics import TRANSACTION_RETRIES
from chassis.events.consumer.processing import Processor
from chassis.events.subscriptions import EventMeta, Subscription, process
from kernel.errors import Conflict
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    Partition,
    effects_of,
    effects_process,
    outcomes,
    parked_queue,
)
from testkit.database import notes
from testkit.databases import admin_dsn
from testkit.events import NoteWritten
from testkit.plugin import Committed


def retries(subscription: Subscription) -> int:
    return int(TRANSACTION_RETRIES.labels(subscription.name)._value.get())


async def wait_for_retries(subscription: Subscription, times: int) -> None:
    while retries(subscription) < times:  # noqa: ASYNC110  # a counter sets no event
        await asyncio.sleep(0.02)


async def test_a_deadlock_is_retried_until_both_have_their_effects(
    committed: Committed, tenant: UUID
) -> None:
    """Two subscriptions lock the same two rows in opposite order and deadlock."""
    a, b = new_id(), new_id()
    async with committed.worker.begin(tenant) as tx:
        for each in (a, b):
            await tx.execute(notes.insert().values(id=each, text="", version=0))
    both_hold_one = asyncio.Barrier(2)
    met = [False, False]

    def locker(number: int, order: tuple[UUID, UUID]) -> Subscription:
        async def on_note_written(tx: AsyncConnection, _: NoteWritten, __: EventMeta) -> None:
            for each in order:
                more = notes.update().where(notes.c.id == each).values(version=notes.c.version + 1)
                await tx.execute(more)
                if not met[number]:
                    met[number] = True
                    await both_hold_one.wait()

        return process(f"sample.locker{number}", {NoteWritten: on_note_written})

    subscriptions = [locker(0, (a, b)), locker(1, (b, a))]
    record = Partition(tenant).note(new_id(), 1)
    await asyncio.gather(*(Processor(s, committed.worker).apply([record]) for s in subscriptions))
    assert sum(retries(one) for one in subscriptions) >= 1
    async with committed.worker.begin(tenant) as tx:
        assert set((await tx.execute(select(notes.c.version))).scalars()) == {2}
    for one in subscriptions:
        assert await outcomes(committed.worker, tenant, one) == {"applied": 1}


async def test_a_lock_timeout_is_retried_until_the_lock_is_free(
    committed: Committed, tenant: UUID
) -> None:
    row = new_id()
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(notes.insert().values(id=row, text="", version=0))

    async def on_note_written(tx: AsyncConnection, _: NoteWritten, __: EventMeta) -> None:
        await tx.execute(text("SET LOCAL lock_timeout = '50ms'"))
        await tx.execute(update(notes).where(notes.c.id == row).values(version=notes.c.version + 1))

    subscription = process("sample.patient", {NoteWritten: on_note_written})
    partition = Partition(tenant)
    batch = [partition.note(new_id(), 1) for _ in range(5)]
    async with committed.worker.begin(tenant) as holder:
        await holder.execute(update(notes).where(notes.c.id == row).values(text="held"))
        applying = asyncio.create_task(Processor(subscription, committed.worker).apply(batch))
        await wait_for_retries(subscription, 2)
        assert not applying.done()
    await applying
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 5}
    assert await parked_queue(committed.worker, tenant) == []


async def test_terminated_backends_are_replaced(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    database = Database(committed.urls.worker_url, name="to-be-killed")
    subscription, partition, note = (
        effects_process(faults, "sample.killed"),
        Partition(tenant),
        new_id(),
    )
    stop, sent = asyncio.Event(), 0

    async def kill() -> None:
        admin = await asyncpg.connect(admin_dsn())
        while not stop.is_set():
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'to-be-killed'"
            )
            await asyncio.sleep(0.25)
        await admin.close()

    killing = asyncio.create_task(kill())
    processor = Processor(subscription, database)
    while retries(subscription) < 3:
        await processor.apply([partition.note(note, sent + s) for s in range(1, 31)])
        sent += 30
    stop.set()
    await killing
    await database.dispose()
    async with committed.worker.begin(tenant) as tx:
        assert [(one.reason, one.error) for one in await list_parked(tx, limit=1)] == []
    assert await effects_of(committed.worker, tenant, note) == list(range(1, sent + 1))
    counts = await outcomes(committed.worker, tenant, subscription)
    counts.pop("duplicates", None)  # a commit whose answer was lost is tried again
    assert counts == {"applied": sent}


async def test_an_unavailable_database_is_waited_for(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    """The port is closed at first, then leads to the database."""
    host, port = committed.urls.worker_url.rpartition("@")[2].split("/")[0].split(":")
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    free = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    database = Database(committed.urls.worker_url.replace(f":{port}/", f":{free}/"), name="away")
    subscription, note = effects_process(faults, "sample.waiting"), new_id()
    record = Partition(tenant).note(note, 1)
    applying = asyncio.create_task(Processor(subscription, database).apply([record]))
    await wait_for_retries(subscription, 3)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_copy(reader, upstream_writer), _copy(upstream_reader, writer))

    async with await asyncio.start_server(forward, "127.0.0.1", free):
        await applying
        await database.dispose()
    assert await effects_of(committed.worker, tenant, note) == [1]


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_a_schema_that_is_not_ready_parks_no_event(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    owner = Database(committed.urls.owner_url, name="test-owner")
    subscription, note = effects_process(faults, "sample.unready"), new_id()
    async with owner.begin(None) as tx:
        await tx.execute(text("REVOKE INSERT ON inbox FROM testkit_worker"))
    record = Partition(tenant).note(note, 1)
    applying = asyncio.create_task(Processor(subscription, committed.worker).apply([record]))
    await wait_for_retries(subscription, 3)
    async with owner.begin(None) as tx:
        await tx.execute(text("GRANT INSERT ON inbox TO testkit_worker"))
    await applying
    await owner.dispose()
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 1}


def test_a_connection_lost_while_connecting_is_transient() -> None:
    assert is_transient(asyncpg.InterfaceError("connection is closed"))
    assert not is_transient(asyncpg.exceptions.DataError("invalid input"))


async def test_every_error_of_a_backend_that_ends_while_connecting_is_transient(
    committed: Committed,
) -> None:
    """The first statements of a new engine are cut off at every moment."""
    admin = await asyncpg.connect(admin_dsn())
    cut_off = 0
    for delay in range(60):
        database = Database(committed.urls.worker_url, name="cut-off")
        opening = asyncio.create_task(_open(database))
        while not opening.done():
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'cut-off'"
            )
            await asyncio.sleep(delay / 10_000)
        error = opening.exception()
        if error is not None:
            cut_off += 1
            assert is_transient(error), repr(error)
        await database.dispose()
    await admin.close()
    assert cut_off


async def _open(database: Database) -> None:
    async with database.begin(None) as tx:
        await tx.execute(text("SELECT 1"))


async def test_a_stale_write_is_retried_soon(committed: Committed, tenant: UUID) -> None:
    async def on_note_written(_: AsyncConnection, __: NoteWritten, ___: EventMeta) -> None:
        raise Conflict("STALE_WRITE", what="notes", key="x")

    subscription = process("sample.loser", {NoteWritten: on_note_written})
    await Processor(subscription, committed.worker).apply([Partition(tenant).note(new_id(), 1)])
    assert [reason for _, reason, _ in await parked_queue(committed.worker, tenant)] == ["NOT_YET"]


async def test_cancelling_rolls_everything_back(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    waiting = asyncio.Event()

    async def on_note_written(tx: AsyncConnection, _: NoteWritten, __: EventMeta) -> None:
        await tx.execute(notes.insert().values(id=new_id(), text="", version=0))
        waiting.set()
        await asyncio.Event().wait()

    subscription = process("sample.slow", {NoteWritten: on_note_written})
    record = Partition(tenant).note(new_id(), 1)
    applying = asyncio.create_task(Processor(subscription, committed.worker).apply([record]))
    await waiting.wait()
    applying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await applying
    async with committed.worker.begin(tenant) as tx:
        assert (await tx.execute(select(notes))).all() == []
    assert await outcomes(committed.worker, tenant, subscription) == {}
