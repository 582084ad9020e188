"""Requests of rebuilds, and how far each is.

The API (whose role sees one tenant) and the command line (the worker's role) share it. The row
keeps who requested the rebuild, when, and the note.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT
from chassis.database.rows import from_columns
from chassis.database.write_cause import set_audit_reason
from chassis.events.rebuilds.tables import replica_rebuilds
from kernel.errors import Conflict, Invalid, NotFound, Violation


class RebuildStatus(StrEnum):
    """READING fills the new generation; FINISHED means that it has replaced the old one.

    After FAILED and CANCELLED the old generation stays.
    """

    READING = "READING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, kw_only=True)
class Rebuild:
    """A rebuild of one tenant's copy.

    `records_read` of `records_total` records of the topics are read. `whole_aggregates`
    are those of which every record was read, in a snapshot: only of these are rows marked as
    deleted that the publisher does not have.
    """

    tenant_id: UUID
    id: UUID
    subscription: str
    status: RebuildStatus
    snapshot_id: UUID | None
    places: Mapping[str, int] | None
    whole_aggregates: tuple[str, ...]
    records_read: int
    records_total: int | None
    rows_written: int | None
    rows_deleted: int | None
    rows_kept: int | None
    unreadable: int
    requested_by: str
    note: str | None
    error: str | None
    cancelled_by: str | None
    cancel_note: str | None
    requested_at: datetime
    progressed_at: datetime
    finished_at: datetime | None


def rebuild_of(row: Mapping[str, Any]) -> Rebuild:
    """Return the rebuild in a row."""
    more = {
        "status": RebuildStatus(row["status"]),
        "whole_aggregates": tuple(row["whole_aggregates"]),
    }
    return from_columns(Rebuild, row, **more)


def ensure_replica(subscription: str, replicas: Collection[str]) -> None:
    """Raise Invalid (REPLICA_UNKNOWN) unless it is one of these replicas."""
    if subscription not in replicas:
        allowed = ", ".join(sorted(replicas))
        params = {"value": subscription, "allowed": allowed}
        raise Invalid([Violation("/subscription", "REPLICA_UNKNOWN", params)])


async def request_rebuild(
    tx: AsyncConnection,
    tenants: Collection[UUID],
    subscription: str,
    rebuild_id: UUID,
    *,
    by: str,
    now: datetime,
    snapshot_id: UUID | None = None,
    note: str | None = None,
) -> None:
    """Request a new generation of these tenants' copies; the worker builds it.

    With a `snapshot_id` it is made of what was published since that snapshot began, else of all
    that the topics hold. Raises Conflict (REBUILD_RUNNING) if one of the tenants has a rebuild.
    """
    rows = [
        {
            "tenant_id": tenant,
            "id": rebuild_id,
            "subscription": subscription,
            "status": RebuildStatus.READING,
            "snapshot_id": snapshot_id,
            "requested_by": by,
            "note": note,
            "requested_at": now,
            "progressed_at": now,
        }
        for tenant in sorted(tenants)
    ]
    await set_audit_reason(tx, note)
    statement = insert(replica_rebuilds).values(rows).on_conflict_do_nothing()
    inserted = await tx.execute(statement.returning(replica_rebuilds.c.tenant_id))
    if len(inserted.all()) < len(rows):
        raise Conflict("REBUILD_RUNNING")


async def get_rebuild(tx: AsyncConnection, rebuild_id: UUID, *, lock: bool = False) -> Rebuild:
    """Return a tenant's rebuild, locked on request.

    Raises NotFound, also for rebuilds of other tenants.
    """
    query = select(replica_rebuilds).where(_own(rebuild_id))
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFound("rebuild", rebuild_id)
    return rebuild_of(dict(row))


async def cancel_rebuild(
    tx: AsyncConnection, rebuild_id: UUID, *, by: str, now: datetime, note: str | None = None
) -> Rebuild:
    """Give a tenant's new generation up; the old one stays, and the worker removes the new one.

    The row's lock decides between this and the swap: one of them waits, and finds the other done.
    Cancelling again changes nothing. Raises NotFound, or Conflict (RUN_ENDED) if the copies were
    swapped or the rebuild has failed.
    """
    rebuild = await get_rebuild(tx, rebuild_id, lock=True)
    if rebuild.status is RebuildStatus.CANCELLED:
        return rebuild
    if rebuild.status is not RebuildStatus.READING:
        raise Conflict("RUN_ENDED")
    await set_audit_reason(tx, note)
    ending = {"status": RebuildStatus.CANCELLED, "finished_at": now}
    values = {**ending, "progressed_at": now, "cancelled_by": by, "cancel_note": note}
    await tx.execute(update(replica_rebuilds).where(_own(rebuild_id)).values(values))
    return await get_rebuild(tx, rebuild_id)


def _own(rebuild_id: UUID) -> ColumnElement[bool]:
    # The tenant is named because the worker's role sees the rebuilds of all tenants.
    r = replica_rebuilds.c
    return (r.tenant_id == text(CURRENT_TENANT)) & (r.id == rebuild_id)


def unfinished(subscriptions: Collection[str]) -> Select[Any]:
    """Return the query of the rebuilds of these replicas that are not finished."""
    r = replica_rebuilds.c
    return select(replica_rebuilds).where(
        r.subscription.in_(subscriptions), r.status == RebuildStatus.READING
    )
