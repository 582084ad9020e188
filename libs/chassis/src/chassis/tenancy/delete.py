"""Deletes every row of a tenant, a few thousand a transaction.

One row stays in `tenant_settings`, without a name: it keeps the gate shut and late events out.
"""

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings

CHUNK_ROWS = 2_000  # rows a transaction
TOMBSTONE_TABLE = tenant_settings.name
# Until all that was published is sent, and all that is on its way has come.
DELETED_LAST = frozenset({"outbox", "outbox_pruned", "jobs", TOMBSTONE_TABLE})
ALL_EVENTS_SENT = """
SELECT NOT EXISTS (SELECT FROM outbox AS event
  LEFT JOIN relay_cursors AS place ON place.bucket = event.bucket
  WHERE event.tenant_id = current_setting('app.tenant')::uuid
    AND (place.lo IS NULL OR NOT pg_visible_in_snapshot(event.xid, place.lo::pg_snapshot)))
"""
OTHER_JOBS = "DELETE FROM jobs WHERE tenant_id = current_setting('app.tenant')::uuid AND id <> :id"


async def delete_chunk(tx: AsyncConnection, table: Table) -> int:
    """Delete so many rows at most, as the tables' owner; history is append-only for others."""
    query = text("SELECT delete_tenant_rows(:target, :most)")
    deleted: int | None = await tx.scalar(query, {"target": table.name, "most": CHUNK_ROWS})
    return deleted or 0


async def all_events_sent(tx: AsyncConnection) -> bool:
    """Whether the relay has shipped every event of the tenant."""
    return bool(await tx.scalar(text(ALL_EVENTS_SENT)))


async def delete_other_jobs(tx: AsyncConnection, job_id: object) -> None:
    await tx.execute(text(OTHER_JOBS), {"id": job_id})
