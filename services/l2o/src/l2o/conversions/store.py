"""The table of conversions and all SQL on it."""

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import JsonDocument, tenant_column, uncounted
from chassis.database.rows import from_columns, to_columns
from chassis.records.writes import insert_rows, update_row
from l2o.conversions.domain import Conversion, RejectedField, TrailEntry
from l2o.database import metadata

MAX_TRAIL: Final = 50
TrailOf = Literal["account_id", "opportunity_id"]

conversions = Table(
    "conversions",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("rejected_for", Text),
    Column("rejected_fields", JsonDocument(tuple[RejectedField, ...])),
    Column("touch_count", Integer, nullable=False),
    Column("follow_up_count", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column(
        "version", Integer, nullable=False, info=uncounted("the records it creates are counted")
    ),
    Index(None, "tenant_id", "account_id", "id"),
    Index(None, "tenant_id", "opportunity_id", "id"),
)

# The newest touches and follow-ups of a lead when it was converted.
lead_trail_entries = Table(
    "lead_trail_entries",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("account_id", Uuid, nullable=False),
    Column("opportunity_id", Uuid),
    Column("source", String(40), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("text", Text, info={"personal": "text"}),
    Index(None, "tenant_id", "account_id", "at", "id"),
    Index(None, "tenant_id", "opportunity_id", "at", "id"),
)


async def add_once(tx: AsyncConnection, conversion: Conversion) -> bool:
    """Insert the conversion; False if it exists. Waits for a transaction that is inserting it."""
    return bool(await insert_rows(tx, conversions, [conversion], unique=["id"]))


async def set_outcome(tx: AsyncConnection, conversion: Conversion) -> None:
    """Write the outcome of a conversion that this transaction has inserted."""
    row = to_columns(conversions, conversion)
    await tx.execute(update(conversions).where(conversions.c.id == conversion.id).values(row))


async def add_trail(tx: AsyncConnection, entries: Sequence[TrailEntry]) -> None:
    """Insert the trail of a lead; what is there already stays."""
    if entries:
        rows = [to_columns(lead_trail_entries, one) for one in entries]
        await tx.execute(upsert(lead_trail_entries).on_conflict_do_nothing(), rows)


async def read_trail(
    tx: AsyncConnection, record: TrailOf, record_id: UUID
) -> tuple[int, int, list[TrailEntry]]:
    """Return how many touches and follow-ups led to a record, and the newest of them.

    They are those of all leads that became the account, or of the one of the opportunity.
    """
    converted, trail = conversions.c, lead_trail_entries.c
    totals = select(
        func.coalesce(func.sum(converted.touch_count), 0),
        func.coalesce(func.sum(converted.follow_up_count), 0),
    ).where(converted[record] == record_id, converted.rejected_for.is_(None))
    touches, follow_ups = (await tx.execute(totals)).one()
    newest = select(lead_trail_entries).where(trail[record] == record_id)
    rows = await tx.execute(newest.order_by(trail.at.desc(), trail.id.desc()).limit(MAX_TRAIL))
    return touches, follow_ups, [from_columns(TrailEntry, dict(row)) for row in rows.mappings()]


async def next_version(tx: AsyncConnection, conversion_id: UUID) -> Conversion:
    """Give a stored conversion its next version, as its answer is published again."""
    query = select(conversions).where(conversions.c.id == conversion_id).with_for_update()
    row = (await tx.execute(query)).mappings().one()
    return await update_row(tx, conversions, from_columns(Conversion, dict(row)))
