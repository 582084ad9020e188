"""Rebuilds: the new generation equals the source, is never seen half, and survives a kill."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update

from chassis.database.backbone_tables import consumer_counts
from chassis.events.consumer.processing import Processor
from chassis.events.in_process_transport import InProcessTransport
from chassis.events.rebuilds import swap as swapping
from chassis.events.rebuilds.logs import LogPage, OutboxLog, Places
from chassis.events.rebuilds.rebuilder import Generation, Rebuilder
from chassis.events.rebuilds.requests import RebuildStatus
from chassis.events.rebuilds.tables import staged_states
from chassis.events.relay.relay import Relay
from kernel.errors import Conflict
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import Partition, make_envelope
from libs.chassis.tests.events.rebuilds.generations import (
    NOTES,
    KilledError,
    ListLog,
    build,
    copied,
    outcome_of,
    request,
)
from testkit.database import note_copies, notes
from testkit.notes import rewrite, write
from testkit.plugin import Committed


def courier(committed: Committed) -> Relay:
    processor = Processor(NOTES, committed.worker, monotonic_offsets=False)
    return Relay("testkit", committed.urls.worker_url, InProcessTransport([processor]))


async def source(committed: Committed, tenant: UUID) -> dict[UUID, tuple[int, int, str, bool]]:
    async with committed.worker.begin(tenant) as tx:
        rows = await tx.execute(select(notes.c.id, notes.c.version, notes.c.text))
        return {row.id: (1, row.version, row.text, False) for row in rows}


async def staged(committed: Committed) -> int:
    async with committed.worker.begin(None) as tx:
        return await tx.scalar(select(func.count()).select_from(staged_states)) or 0


async def test_a_damaged_copy_equals_the_source_again(committed: Committed, tenant: UUID) -> None:
    relay = courier(committed)
    async with committed.app.begin(tenant) as tx:
        written = [await write(tx, f"note {n}") for n in range(20)]
        await rewrite(tx, written[0].id, "again")
    await relay.drain()
    c = note_copies.c
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(update(note_copies).values(text="damaged"))
        await tx.execute(delete(note_copies).where(c.id == written[1].id))
    rebuild = await request(committed.worker, tenant)
    log = OutboxLog({"testkit": committed.worker})
    assert await Rebuilder([NOTES], committed.worker, log).build_requested() == 1
    assert await copied(committed.worker, tenant) == await source(committed, tenant)
    result = await outcome_of(committed.worker, tenant, rebuild)
    assert (result.status, result.rows_written, result.rows_deleted, result.rows_kept) == (
        RebuildStatus.FINISHED,
        20,
        0,
        0,
    )
    assert result.records_read == result.records_total
    assert await staged(committed) == 0


async def write_on(committed: Committed, tenant: UUID, busy: Sequence[UUID]) -> None:
    for number in range(12):
        async with committed.app.begin(tenant) as tx:
            await write(tx, f"new {number}")
            await rewrite(tx, busy[number % len(busy)], f"rewritten {number}")


async def deliver(relay: Relay, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await relay.drain()
        await asyncio.sleep(0)


async def count_damaged(
    committed: Committed, tenant: UUID, seen: list[int], stop: asyncio.Event
) -> None:
    """Count the damaged rows again and again, as a reader of the copy."""
    query = select(func.count()).where(note_copies.c.text == "damaged")
    while not stop.is_set():
        async with committed.app.begin(tenant) as tx:
            seen.append(await tx.scalar(query) or 0)
        await asyncio.sleep(0)


async def rebuild_again(committed: Committed, tenant: UUID) -> None:
    for _ in range(3):
        await request(committed.worker, tenant)
        log = OutboxLog({"testkit": committed.worker})
        assert await Rebuilder([NOTES], committed.worker, log).build_requested() == 1
        await asyncio.sleep(0.02)


async def test_under_writers_it_equals_the_source_and_is_never_seen_half(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers see the old copy of all old notes, or the new copy of all, never a mixture."""
    monkeypatch.setattr(swapping, "PAGE_ROWS", 7)
    relay, stop = courier(committed), asyncio.Event()
    async with committed.app.begin(tenant) as tx:
        old = [(await write(tx, f"old {n}")).id for n in range(40)]
        busy = [(await write(tx, f"busy {n}")).id for n in range(5)]
    await relay.drain()
    is_old = note_copies.c.id.in_(old)
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(update(note_copies).where(is_old).values(text="damaged"))
    seen: list[int] = []
    background = [
        asyncio.create_task(one)
        for one in (deliver(relay, stop), count_damaged(committed, tenant, seen, stop))
    ]
    await asyncio.gather(
        write_on(committed, tenant, busy),
        write_on(committed, tenant, busy),
        rebuild_again(committed, tenant),
    )
    stop.set()
    await asyncio.gather(*background)
    while await relay.drain():
        pass
    assert await copied(committed.worker, tenant) == await source(committed, tenant)
    assert set(seen) == {40, 0}
    assert seen == sorted(seen, reverse=True)  # once new, always new


