"""The table of touches and all SQL on it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Select,
    Table,
    Text,
    Uuid,
    exists,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, tenant_column
from chassis.database.rows import from_columns, is_one_of
from chassis.records.writes import insert_rows
from mtl.database import metadata
from mtl.touches.domain import LeadTouch, TouchKind
from scoring.behavior import Touch

lead_touches = Table(
    "lead_touches",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("kind", enum_column(TouchKind), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("channel", Text),
    Column("subject", Text, info={"personal": "text"}),
    Column("payload", JSONB(none_as_null=True), info={"personal": "text"}),
    Column("external_id", Text),
    Column("actor", Text),
    Index(None, "tenant_id", "lead_id", "at", "id"),
    Index(None, "tenant_id", "lead_id", "external_id", unique=True),
)


async def add_unless_known(tx: AsyncConnection, touch: LeadTouch) -> bool:
    """Insert a touch, unless the lead has one with its external id; return whether it was.

    Waits for a transaction that is inserting one with this external id.
    """
    unique = ("lead_id", "external_id")
    return bool(await insert_rows(tx, lead_touches, [touch], unique=unique))


async def get_by_external_id(
    tx: AsyncConnection, lead_id: UUID, external_id: str | None
) -> LeadTouch:
    """Return the touch of a lead with this external id, which exists."""
    query = touches_query(lead_id).where(lead_touches.c.external_id == external_id)
    return from_columns(LeadTouch, (await tx.execute(query)).one()._mapping)


async def touches_of(
    tx: AsyncConnection, lead_ids: Sequence[UUID], kinds: Sequence[str]
) -> dict[UUID, list[Touch]]:
    """Return when touches of these kinds happened, by lead, in the form that is scored."""
    columns = (lead_touches.c.lead_id, lead_touches.c.kind, lead_touches.c.at)
    query = select(*columns).where(
        is_one_of(lead_touches.c.lead_id, lead_ids), lead_touches.c.kind.in_(kinds)
    )
    found: defaultdict[UUID, list[Touch]] = defaultdict(list)
    for row in await tx.execute(query):
        found[row.lead_id].append(Touch(str(row.kind), row.at))
    return found


async def move_touches(tx: AsyncConnection, lead_id: UUID, to: UUID) -> list[UUID]:
    """Move the touches of a lead to another one; return those that were moved.

    One with an external id that the other lead has stays: its sender sent both leads the same.
    """
    c, others = lead_touches.c, lead_touches.alias("others")
    is_there = exists().where(others.c.lead_id == to, others.c.external_id == c.external_id)
    moved = update(lead_touches).where(c.lead_id == lead_id, ~is_there).values(lead_id=to)
    return list((await tx.execute(moved.returning(c.id))).scalars())


async def return_touches(tx: AsyncConnection, ids: Sequence[UUID], to: UUID) -> None:
    """Give a lead back the touches that were moved from it."""
    mine = is_one_of(lead_touches.c.id, ids)
    await tx.execute(update(lead_touches).where(mine).values(lead_id=to))


async def empty_payloads(
    tx: AsyncConnection, lead_ids: Collection[UUID], external_ids: Collection[str]
) -> None:
    """Erase the payloads of the touches of leads that senders gave these external ids."""
    c = lead_touches.c
    sent = is_one_of(c.lead_id, lead_ids) & is_one_of(c.external_id, external_ids)
    await tx.execute(update(lead_touches).where(sent).values(payload=null()))


def touches_query(lead_id: UUID, kind: TouchKind | None = None) -> Select[Any]:
    """A query for the touches of a lead, of one kind or all; the caller pages it."""
    query = select(lead_touches).where(lead_touches.c.lead_id == lead_id)
    return query if kind is None else query.where(lead_touches.c.kind == kind)
