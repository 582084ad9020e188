"""Leads that fall due, those that fell back, and the writes of many clocks and owners at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, tenant_column
from chassis.database.rows import from_columns, is_one_of
from mtl.database import metadata
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import OPEN_STATUSES
from mtl.leads.domain.ownership import OwnershipDates
from mtl.leads.domain.placement import LeadPlacement
from mtl.leads.domain.recyclings import Recycling
from mtl.leads.store import leads
from parties.ownership_clock import FallBackReason

# One entry for each time a lead fell back; its id is that of the change of the owner.
lead_recyclings = Table(
    "lead_recyclings",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("former_owner_id", Text, nullable=False),
    Column("reason", enum_column(FallBackReason), nullable=False),
    Column("rule_name", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("barred_until", DateTime(timezone=True)),
    Index(None, "tenant_id", "lead_id", "id"),
)

_DATES: Final = tuple(OwnershipDates.__dataclass_fields__)
_PLACES: Final = tuple(LeadPlacement.__dataclass_fields__)
_TYPES: Final[dict[str, Any]] = {
    "id": Uuid(),
    "owner_id": Text(),
    "version": Integer(),
    "updated_at": DateTime(timezone=True),
    "pool_id": Uuid(),
    "assignment_status": Text(),
    "unassigned_reason": Text(),
    **dict.fromkeys(_DATES, DateTime(timezone=True)),
}


async def ids_of_due_leads(tx: AsyncConnection, now: datetime, *, limit: int) -> list[UUID]:
    """Lock the leads whose clocks are due, the oldest first; those that others lock are left out.

    Whoever changes a lead has its row, and its clock is due again at the next run if need be.
    """
    c = leads.c
    query = select(c.id).where(c.clock_due_at <= now).order_by(c.clock_due_at, c.id).limit(limit)
    return list((await tx.scalars(query.with_for_update(skip_locked=True))).all())


async def leads_in_order(tx: AsyncConnection, ids: Collection[UUID]) -> list[Lead]:
    """Return these leads by id, deleted ones included."""
    rows = await tx.execute(select(leads).where(is_one_of(leads.c.id, ids)).order_by(leads.c.id))
    return [from_columns(Lead, dict(row)) for row in rows.mappings()]


async def next_open_leads(tx: AsyncConnection, after: UUID | None, *, limit: int) -> list[Lead]:
    """Read and lock the next open leads in the order of ids, without deleted ones."""
    query = select(leads).where(leads.c.deleted_at.is_(None), leads.c.status.in_(OPEN_STATUSES))
    if after is not None:
        query = query.where(leads.c.id > after)
    rows = await tx.execute(query.order_by(leads.c.id).limit(limit).with_for_update())
    return [from_columns(Lead, dict(row)) for row in rows.mappings()]


async def write_clocks(tx: AsyncConnection, changed: Sequence[Lead]) -> None:
    """Write the clocks of leads whose rows the caller has locked, beside their versions."""
    await _write(tx, changed, _DATES)


async def postpone_clock(tx: AsyncConnection, lead_id: UUID, *, until: datetime) -> None:
    """Let the clock of a lead be due later, whatever else it says."""
    await tx.execute(update(leads).where(leads.c.id == lead_id).values(clock_due_at=until))


async def write_owners(tx: AsyncConnection, changed: Sequence[Lead]) -> None:
    """Write owners, pools, clocks and versions of leads whose rows the caller has locked."""
    await _write(tx, changed, (*_DATES, "owner_id", *_PLACES, "version", "updated_at"))


async def _write(tx: AsyncConnection, changed: Sequence[Lead], names: Sequence[str]) -> None:
    if not changed:
        return
    columns = ("id", *names)
    arrays = [bindparam(f"all_{name}", type_=ARRAY(_TYPES[name])) for name in columns]
    listed = func.unnest(*arrays).table_valued(*(column(one, _TYPES[one]) for one in columns))
    rows = listed.render_derived(name="changed")
    values = {name: rows.c[name] for name in names}
    parameters = {f"all_{name}": [getattr(one, name) for one in changed] for name in columns}
    await tx.execute(update(leads).values(values).where(leads.c.id == rows.c.id), parameters)


async def add_recyclings(tx: AsyncConnection, recyclings: Sequence[Recycling]) -> None:
    """Add that leads fell back."""
    if recyclings:
        await tx.execute(insert(lead_recyclings), [vars(one) for one in recyclings])


async def barred_from(
    tx: AsyncConnection, lead_ids: Collection[UUID]
) -> dict[UUID, frozenset[str]]:
    """Return the former owners who may not take these leads yet, by lead."""
    c = lead_recyclings.c
    query = select(c.lead_id, func.array_agg(c.former_owner_id)).where(
        is_one_of(c.lead_id, lead_ids), c.barred_until > func.now()
    )
    rows = await tx.execute(query.group_by(c.lead_id))
    return {lead_id: frozenset(people) for lead_id, people in rows}


def is_barred(person: str) -> ColumnElement[bool]:
    """Return the condition that a person let a lead fall back, and may not take it yet."""
    c = lead_recyclings.c
    return exists().where(
        c.tenant_id == leads.c.tenant_id,
        c.lead_id == leads.c.id,
        c.former_owner_id == person,
        c.barred_until > func.now(),
    )


async def bars_of(tx: AsyncConnection, lead_id: UUID, now: datetime) -> dict[str, datetime]:
    """Return the former owners who may not take a lead yet, each with the end of that."""
    c = lead_recyclings.c
    query = select(c.former_owner_id, c.barred_until).where(
        c.lead_id == lead_id, c.barred_until > now
    )
    rows = await tx.execute(query.order_by(c.barred_until))
    return {row.former_owner_id: row.barred_until for row in rows}
