"""Deletes every row of a tenant, a few thousand in each transaction.

One row without a name stays in `tenant_settings`: the tombstone, which refuses requests and makes
consumers ignore late events.
"""

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings

DELETE_CHUNK_ROWS = 2_000  # rows of a transaction
TOMBSTONE_TABLE = tenant_settings.name
# Tables kept until all events are sent and none is on its way any more.
DELETED_LAST = frozenset({"outbox", "outbox_pruned", "jobs", TOMBSTONE_TABLE})
ALL_EVENTS_SENT = """
SELECT NOT EXISTS (SELECT FROM outbox AS event
  LEFT JOIN relay_cursors AS place ON place.bucket = event.bucket
  WHERE event.tenant_id = current_setting('app.tenant')::uuid
    AND (place.lo IS NULL OR NOT pg_visible_in_snapshot(event.xid, place.lo::pg_snapshot)))
"""
OTHER_JOBS = "DELETE FROM jobs WHERE tenant_id = current_setting('app.tenant')::uuid AND id <> :id"


async def delete_chunk(tx: AsyncConnection, table: Table) -> int:
    """Delete at most CHUNK_ROWS rows, as the table's owner, who may delete append-only history.

    Returns how many rows were deleted.
    """
    query = text("SELECT delete_tenant_rows(:target, :most)")
    deleted: int | None = await tx.scalar(query, {"target": table.name, "most": DELETE_CHUNK_ROWS})
    return deleted or 0


async def all_events_sent(tx: AsyncConnection) -> bool:
    """Return whether the relay has shipped every event of the tenant."""
    return bool(await tx.scalar(text(ALL_EVENTS_SENT)))


async def delete_other_jobs(tx: AsyncConnection, job_id: object) -> None:
    """Delete the tenant's jobs except this one."""
    await tx.execute(text(OTHER_JOBS), {"id": job_id})
