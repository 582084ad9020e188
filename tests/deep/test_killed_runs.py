"""A snapshot, a rebuild and a resend whose worker is killed with SIGKILL while writers go on.

Each is killed at a known point: the test holds a lock that the worker waits for. Afterwards the run
finishes by itself, and the copy equals the source row by row.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, Table, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_rebuild
from chassis.database.backbone_tables import parked_events
from chassis.database.engine import Database
from chassis.events.rebuilds.requests import Rebuild, RebuildStatus, get_rebuild, request_rebuild
from chassis.events.rebuilds.tables import replica_rebuilds, staged_states
from chassis.events.resend_commands import get_resend, request_resend
from chassis.events.resend_tables import event_resends
from chassis.foundation.clock import now
from chassis.records.record_commands import create_record, edit_record
from chassis.records.snapshots.runs import SnapshotRun, SnapshotStatus, get_run, request_snapshot
from chassis.records.writes import insert_rows
from chassis.web.commands import Command
from contracts.topics import load_events
from cpq.accounts.store import accounts as copies
from kernel.ids import new_id
from l2o.accounts.domain import Account
from l2o.accounts.store import ACCOUNT, accounts
from testkit.tenants import add_tenant
from tests.system.harness import Deployment, Process

SECONDS = 60
OLD = 160  # accounts whose events the broker has lost: only a snapshot shows them
WRITTEN = 60
REPLICA = "cpq.accounts"

pytestmark = pytest.mark.skipif(
    not os.environ.get("KAFKA_BOOTSTRAP"), reason="it needs a real Kafka: `make test-deep`"
)


@dataclass
class Pair:
    """A publisher and a copy of its accounts, with the processes that are killed."""

    deployment: Deployment
    source: Database
    copy: Database
    tenant: UUID

    @property
    def publisher(self) -> Process:
        return self.deployment.processes["publisher"]

    @property
    def reader(self) -> Process:
        return self.deployment.processes["reader"]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    load_events()
    made = await Deployment.create(tmp_path, "killed", ["l2o", "cpq"])
    made.add("publisher", "worker", "l2o", "--only", "relay", "--only", "jobs")
    made.add("reader", "worker", "cpq", "--only", "consumer")
    made.run("chassis", "topics")
    for process in made.processes.values():
        process.start()
    await asyncio.gather(*(process.ready() for process in made.processes.values()))
    source, copy = (Database(one.worker_url, name="test-killed") for one in made.databases)
    yield Pair(made, source, copy, new_id())
    await source.dispose()
    await copy.dispose()
    await made.tear_down()


def an_account(name: str) -> Account:
    at = now()
    return Account(id=new_id(), name=name, created_at=at, updated_at=at)


async def fill(pair: Pair) -> tuple[list[UUID], list[UUID]]:
    """Insert old accounts without events, and new ones with; return the ids of both."""
    old, written = (
        [an_account(f"{age} {n}") for n in range(number)]
        for age, number in (("old", OLD), ("new", WRITTEN))
    )
    async with pair.source.begin(pair.tenant) as tx:
        await add_tenant(tx)
        await insert_rows(tx, accounts, old)
        for one in written:
            await create_record(Command(tx, now()), ACCOUNT, one)
    return sorted(one.id for one in old), [one.id for one in written]


async def write_on(pair: Pair, ids: list[UUID], stop: asyncio.Event) -> int:
    """Edit and create accounts until `stop` is set; return how many were written."""
    steps, number = random.Random(7), 0  # not a secret
    while not stop.is_set():
        number += 1
        async with pair.source.begin(pair.tenant) as tx:
            command, name = Command(tx, now()), f"written {number}"
            await edit_record(command, ACCOUNT, steps.choice(ids), partial(replace, name=name))
            if number % 5 == 0:
                new = Account(
                    id=new_id(), name=name, created_at=command.now, updated_at=command.now
                )
                await create_record(command, ACCOUNT, new)
        await asyncio.sleep(0.02)
    return number


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(SECONDS):
            while not await condition():  # noqa: ASYNC110  # another process changes it
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen") from None


@asynccontextmanager
async def killed_while_it_waits(
    process: Process, database: Database, tenant: UUID, lock: Callable[..., Awaitable[Any]]
) -> AsyncIterator[None]:
    """Hold a lock around the block; at its end, kill the process while it waits for the lock."""
    async with database.begin(tenant) as tx:
        await lock(tx)
        yield
        holder = await tx.scalar(text("SELECT pg_backend_pid()"))
        blocked = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE CAST(:pid AS int) = ANY(pg_blocking_pids(pid))"
        )

        async def is_waiting() -> bool:
            return bool(await tx.scalar(blocked, {"pid": holder}))

        await until(is_waiting, f"the wait of {process.name}")
        process.kill()
    process.start()


def row_lock(query: Select[Any]) -> Callable[[AsyncConnection], Awaitable[Any]]:
    return lambda tx: tx.execute(query.with_for_update())


def row_of(table: Table, key: UUID) -> Select[Any]:
    return select(table.c.id).where(table.c.id == key)


async def snapshot_of(pair: Pair, snapshot_id: UUID) -> SnapshotRun:
    async with pair.source.begin(pair.tenant) as tx:
        return await get_run(tx, snapshot_id)


async def publish_snapshot(pair: Pair, late: UUID) -> UUID:
    """Publish a snapshot; its worker is killed in the second page."""
    snapshot_id, second_page = new_id(), row_lock(row_of(accounts, late))
    async with (
        killed_while_it_waits(pair.publisher, pair.source, pair.tenant, second_page),
        pair.source.begin(pair.tenant) as tx,
    ):
        await request_snapshot(tx, "l2o", "account", by="ann", now=now(), snapshot_id=snapshot_id)
    run = await snapshot_of(pair, snapshot_id)
    assert (run.status, run.published) == (SnapshotStatus.RUNNING, 100)

    async def is_finished() -> bool:
        return (await snapshot_of(pair, snapshot_id)).status is SnapshotStatus.FINISHED

    await until(is_finished, "the end of the snapshot")
    assert (await snapshot_of(pair, snapshot_id)).published >= OLD + WRITTEN
    return snapshot_id


async def rebuild_of(pair: Pair, rebuild_id: UUID) -> Rebuild:
    async with pair.copy.begin(pair.tenant) as tx:
        return await get_rebuild(tx, rebuild_id)


async def rebuild_copy(pair: Pair, snapshot_id: UUID) -> None:
    """Rebuild a damaged copy; its worker is killed at a page, and again before the swap."""
    rebuild_id, tenant = new_id(), pair.tenant
    async with pair.copy.begin(tenant) as tx:
        await tx.execute(update(copies).values(name="damaged"))
    async with pair.copy.begin(None) as tx:
        await request_rebuild(
            tx, [tenant], REPLICA, rebuild_id, by="ann", now=now(), snapshot_id=snapshot_id
        )
    row = row_lock(row_of(replica_rebuilds, rebuild_id))
    async with killed_while_it_waits(pair.reader, pair.copy, tenant, row):
        pass

    def as_consumer(tx: AsyncConnection) -> Awaitable[None]:
        return lock_rebuild(tx, f"{tenant}:{REPLICA}", exclusive=False)

    async with killed_while_it_waits(pair.reader, pair.copy, tenant, as_consumer):

        async def is_read() -> bool:
            one = await rebuild_of(pair, rebuild_id)
            return one.records_total is not None and one.records_read >= one.records_total

        await until(is_read, "reading the topics")
        assert await staged(pair) >= OLD + WRITTEN
    assert (await rebuild_of(pair, rebuild_id)).status is RebuildStatus.READING

    async def is_finished() -> bool:
        return (await rebuild_of(pair, rebuild_id)).status is RebuildStatus.FINISHED

    await until(is_finished, "the swap")
    finished = await rebuild_of(pair, rebuild_id)
    assert (finished.whole_aggregates, finished.rows_kept) == (("l2o.account",), 0)


async def staged(pair: Pair) -> int:
    async with pair.copy.begin(pair.tenant) as tx:
        return await tx.scalar(select(func.count()).select_from(staged_states)) or 0


async def resend(pair: Pair) -> None:
    """Send the events again; the relay is killed after it has sent some, before it notes that."""
    async with pair.source.begin(pair.tenant) as tx:
        since = now() - timedelta(days=1)
        request = await request_resend(tx, "l2o", pair.tenant, since=since, by="ann", now=now())
    row = row_lock(row_of(event_resends, request.id))
    async with killed_while_it_waits(pair.publisher, pair.source, pair.tenant, row):
        pass

    async def is_finished() -> bool:
        async with pair.source.begin(pair.tenant) as tx:
            return (await get_resend(tx, request.id)).finished_at is not None

    await until(is_finished, "the end of the resend")


async def rows(database: Database, tenant: UUID, query: Select[Any]) -> set[tuple[Any, ...]]:
    async with database.begin(tenant) as tx:
        return {tuple(row) for row in await tx.execute(query)}


async def test_killed_runs_finish_and_the_copy_equals_the_source(pair: Pair) -> None:
    old, new = await fill(pair)
    stop = asyncio.Event()
    writing = asyncio.create_task(write_on(pair, new, stop))
    try:
        snapshot_id = await publish_snapshot(pair, old[OLD - 10])
        await rebuild_copy(pair, snapshot_id)
        await resend(pair)
    finally:
        stop.set()
        written = await writing
    a, c = accounts.c, copies.c
    source = await rows(pair.source, pair.tenant, select(a.id, a.version, a.name))
    is_live = c.deleted.is_(False)

    async def is_equal() -> bool:
        copy = select(c.id, c.sequence, c.name).where(is_live)
        return await rows(pair.copy, pair.tenant, copy) == source

    await until(is_equal, "that the copy equals the source")
    assert len(source) > OLD + WRITTEN
    assert written > 20
    assert (pair.publisher.kills, pair.reader.kills) == (2, 2)
    assert await rows(pair.copy, pair.tenant, select(parked_events.c.id)) == set()
