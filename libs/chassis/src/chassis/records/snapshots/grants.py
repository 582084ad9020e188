"""The source of snapshots of grants: a service can publish them again for new copies."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_rows
from chassis.records.access.grant_events import StoredGrant, stored_grant
from chassis.records.access.tables import grants
from chassis.records.snapshots.sources import SnapshotSource, declared_source


def grant_sources(service: str) -> tuple[SnapshotSource, ...]:
    """Return where the grants of a service are read; none of a service that publishes none."""
    return declared_source(f"{service}.grant", grants.c.id, _load)


async def _load(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[StoredGrant]:
    return [stored_grant(row) for row in await fetch_rows(tx, grants.c.id, ids)]
