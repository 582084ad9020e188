"""Many names of one system at once, for imports."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Text, any_, cast, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.external_ids.tables import external_ids

# Whoever is just writing one of these is waited for; in one order, so that nobody waits crosswise.
_CLAIM = text(
    "INSERT INTO external_ids (resource, system, external_id, record_id)"
    " SELECT :resource, :system, name, record_id"
    " FROM unnest(CAST(:names AS text[]), CAST(:ids AS uuid[])) AS wanted (name, record_id)"
    " ORDER BY name ON CONFLICT DO NOTHING"
)


async def reserve_ids(
    tx: AsyncConnection, resource: str, system: str, wanted: Mapping[str, UUID]
) -> dict[str, UUID]:
    """The record that each name stands for from here on: the wanted one, or who had it before.

    The records of names that were free are to be written by the caller, in this transaction.
    """
    if not wanted:
        return {}
    given = {"names": list(wanted), "ids": list(wanted.values())}
    await tx.execute(_CLAIM, {"resource": resource, "system": system, **given})
    columns = external_ids.c
    query = select(columns.external_id, columns.record_id).where(
        columns.resource == resource,
        columns.system == system,
        columns.external_id == any_(cast(list(wanted), ARRAY(Text))),
    )
    return {row.external_id: row.record_id for row in await tx.execute(query)}