async def test_events_consumed_while_it_reads_are_in_the_new_generation(
    committed: Committed, tenant: UUID
) -> None:
    """They lie behind the end of the log that the rebuild reads to."""
    partition, first, second = Partition(tenant), new_id(), new_id()
    processor = Processor(NOTES, committed.worker)
    log = ListLog([partition.note(first, 1, "old").value])
    await request(committed.worker, tenant)
    await processor.apply([partition.note(first, 2, "newer"), partition.note(second, 1, "late")])
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(update(note_copies).values(text="damaged"))
    assert await build(committed.worker, log) == 1
    assert await copied(committed.worker, tenant) == {
        first: (1, 2, "newer", False),
        second: (1, 1, "late", False),
    }
    assert await staged(committed) == 0


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    events=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=14),
    kills=st.lists(st.integers(0, 3), max_size=3),
    page=st.integers(1, 5),
)
async def test_a_killed_worker_is_continued_where_it_stopped(
    committed: Committed, events: list[tuple[int, bool]], kills: list[int], page: int
) -> None:
    tenant = new_id()
    partition, ids = Partition(tenant), [new_id() for _ in range(4)]
    expected: dict[UUID, tuple[int, int, str, bool]] = {}
    values: list[bytes] = []
    for sequence, (note, is_deleted) in enumerate(events, start=1):
        content = "" if is_deleted else f"v{sequence}"
        envelope = make_envelope(tenant, ids[note], sequence, content)
        values.append(partition.append(envelope.encode()).value)
        expected[ids[note]] = (1, sequence, content, is_deleted)
    await request(committed.worker, tenant)
    read = 0
    for kill_after in kills:
        log = ListLog(values, page=page, kill_after=kill_after)
        with suppress(KilledError):
            await killed(committed, log)
        assert log.reads == list(range(read, len(values), page))[: len(log.reads)]
        read += page * len(log.reads)
    await build(committed.worker, ListLog(values, page=page))
    assert await copied(committed.worker, tenant) == expected


async def killed(committed: Committed, log: ListLog) -> None:
    """Build until the log kills the process: what it caught would mark nothing as failed."""

    class Mortal(Rebuilder):
        async def _fail(self, generation: Generation, error: Exception) -> None:
            raise error

    await Mortal([NOTES], committed.worker, log).build_requested()


async def test_a_state_that_does_not_fit_keeps_its_row(committed: Committed, tenant: UUID) -> None:
    partition, note, other = Partition(tenant), new_id(), new_id()
    good = partition.note(note, 1, "good")
    await Processor(NOTES, committed.worker).apply([good])
    bad = make_envelope(tenant, note, 2, "bad")
    del bad.data["note"]["text"]
    values = [good.value, bad.encode(), b"{}", partition.note(other, 1, "other").value]
    rebuild = await request(committed.worker, tenant)
    await build(committed.worker, ListLog(values))
    assert await copied(committed.worker, tenant) == {
        note: (1, 1, "good", False),
        other: (1, 1, "other", False),
    }
    result = await outcome_of(committed.worker, tenant, rebuild)
    assert (result.status, result.unreadable) == (RebuildStatus.FINISHED, 2)


