"""The tables of bulk changes and of the leads that each one changes, and all SQL on them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, tenant_column
from chassis.database.rows import from_columns, to_columns
from kernel.errors import NotFound
from mtl.bulk_changes.domain import BulkChange, BulkOutcome, BulkState
from mtl.database import metadata
from mtl.leads.store import leads

ROWS_AT_ONCE: Final = 1000

bulk_changes = Table(
    "bulk_changes",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("query", Text, nullable=False, info={"personal": "text"}),
    Column("change", JSONB, nullable=False),
    Column("state", enum_column(BulkState), nullable=False),
    Column("leads", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("caller_kind", String(40), nullable=False),
    Column("scopes", ARRAY(Text, as_tuple=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Index(None, "tenant_id", "created_by", "id"),
)

bulk_change_leads = Table(
    "bulk_change_leads",
    metadata,
    tenant_column(),
    Column("change_id", Uuid, primary_key=True),
    Column("lead_id", Uuid, primary_key=True, info={"personal": "subject"}),
    Column("outcome", enum_column(BulkOutcome), nullable=False),
    Column("code", String(60)),
    Column("before", JSONB(none_as_null=True)),
    Column("owner_before", Text),
    Column("lead_version", Integer),
    Index(None, "tenant_id", "change_id", "outcome", "lead_id"),
)


async def add(tx: AsyncConnection, change: BulkChange, lead_ids: Sequence[UUID]) -> None:
    """Add a bulk change with the leads that wait for it."""
    await tx.execute(insert(bulk_changes), to_columns(bulk_changes, change))
    for start in range(0, len(lead_ids), ROWS_AT_ONCE):
        rows = [
            {"change_id": change.id, "lead_id": one, "outcome": BulkOutcome.WAITING}
            for one in lead_ids[start : start + ROWS_AT_ONCE]
        ]
        await tx.execute(insert(bulk_change_leads), rows)


async def get(tx: AsyncConnection, change_id: UUID, *, lock: bool = False) -> BulkChange:
    """Return a bulk change; `lock` locks it. Raises NotFound."""
    query = select(bulk_changes).where(bulk_changes.c.id == change_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFound("bulk_change", change_id)
    return from_columns(BulkChange, dict(row))


async def set_state(tx: AsyncConnection, change: BulkChange) -> None:
    """Save the state of a bulk change, which the caller has locked."""
    values = {"state": change.state, "finished_at": change.finished_at}
    await tx.execute(update(bulk_changes).where(bulk_changes.c.id == change.id).values(values))


async def next_leads(
    tx: AsyncConnection, change_id: UUID, outcome: BulkOutcome, *, limit: int
) -> list[Mapping[str, Any]]:
    """Return the next leads with an outcome, in the order in which all writers lock leads."""
    c = bulk_change_leads.c
    query = select(bulk_change_leads).where(c.change_id == change_id, c.outcome == outcome)
    rows = await tx.execute(query.order_by(c.lead_id).limit(limit))
    return [dict(row) for row in rows.mappings()]


async def set_outcome(
    tx: AsyncConnection, change_id: UUID, lead_id: UUID, outcome: BulkOutcome, **values: Any
) -> None:
    """Save what became of a lead."""
    c = bulk_change_leads.c
    mine = (c.change_id == change_id) & (c.lead_id == lead_id)
    await tx.execute(update(bulk_change_leads).where(mine).values(outcome=outcome, **values))


async def counts_of(tx: AsyncConnection, change_id: UUID) -> Mapping[BulkOutcome, int]:
    """Return how many leads have each outcome."""
    c = bulk_change_leads.c
    query = select(c.outcome, func.count()).where(c.change_id == change_id).group_by(c.outcome)
    return {row[0]: row[1] for row in await tx.execute(query)}


def changes_query(created_by: str) -> Select[Any]:
    """A query for the bulk changes of a person; the caller pages it."""
    return select(bulk_changes).where(bulk_changes.c.created_by == created_by)


def leads_query(change_id: UUID, outcome: BulkOutcome | None) -> Select[Any]:
    """A query for the leads of a bulk change with their names; the caller pages it."""
    c = bulk_change_leads.c
    query = (
        select(
            leads.c.id,
            c.outcome,
            c.code,
            func.coalesce(leads.c.company, leads.c.name, leads.c.external_id).label("lead_name"),
        )
        .join(leads, (leads.c.tenant_id == c.tenant_id) & (leads.c.id == c.lead_id))
        .where(c.change_id == change_id)
    )
    return query if outcome is None else query.where(c.outcome == outcome)
