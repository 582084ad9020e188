"""The table of what happened to documents of other services, and all SQL on it."""

from sqlalchemy import Index, Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.database.rows import to_columns
from l2o.database import metadata
from l2o.timelines.domain import TimelineEntry

timeline_entries = Table(
    "timeline_entries",
    metadata,
    *record_columns(TimelineEntry),
    Index(None, "tenant_id", "account_id", "at", "id"),
    Index(None, "tenant_id", "record_id", "epoch", "sequence"),
)


async def add_once(tx: AsyncConnection, entry: TimelineEntry) -> None:
    """Insert an entry; one that is there already stays."""
    row = to_columns(timeline_entries, entry)
    await tx.execute(insert(timeline_entries).on_conflict_do_nothing(), row)