async def test_a_failure_leaves_the_present_copy_and_names_the_error(
    committed: Committed, tenant: UUID
) -> None:
    partition, note = Partition(tenant), new_id()
    await Processor(NOTES, committed.worker).apply([partition.note(note, 1, "good")])
    before = await copied(committed.worker, tenant)
    rebuild = await request(committed.worker, tenant)
    values = [partition.note(new_id(), 1, "x").value, partition.note(note, 2, "newer").value]
    await build(committed.worker, ListLog(values, page=1, kill_after=1))
    result = await outcome_of(committed.worker, tenant, rebuild)
    assert (result.status, result.error) == (RebuildStatus.FAILED, "KilledError: ")
    assert await copied(committed.worker, tenant) == before
    assert await staged(committed) == 0
    await request(committed.worker, tenant)  # another one may begin
    assert await build(committed.worker, ListLog(values)) == 1


async def test_tenants_are_read_together_and_swapped_apart(
    committed: Committed, tenant: UUID
) -> None:
    other, stranger = new_id(), new_id()
    ids = {one: new_id() for one in (tenant, other, stranger)}
    values = [Partition(one).note(ids[one], 1, "x").value for one in ids]
    await request(committed.worker, tenant, other)
    log = ListLog(values, page=10)
    assert await build(committed.worker, log) == 2
    assert log.reads == [0]
    for one in (tenant, other):
        assert set(await copied(committed.worker, one)) == {ids[one]}
    assert await copied(committed.worker, stranger) == {}


async def test_two_workers_build_a_generation_once(committed: Committed, tenant: UUID) -> None:
    values = [Partition(tenant).note(new_id(), 1).value for _ in range(9)]
    await request(committed.worker, tenant)
    built = await asyncio.gather(
        *(build(committed.worker, ListLog(values, page=1)) for _ in range(4))
    )
    assert sorted(built) == [0, 0, 0, 1]
    assert len(await copied(committed.worker, tenant)) == 9


async def test_one_rebuild_of_a_copy_runs_at_a_time(committed: Committed, tenant: UUID) -> None:
    results = await asyncio.gather(
        *(request(committed.worker, tenant) for _ in range(4)), return_exceptions=True
    )
    refused = [one for one in results if isinstance(one, Conflict)]
    assert [one.code for one in refused] == ["REBUILD_RUNNING"] * 3
    with pytest.raises(Conflict, match="REBUILD_RUNNING"):
        await request(committed.worker, new_id(), tenant)
    async with committed.worker.begin(None) as tx:
        number = await tx.scalar(text("SELECT count(*) FROM replica_rebuilds"))
    assert number == 1
    async with committed.worker.begin(tenant) as tx:  # nothing was consumed
        assert (await tx.execute(select(consumer_counts))).all() == []


class SilentLog(ListLog):
    """A log whose broker does not answer the first reads."""

    async def read(self, places: Places) -> LogPage:
        if len(self.reads) < 2:
            self.reads.append(-1)
            return LogPage([], places)
        return await super().read(places)


async def test_waiting_for_a_silent_broker_is_no_progress(
    committed: Committed, tenant: UUID
) -> None:
    rebuild = await request(committed.worker, tenant)
    before = (await outcome_of(committed.worker, tenant, rebuild)).progressed_at
    seen: list[bool] = []

    class Watched(SilentLog):
        async def read(self, places: Places) -> LogPage:
            now_at = (await outcome_of(committed.worker, tenant, rebuild)).progressed_at
            seen.append(now_at > before)
            return await super().read(places)

    note = Partition(tenant).note(new_id(), 1)
    await build(committed.worker, Watched([note.value, note.value], page=1))
    assert seen == [False, False, False, True]
