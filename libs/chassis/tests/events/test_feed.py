"""The pull feed: every committed event once and in order, whatever the writers do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events import feed
from chassis.events.feed import (
    FeedFilter,
    FeedPosition,
    PrunedEvents,
    latest_position,
    misses_events,
    read_feed,
)
from chassis.events.relay.cursor import CursorPosition
from chassis.events.relay.windows import BEGINNING, Snapshot
from kernel.ids import new_id
from libs.chassis.tests.events.feed_reading import FeedReader, committed_ids, sequences
from libs.chassis.tests.events.hostile_writers import stay_open, write_hostilely
from libs.chassis.tests.events.relay.relay_running import write_versions
from testkit.notes import rewrite, write
from testkit.plugin import Committed
from testkit.tenants import add_tenants

SECONDS, WRITERS, NOTES_WRITTEN = 4, 8, 20
MIN_EVENTS = 200  # on a slow machine the writers go on until so many are read


async def test_eight_writers_with_rollbacks_and_one_open_transaction(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        ids = [(await write(tx, "first")).id for _ in range(NOTES_WRITTEN)]
        late = (await write(tx, "first")).id
    stop = asyncio.Event()
    writers = [
        asyncio.create_task(write_hostilely(committed.app, tenant, ids, stop, seed))
        for seed in range(WRITERS)
    ]
    writers.append(asyncio.create_task(stay_open(committed.app, tenant, late, stop)))
    quick, slow = (FeedReader(committed.app, tenant) for _ in range(2))
    ending = asyncio.get_running_loop().time() + SECONDS
    while asyncio.get_running_loop().time() < ending or len(quick.events) < MIN_EVENTS:
        await quick.read(limit=7)
        if len(quick.events) % 3 == 0:
            await slow.read(limit=50)
    stop.set()
    await asyncio.gather(*writers)
    written = await committed_ids(committed.app, tenant)
    for reader in (quick, slow):
        events = await reader.drain()
        assert sorted(event.id for event in events) == written
        assert all(found == list(range(1, len(found) + 1)) for found in sequences(events).values())
    assert len(sequences(quick.events)[late]) > 1
    assert len(written) >= MIN_EVENTS


async def test_an_open_transaction_is_not_jumped_over(committed: Committed, tenant: UUID) -> None:
    first = await write_versions(committed.app, tenant, versions=1)
    reader = FeedReader(committed.app, tenant)
    async with committed.app.begin(tenant) as tx:
        open_note = await write(tx, "open")
        await write_versions(committed.app, tenant, versions=2)
        read = [event.subject for event in await reader.drain(limit=1)]
        assert len(read) == 3
        assert (read[0], open_note.id in read) == (first.id, False)
        await write_versions(committed.app, tenant, versions=1)
        assert len(await reader.drain()) == 4
    assert [event.subject for event in (await reader.drain())[4:]] == [open_note.id]
    assert len(await reader.drain()) == 5


async def test_a_page_has_a_limit_in_bytes(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_versions(committed.app, tenant, versions=3)
    monkeypatch.setattr(feed, "PAGE_BYTES", 1)
    reader = FeedReader(committed.app, tenant)
    assert [await reader.read() for _ in range(3)] == [True, True, False]
    assert [event.sequence for event in reader.events] == [1, 2, 3]


async def test_a_filter_leaves_out_other_types(committed: Committed, tenant: UUID) -> None:
    await write_versions(committed.app, tenant, versions=2)
    async with committed.app.begin(tenant) as tx:
        for chosen, count in [
            (FeedFilter(["testkit.card"]), 0),
            (FeedFilter(["testkit.note"], ["testkit.note.erased.v1"]), 0),
            (FeedFilter(["testkit.card", "testkit.note"], ["testkit.note.written.v1"]), 2),
            (FeedFilter(["testkit.note"]), 2),
        ]:
            page = await read_feed(tx, None, chosen, limit=10)
            assert (len(page.events), page.has_more) == (count, False)


async def test_another_tenant_reads_nothing(committed: Committed, tenant: UUID) -> None:
    stranger = new_id()
    await add_tenants(committed.app, stranger)
    reader = FeedReader(committed.app, stranger)
    await write_versions(committed.app, tenant, versions=2)
    assert await reader.drain() == []
    await write_versions(committed.app, tenant, versions=1)
    await write_versions(committed.app, stranger, versions=1)
    assert [event.tenantid for event in await reader.drain()] == [stranger]


async def test_the_latest_position_begins_with_events_to_come(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await write(tx, "open while the position is read")
        await write_versions(committed.app, tenant, versions=2)
        async with committed.app.begin(tenant) as reading:
            position = await latest_position(reading)
    reader = FeedReader(committed.app, tenant, position)
    assert len(await reader.drain()) == 1
    await write_versions(committed.app, tenant, versions=1)
    assert len(await reader.drain()) == 2


@pytest.fixture
async def three_connections(
    committed: Committed, tenant: UUID
) -> AsyncIterator[list[AsyncConnection]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(committed.app.engine.connect()) for _ in range(3)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 2), st.integers(0, 3)),
        st.tuples(st.just("commit"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("rollback"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("read"), st.integers(1, 4), st.just(0)),
    ),
    max_size=40,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
async def test_pages_between_any_commits_hold_every_event_once_and_in_order(
    committed: Committed,
    three_connections: list[AsyncConnection],
    steps: list[tuple[str, int, int]],
) -> None:
    """Three transactions write in any interleaving, and a reader reads pages of any size."""
    tenant = new_id()
    await add_tenants(committed.app, tenant)
    async with committed.app.begin(tenant) as tx:
        notes = [(await write(tx, "first")).id for _ in range(4)]
    reader = FeedReader(committed.app, tenant)
    locked: dict[int, int] = {}  # which transaction holds each note
    set_tenant = text("SELECT set_config('app.tenant', :tenant, true)")
    for step, number, note in steps:
        if step == "read":
            await reader.read(limit=number)
        elif step == "write" and locked.setdefault(note, number) == number:
            if not three_connections[number].in_transaction():
                await three_connections[number].execute(set_tenant, {"tenant": str(tenant)})
            await rewrite(three_connections[number], notes[note], "again")
        elif step in ("commit", "rollback"):
            await getattr(three_connections[number], step)()
            locked = {held: by for held, by in locked.items() if by != number}
    for connection in three_connections:
        await connection.commit()
    events = await reader.drain(limit=3)
    assert sorted(event.id for event in events) == await committed_ids(committed.app, tenant)
    assert all(found == list(range(1, len(found) + 1)) for found in sequences(events).values())


SNAPSHOTS = st.builds(
    lambda xmin, more, running: Snapshot(
        xmin, xmin + more, frozenset(xmin + x for x in running if x < more)
    ),
    st.integers(1, 20),
    st.integers(0, 8),
    st.sets(st.integers(0, 7), max_size=4),
)
PLACES = st.builds(
    CursorPosition,
    st.just(BEGINNING) | SNAPSHOTS,
    st.none() | SNAPSHOTS,
    st.integers(0, 30),
)
DELETED = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1)


@settings(max_examples=200)
@given(place=PLACES, deleted=DELETED)
def test_a_position_is_valid_only_if_every_deleted_event_was_read(
    place: CursorPosition, deleted: list[tuple[int, int]]
) -> None:
    pruned = PrunedEvents(len(deleted), max(x for x, _ in deleted), max(s for _, s in deleted))
    if not misses_events(FeedPosition(1, place, 0), pruned):
        for xid, seq in deleted:
            in_window = place.hi is not None and place.hi.sees(xid) and seq <= place.last
            assert place.lo.sees(xid) or in_window
    assert not misses_events(FeedPosition(1, place, len(deleted)), pruned)
