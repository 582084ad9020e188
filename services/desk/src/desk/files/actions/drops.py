"""Deletes the bytes of dropped parts from the store, outside of any transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.jobs.queue import Again, Done, Job
from desk.files.store import rows
from desk.files.store.objects import file_store, path_of

DROP_JOB: Final = "file_drop"
DROP_KEY: Final = "all"  # a tenant has one such job
BATCH: Final = 100
# A request that writes a part has ended by then: uvicorn ends one that is slower than 1 kB/s.
WRITING_TIME: Final = timedelta(hours=3)


@dataclass(frozen=True)
class Dropped:
    """Objects to delete: their addresses in the store, and their rows."""

    paths: Sequence[str]
    part_ids: Sequence[UUID]


async def drop_bytes(tx: AsyncConnection, now: datetime, file_id: UUID | None = None) -> None:
    """Drop all parts of a file, if one is named, and let the bytes of dropped parts be deleted."""
    if file_id is not None:
        await rows.drop_all(tx, now, now + WRITING_TIME, file_id)
    await _enqueue(tx, now)


async def drop_everything(tx: AsyncConnection, now: datetime) -> bool:
    """Drop all parts of a tenant that is deleted; return whether the store holds none any more."""
    if not await rows.has_parts(tx):
        return True
    await rows.drop_all(tx, now, now + WRITING_TIME)
    await _enqueue(tx, now)
    return False


async def prepare_drop(tx: AsyncConnection, job: Job) -> Dropped | Done | Again:
    """Choose the objects to delete next."""
    found = await rows.dropped_parts(tx, job.now, BATCH)
    if found:
        paths = [path_of(job.tenant, file_id, part_id) for file_id, part_id in found]
        return Dropped(paths, [part_id for _, part_id in found])
    return await _next(tx)


async def perform_drop(dropped: Dropped) -> None:
    """Delete objects; those that are gone are no error. Raises OSError."""
    await file_store().delete(dropped.paths)


async def record_drop(tx: AsyncConnection, job: Job, dropped: Dropped, _: None) -> Done | Again:
    """Forget the objects that are gone."""
    await rows.forget_parts(tx, dropped.part_ids)
    return await _next(tx)


async def _next(tx: AsyncConnection) -> Done | Again:
    due = await rows.next_drop(tx)
    return Done() if due is None else Again(due)


async def _enqueue(tx: AsyncConnection, now: datetime) -> None:
    # `replace` also calls a job back that is deleting others just now.
    await queue.enqueue(tx, DROP_JOB, DROP_KEY, run_at=now, replace=True)
