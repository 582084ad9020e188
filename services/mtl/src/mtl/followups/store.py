"""The table of follow-ups and all SQL on it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Index, RowMapping, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import ScopedResource, Visibility, is_visible
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.day_counts import DayPeriod, counts_by_day
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from contracts.mtl.events import (
    FollowUpChanged,
    FollowUpCreated,
    FollowUpDeleted,
    FollowUpRestored,
)
from mtl.database import metadata
from mtl.followups.domain import SPOKEN_RESULTS, FollowUp
from mtl.followups.schemas import FollowUpOut
from mtl.leads.domain.lead import FollowUpTotals
from mtl.leads.store import leads

follow_ups = Table(
    "follow_ups",
    metadata,
    *record_columns(FollowUp),
    sort_column("next_step_on", Date()),
    sort_column("next_step_done_at", DateTime(timezone=True)),
    Index(None, "tenant_id", "lead_id", "at", "id"),
)
FOLLOW_UPS = ScopedResource(
    "mtl.follow_up",
    follow_ups,
    part_of=("mtl.lead", "lead_id"),
    seen_with=(("mtl.lead", "lead_id"),),
)
FOLLOW_UP = RecordType(
    scoped=FOLLOW_UPS,
    entity=FollowUp,
    created=FollowUpCreated,
    changed=FollowUpChanged,
    deleted=FollowUpDeleted,
    restored=FollowUpRestored,
)


def _is_done(done: bool) -> ColumnElement[bool]:  # noqa: FBT001  # the value of a filter
    done_at = follow_ups.c.next_step_done_at
    return done_at.is_not(None) if done else done_at.is_(None)


def _has_open_step(owner_id: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a follow-up has a next step which a person still has to do."""
    c = follow_ups.c
    is_open = (c.next_step_on.is_not(None), c.next_step_done_at.is_(None))
    return c.owner_id == owner_id, *is_open, c.deleted_at.is_(None)


async def open_steps_of(tx: AsyncConnection, lead_id: UUID, owner_id: str) -> Sequence[UUID]:
    """Return the follow-ups of a lead whose next step a person still has to do, by id."""
    c = follow_ups.c
    query = select(c.id).where(c.lead_id == lead_id, *_has_open_step(owner_id))
    return (await tx.execute(query.order_by(c.id))).scalars().all()


async def count_open_steps(tx: AsyncConnection, owner_id: str) -> int:
    """Return how many open next steps a person has."""
    query = select(func.count()).where(*_has_open_step(owner_id))
    return (await tx.execute(query)).scalar_one()


async def next_open_steps(
    tx: AsyncConnection, owner_id: str, *, limit: int
) -> list[tuple[UUID, str]]:
    """Return follow-ups of a person with an open next step at leads of others, with their owners.

    They come in the order of the leads, which are locked in it.
    """
    c, lead = follow_ups.c, leads.c
    query = (
        select(c.id, lead.owner_id)
        .join(leads, (lead.tenant_id == c.tenant_id) & (lead.id == c.lead_id))
        .where(
            *_has_open_step(owner_id),
            lead.owner_id != owner_id,
            lead.deleted_at.is_(None),
        )
        .order_by(c.lead_id, c.id)
        .limit(limit)
    )
    return [(row.id, row.owner_id) for row in await tx.execute(query)]


LISTING = Listing(
    FOLLOW_UPS,
    FollowUpOut,
    entity=FollowUp,
    filters=[
        "owner_id",
        "lead_id",
        "kind",
        "result",
        "at",
        "next_step_on",
        "next_step_done_at",
        Filter(name="done", kind=bool, where=_is_done),
        "created_at",
        "updated_at",
    ],
    sorts=["created_at", "updated_at", "at", "next_step_on", "next_step_done_at"],
    custom=custom_conditions,
)


async def follow_ups_of(tx: AsyncConnection, lead_id: UUID) -> list[FollowUp]:
    """Read and lock all follow-ups of a lead, deleted ones included."""
    mine = select(follow_ups).where(follow_ups.c.lead_id == lead_id).order_by(follow_ups.c.id)
    rows = (await tx.execute(mine.with_for_update())).mappings()
    return [from_columns(FollowUp, dict(row)) for row in rows]


async def totals_of(tx: AsyncConnection, lead_id: UUID) -> FollowUpTotals:
    """Return what the follow-ups of a lead come to, without deleted ones."""
    c = follow_ups.c
    query = select(
        func.count().label("follow_up_count"),
        func.max(c.at).label("last_followed_up_at"),
        func.min(c.next_step_on).filter(c.next_step_done_at.is_(None)).label("next_step_on"),
    ).where(c.lead_id == lead_id, c.deleted_at.is_(None))
    return FollowUpTotals(**(await tx.execute(query)).one()._mapping)


async def activity(
    tx: AsyncConnection, visibility: Visibility, period: DayPeriod, *, owner_id: str | None
) -> Sequence[RowMapping]:
    """Count the follow-ups of a period by day, owner and kind.

    They are those that a list shows which names no lead.
    """
    c = follow_ups.c
    query: Any = counts_by_day(
        c.at,
        period,
        by=(c.owner_id, c.kind),
        where=[c.deleted_at.is_(None), is_visible(FOLLOW_UPS.by_itself, visibility)],
        sums=[func.count().filter(c.result.in_(SPOKEN_RESULTS)).label("reached")],
    )
    if owner_id is not None:
        query = query.where(c.owner_id == owner_id)
    rows: Sequence[RowMapping] = (await tx.execute(query)).mappings().all()
    return rows
