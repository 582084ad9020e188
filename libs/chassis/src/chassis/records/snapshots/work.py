"""The source of snapshots of work: a service can publish the tasks about its records again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_rows
from chassis.records.snapshots.sources import SnapshotSource
from chassis.records.work.published_work import PublishedWork
from chassis.records.work.tables import record_work


def work_source(service: str) -> SnapshotSource:
    """Return where the work about a service's records is read."""
    return SnapshotSource(f"{service}.work", record_work.c.record_id, _load)


async def _load(tx: AsyncConnection, record_ids: Sequence[UUID]) -> Sequence[PublishedWork]:
    rows = await fetch_rows(tx, record_work.c.record_id, record_ids)
    return [PublishedWork.of(row) for row in rows]
