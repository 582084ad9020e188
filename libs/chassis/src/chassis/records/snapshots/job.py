"""The job of a snapshot: publishes a page of records per chunk, in the chunk's transaction.

The page's records are locked until the commit, and so is whoever would change them: for one
record the rows of the outbox stay in the order of its versions. A worker that is killed loses at
most the page it was at; the next one continues behind the last page that was committed.

Once the relay has sent all pages, the run publishes that it is complete, and it is finished when
that is sent, too: so whoever reads the end of the log then has every record.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.events.outbox import publish, publish_all
from chassis.jobs.queue import Again, Done, Job, JobHandler
from chassis.records.snapshots.runs import SnapshotRun, SnapshotStatus, get_run, save_progress
from chassis.records.snapshots.sources import SnapshotSource
from contracts.event import EVENT_CLASSES, SnapshotRunState

PAGE_RECORDS = 100
SENT_POLL = timedelta(seconds=1)

# Pages are committed one after the other, so a relay that is past the last one has sent them all.
IS_SENT = text(
    "SELECT coalesce(bool_and(pg_visible_in_snapshot(CAST(CAST(:xid AS text) AS xid8),"
    " CAST(lo AS pg_snapshot))), false) FROM relay_cursors"
)


def snapshot_job(sources: Sequence[SnapshotSource]) -> JobHandler:
    """Return the handler of snapshot jobs over these sources."""
    by_aggregate = {source.aggregate: source for source in sources}

    async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
        run = await get_run(tx, UUID(job.key), lock=True)
        if run.status in (SnapshotStatus.SENDING, SnapshotStatus.CLOSING):
            return await _await_relay(tx, run, job)
        if run.status is not SnapshotStatus.RUNNING:
            return Done()
        if run.total is None:
            total = sum([await by_aggregate[name].count(tx) for name in run.aggregates])
            await save_progress(tx, run, job.now, total=total)
        current = run.aggregate or run.aggregates[0]
        published = await _publish_page(tx, run, by_aggregate[current], job)
        seconds = published / run.records_per_second if run.records_per_second else 0
        return Again(job.now + timedelta(seconds=seconds))

    return run_chunk


async def fail_snapshot(tx: AsyncConnection, job: Job) -> None:
    """Mark the run of a job that failed for good."""
    run = await get_run(tx, UUID(job.key), lock=True)
    if run.is_ended:
        return
    mine = (jobs.c.tenant_id == job.tenant) & (jobs.c.id == job.id)
    error = await tx.scalar(select(jobs.c.last_error).where(mine))
    ending = {"status": SnapshotStatus.FAILED, "finished_at": job.now, "error": error}
    await save_progress(tx, run, job.now, **ending)


async def _publish_page(
    tx: AsyncConnection, run: SnapshotRun, source: SnapshotSource, job: Job
) -> int:
    """Publish the next page and save how far the run is; returns the number of records."""
    size = min(PAGE_RECORDS, run.records_per_second or PAGE_RECORDS)
    page = await source.page(tx, run.after_id, size)
    events = [(source.event(record, run.id), record) for record in page.records]
    await publish_all(tx, events)
    if page.last_id is not None:
        place: dict[str, Any] = {"aggregate": source.aggregate, "after_id": page.last_id}
    else:
        place = await _next_place(tx, run, source.aggregate)
    await save_progress(tx, run, job.now, published=run.published + len(events), **place)
    return len(events)


async def _next_place(tx: AsyncConnection, run: SnapshotRun, finished: str) -> dict[str, Any]:
    following = run.aggregates[run.aggregates.index(finished) + 1 :]
    if following:
        return {"aggregate": following[0], "after_id": None}
    return {"status": SnapshotStatus.SENDING, "last_xid": await _own_xid(tx)}


async def _await_relay(tx: AsyncConnection, run: SnapshotRun, job: Job) -> Done | Again:
    """Publish the end once all records are sent; finish the run once that is sent, too."""
    if not await tx.scalar(IS_SENT, {"xid": run.last_xid}):
        return Again(job.now + SENT_POLL)
    if run.status is SnapshotStatus.CLOSING:
        status = SnapshotStatus.FINISHED
        await save_progress(tx, run, job.now, status=status, finished_at=job.now)
        return Done()
    service = run.aggregates[0].partition(".")[0]
    kind = EVENT_CLASSES[f"{service}.snapshot_run.finished.v1"]
    state = SnapshotRunState(snapshot_id=run.id, aggregates=run.aggregates, records=run.published)
    await publish(tx, kind.model_validate({"snapshot_run": state}), of=run)
    closing = {"status": SnapshotStatus.CLOSING, "last_xid": await _own_xid(tx)}
    await save_progress(tx, run, job.now, **closing)
    return Again(job.now + SENT_POLL)


async def _own_xid(tx: AsyncConnection) -> str:
    return str(await tx.scalar(text("SELECT CAST(pg_current_xact_id() AS text)")))
