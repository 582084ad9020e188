"""Reserves record ids for many external ids of one system at once, for imports."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from chassis.records.external_ids.tables import external_ids

# Waits for concurrent writers of these external ids; sorted, so that no deadlock is possible.
_CLAIM = text(
    "INSERT INTO external_ids (resource, system, external_id, record_id)"
    " SELECT :resource, :system, name, record_id"
    " FROM unnest(CAST(:names AS text[]), CAST(:ids AS uuid[])) AS requested (name, record_id)"
    " ORDER BY name ON CONFLICT DO NOTHING"
)


async def reserve_ids(
    tx: AsyncConnection, resource: str, system: str, proposed: Mapping[str, UUID]
) -> dict[str, UUID]:
    """Return the record id of each external id: the proposed one, or the existing record's.

    The caller writes the records whose external ids were new, in this transaction.
    """
    if not proposed:
        return {}
    rows = {"names": list(proposed), "ids": list(proposed.values())}
    await tx.execute(_CLAIM, {"resource": resource, "system": system, **rows})
    columns = external_ids.c
    query = select(columns.external_id, columns.record_id).where(
        columns.resource == resource,
        columns.system == system,
        is_one_of(columns.external_id, proposed),
    )
    return {row.external_id: row.record_id for row in await tx.execute(query)}
