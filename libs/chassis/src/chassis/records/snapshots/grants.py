"""The source of snapshots of grants: a service can publish them again for new copies."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_rows
from chassis.records.access.grant_events import StoredGrant, stored_grant
from chassis.records.access.tables import grants
from chassis.records.snapshots.sources import SnapshotSource
from contracts.event import snapshot_classes
from contracts.topics import load_events


def grant_sources(service: str) -> tuple[SnapshotSource, ...]:
    """Return where the grants of a service are read; none of a service that publishes none."""
    load_events()
    aggregate = f"{service}.grant"
    if aggregate not in snapshot_classes(service):
        return ()
    return (SnapshotSource(aggregate, grants.c.id, _load),)


async def _load(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[StoredGrant]:
    return [stored_grant(row) for row in await fetch_rows(tx, grants.c.id, ids)]
