"""The source of snapshots of requests: a service can publish them again for a new desk."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_rows, from_columns
from chassis.records.approvals.domain import ApprovalRequest
from chassis.records.approvals.tables import approval_requests
from chassis.records.snapshots.sources import SnapshotSource, declared_source


def approval_sources(service: str) -> tuple[SnapshotSource, ...]:
    """Return where the requests of a service are read; none of a service that asks nothing."""
    return declared_source(f"{service}.approval_request", approval_requests.c.id, _load)


async def _load(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[ApprovalRequest]:
    rows = await fetch_rows(tx, approval_requests.c.id, ids)
    return [from_columns(ApprovalRequest, row) for row in rows]
