"""The job of a snapshot: publishes a page of records per chunk, in the chunk's transaction.

The page's records are locked until the commit, and so is whoever would change them: for one
record the rows of the outbox stay in the order of its versions. A worker that is killed loses at
most the page it was at; the next one continues behind the last page that was committed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.events.outbox import publish_all
from chassis.jobs.queue import Again, Done, Job, JobHandler
from chassis.records.snapshots.runs import SnapshotRun, SnapshotStatus, get_run, save_progress
from contracts.event import EVENT_CLASSES, AggregateState, Event

PAGE_RECORDS = 100
SENT_POLL = timedelta(seconds=1)

# Pages are committed one after the other, so a relay that is past the last one has sent them all.
IS_SENT = text(
    "SELECT coalesce(bool_and(pg_visible_in_snapshot(CAST(CAST(:xid AS text) AS xid8),"
    " CAST(lo AS pg_snapshot))), false) FROM relay_cursors"
)


class Published(Protocol):
    """A record whose saves are published: it has an id, a version and a state."""

    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    def state(self) -> AggregateState: ...


@dataclass(frozen=True)
class SnapshotSource:
    """Where the records of an aggregate are read; `load` also returns deleted ones."""

    state: type[AggregateState]
    table: Table
    load: Callable[[AsyncConnection, UUID], Awaitable[Any]]

    def event(self, record: Published, snapshot_id: UUID, *, is_last: bool) -> Event:
        """Return the snapshot of a record."""
        kind = EVENT_CLASSES[f"{self.state.aggregate}.snapshot.v1"]
        run: dict[str, Any] = {"snapshot_id": snapshot_id, "is_last": is_last}
        return kind(**{self.state.field(): record.state()}, **run)


def snapshot_job(sources: Sequence[SnapshotSource]) -> JobHandler:
    """Return the handler of snapshot jobs over these sources."""
    by_aggregate = {source.state.aggregate: source for source in sources}

    async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
        run = await get_run(tx, UUID(job.key), lock=True)
        if run.status is SnapshotStatus.SENDING:
            return await _await_relay(tx, run, job)
        if run.status is not SnapshotStatus.RUNNING:
            return Done()
        if run.total is None:
            total = sum([await _count(tx, by_aggregate[name]) for name in run.aggregates])
            await save_progress(tx, run, total=total)
        current = run.aggregate or run.aggregates[0]
        published = await _publish_page(tx, run, by_aggregate[current])
        seconds = published / run.records_per_second if run.records_per_second else 0
        return Again(job.now + timedelta(seconds=seconds))

    return run_chunk


async def fail_snapshot(tx: AsyncConnection, job: Job) -> None:
    """Mark the run of a job that failed for good."""
    run = await get_run(tx, UUID(job.key), lock=True)
    mine = (jobs.c.tenant_id == job.tenant) & (jobs.c.id == job.id)
    error = await tx.scalar(select(jobs.c.last_error).where(mine))
    await save_progress(tx, run, status=SnapshotStatus.FAILED, finished_at=job.now, error=error)


async def _count(tx: AsyncConnection, source: SnapshotSource) -> int:
    return await tx.scalar(select(func.count()).select_from(source.table)) or 0


async def _publish_page(tx: AsyncConnection, run: SnapshotRun, source: SnapshotSource) -> int:
    """Publish the next page and save how far the run is; returns the number of records."""
    key = source.table.c.id
    size = min(PAGE_RECORDS, run.records_per_second or PAGE_RECORDS)
    page = select(key).order_by(key).limit(size + 1).with_for_update(read=True)
    if run.after_id is not None:
        page = page.where(key > run.after_id)
    rows = list((await tx.execute(page)).scalars())
    ids, has_more = rows[:size], len(rows) > size
    records = [await source.load(tx, record_id) for record_id in ids]
    events = [
        source.event(record, run.id, is_last=not has_more and record is records[-1])
        for record in records
    ]
    await publish_all(tx, list(zip(events, records, strict=True)))
    if has_more:
        place: dict[str, Any] = {"aggregate": source.state.aggregate, "after_id": ids[-1]}
    else:
        place = await _next_place(tx, run, source.state.aggregate)
    await save_progress(tx, run, published=run.published + len(ids), **place)
    return len(ids)


async def _next_place(tx: AsyncConnection, run: SnapshotRun, finished: str) -> dict[str, Any]:
    following = run.aggregates[run.aggregates.index(finished) + 1 :]
    if following:
        return {"aggregate": following[0], "after_id": None}
    xid = await tx.scalar(text("SELECT CAST(pg_current_xact_id() AS text)"))
    return {"status": SnapshotStatus.SENDING, "last_xid": xid}


async def _await_relay(tx: AsyncConnection, run: SnapshotRun, job: Job) -> Done | Again:
    if not await tx.scalar(IS_SENT, {"xid": run.last_xid}):
        return Again(job.now + SENT_POLL)
    await save_progress(tx, run, status=SnapshotStatus.FINISHED, finished_at=job.now)
    return Done()
