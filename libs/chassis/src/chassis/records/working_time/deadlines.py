"""Deadlines in working time, for the owner of a record or for a department."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.foundation.context import current
from chassis.records.access.tables import departments, people, posts
from chassis.records.tenant_settings import settings_of
from chassis.records.working_time.official_days import official_calendar
from chassis.records.working_time.tables import hours_of_departments, own_days, working_hours
from kernel.business_calendar import Calendar, nearest_days
from kernel.working_clock import WorkingClock
from kernel.working_rules import BUILT_IN_HOURS, HoursRules, choose_hours


@dataclass(frozen=True)
class OwnDay:
    """A day that the tenant, or a department, declared worked or free."""

    date: date
    working: bool
    name: str
    department_id: UUID | None


async def deadline_after(
    tx: AsyncConnection,
    start: datetime,
    working_minutes: int,
    *,
    owner_id: str | None = None,
    department_id: UUID | None = None,
) -> datetime | None:
    """Return the instant at which these minutes of working time have passed since `start`.

    They are those of the department, else of the owner's primary department, else of the tenant.
    None if the instant lies more than ten years ahead. Raises Unavailable (TENANT_NOT_READY), and
    ValueError for fewer than no minutes.
    """
    clock = await clock_of(tx, owner_id=owner_id, department_id=department_id)
    return clock.deadline(start, timedelta(minutes=working_minutes))


async def clock_of(
    tx: AsyncConnection, *, owner_id: str | None = None, department_id: UUID | None = None
) -> WorkingClock:
    """Return the clock of a department, else of the owner's primary one, else of the tenant.

    It works by the copies of this service: the nearest assignment of working hours up the tree,
    the tenant's default, or the built-in hours; with the official days of the tenant's country and
    the own days of the department. Raises Unavailable (TENANT_NOT_READY).
    """
    settings = await settings_of(tx)
    if department_id is None and owner_id is not None:
        department_id = await _department_of(tx, owner_id)
    line = [] if department_id is None else await _line_upwards(tx, department_id)
    rules = await _rules_of(tx, line)
    country, language = settings.country or "", current().language
    official = await asyncio.to_thread(official_calendar, country, language)
    calendar = Calendar(official, nearest_days(await _own_days(tx), line))
    return rules.clock(tenant_timezone=settings.timezone, calendar=calendar)


async def _department_of(tx: AsyncConnection, owner_id: str) -> UUID | None:
    query = (
        select(posts.c.department_id)
        .join(people, (people.c.id == posts.c.person_id) & ~people.c.deleted)
        .where(people.c.subject == owner_id)
        .order_by(posts.c.is_primary.desc(), posts.c.department_id)
    )
    found: UUID | None = (await tx.scalars(query)).first()
    return found


async def _line_upwards(tx: AsyncConnection, department_id: UUID) -> list[UUID]:
    """Return the department and those above it, the nearest first."""
    d = departments.c
    start = select(d.id, d.parent_id, literal(0).label("depth")).where(d.id == department_id)
    line = start.cte("line", recursive=True)
    above = select(d.id, d.parent_id, line.c.depth + 1).where(d.id == line.c.parent_id)
    # While events of a move are on the way, the copy may have a cycle.
    line = line.union_all(above.where(line.c.depth < 100))
    ids = (await tx.scalars(select(line.c.id).order_by(line.c.depth))).all()
    return list(dict.fromkeys([department_id, *ids]))


async def _rules_of(tx: AsyncConnection, line: Sequence[UUID]) -> HoursRules:
    h, assigned = working_hours.c, hours_of_departments.c
    query = select(assigned.department_id, assigned.working_hours_id)
    query = query.join(working_hours, (h.id == assigned.working_hours_id) & ~h.deleted)
    rows = await tx.execute(
        query.where(assigned.department_id.in_(line)).order_by(h.epoch, h.sequence, h.id)
    )
    by_department = {row.department_id: row.working_hours_id for row in rows}
    default = select(h.id).where(h.is_default, ~h.deleted).order_by(h.id.desc()).limit(1)
    choice = choose_hours(line, by_department, await tx.scalar(default))
    if choice.hours_id is None:
        return BUILT_IN_HOURS
    row = (await tx.execute(select(working_hours).where(h.id == choice.hours_id))).mappings().one()
    return from_columns(HoursRules, dict(row))


async def _own_days(tx: AsyncConnection) -> list[OwnDay]:
    rows = await tx.execute(select(own_days).where(~own_days.c.deleted))
    return [from_columns(OwnDay, dict(row)) for row in rows.mappings()]
