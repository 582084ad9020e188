"""Snapshot runs: which aggregates are published again, and how far each run is.

The API (whose role sees one tenant) and the command line (the worker's role) share it. The row
keeps who requested the run, when, and the note.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT
from chassis.database.rows import from_columns
from chassis.database.write_cause import set_audit_reason
from chassis.jobs.queue import enqueue
from chassis.records.snapshots.tables import event_snapshots
from contracts.event import snapshot_classes
from contracts.work import RecordRef
from kernel.errors import Conflict, Invalid, NotFound, Violation
from kernel.ids import new_id

SNAPSHOT_JOB = "event_snapshot"


class SnapshotStatus(StrEnum):
    """RUNNING publishes records, SENDING waits until the relay has sent all of them.

    CLOSING waits until it has sent that the run is complete.
    """

    RUNNING = "RUNNING"
    SENDING = "SENDING"
    CLOSING = "CLOSING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ENDED = frozenset({SnapshotStatus.FINISHED, SnapshotStatus.FAILED, SnapshotStatus.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class SnapshotRun:
    """A run; `published` of `total` records are in the outbox, None before the first page.

    `progressed_at` is when the last page was published, or the last step made.
    """

    id: UUID
    status: SnapshotStatus
    aggregates: tuple[str, ...]
    aggregate: str | None
    after_id: UUID | None
    published: int
    total: int | None
    records_per_second: int | None
    last_xid: str | None
    requested_by: str
    note: str | None
    error: str | None
    cancelled_by: str | None
    cancel_note: str | None
    requested_at: datetime
    progressed_at: datetime
    finished_at: datetime | None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more is published."""
        return self.status in ENDED

    @property
    def version(self) -> int:
        """The version of the only event about the run itself: that it is complete."""
        return 1


def run_of(row: Mapping[str, Any]) -> SnapshotRun:
    """Return the run in a row."""
    more = {"status": SnapshotStatus(row["status"]), "aggregates": tuple(row["aggregates"])}
    return from_columns(SnapshotRun, row, **more)


async def request_snapshot(
    tx: AsyncConnection,
    service: str,
    aggregate: str | None,
    *,
    by: str,
    now: datetime,
    records_per_second: int | None = None,
    note: str | None = None,
    snapshot_id: UUID | None = None,
) -> SnapshotRun:
    """Start a snapshot of the tenant's records of one aggregate, or of all.

    A job of the worker publishes them, page by page. The aggregate is `account` or `l2o.account`;
    the snapshots of several tenants may share an id.
    Raises Invalid (AGGREGATE_UNKNOWN), or Conflict (SNAPSHOT_RUNNING).
    """
    snapshot_id = snapshot_id or new_id()
    await set_audit_reason(tx, note)
    row = {
        "id": snapshot_id,
        "status": SnapshotStatus.RUNNING,
        "aggregates": _aggregates(service, aggregate),
        "records_per_second": records_per_second,
        "requested_by": by,
        "note": note,
        "requested_at": now,
        "progressed_at": now,
    }
    statement = insert(event_snapshots).values(row).on_conflict_do_nothing()
    if (await tx.execute(statement.returning(event_snapshots.c.id))).one_or_none() is None:
        raise Conflict("SNAPSHOT_RUNNING")
    about = RecordRef(resource=f"{service}.event_snapshot", record_id=snapshot_id)
    await enqueue(tx, SNAPSHOT_JOB, str(snapshot_id), run_at=now, about=about, actor=by)
    return await get_run(tx, snapshot_id)


def _aggregates(service: str, aggregate: str | None) -> list[str]:
    known = sorted(snapshot_classes(service))
    if aggregate is None:
        return known
    name = aggregate if "." in aggregate else f"{service}.{aggregate}"
    if name not in known:
        allowed = ", ".join(one.partition(".")[2] for one in known)
        violation = Violation(
            "/aggregate", "AGGREGATE_UNKNOWN", {"value": aggregate, "allowed": allowed}
        )
        raise Invalid([violation])
    return [name]


async def get_run(tx: AsyncConnection, snapshot_id: UUID, *, lock: bool = False) -> SnapshotRun:
    """Return a run, locked on request. Raises NotFound, also for runs of other tenants."""
    query = select(event_snapshots).where(_own(snapshot_id))
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFound("snapshot", snapshot_id)
    return run_of(dict(row))


async def save_progress(
    tx: AsyncConnection, run: SnapshotRun, now: datetime, **changes: Any
) -> None:
    """Update the columns of a locked run, which has made progress."""
    values = {**changes, "progressed_at": now}
    await tx.execute(update(event_snapshots).where(_own(run.id)).values(values))


async def cancel_snapshot(
    tx: AsyncConnection, snapshot_id: UUID, *, by: str, now: datetime, note: str | None = None
) -> SnapshotRun:
    """Publish no further record of a run; those that were published stay, and copies keep them.

    A page that is being published is waited for. Cancelling again changes nothing.
    Raises NotFound, or Conflict (RUN_ENDED) if the run has finished or failed.
    """
    run = await get_run(tx, snapshot_id, lock=True)
    if run.status is SnapshotStatus.CANCELLED:
        return run
    if run.is_ended:
        raise Conflict("RUN_ENDED")
    await set_audit_reason(tx, note)
    ending = {"status": SnapshotStatus.CANCELLED, "finished_at": now}
    await save_progress(tx, run, now, cancelled_by=by, cancel_note=note, **ending)
    return await get_run(tx, snapshot_id)


def _own(snapshot_id: UUID) -> ColumnElement[bool]:
    # The tenant is named because the worker's role sees the runs of all tenants.
    s = event_snapshots.c
    return (s.tenant_id == text(CURRENT_TENANT)) & (s.id == snapshot_id)
