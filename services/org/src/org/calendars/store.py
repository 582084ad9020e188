"""The table of own days and its SQL."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, Index, Integer, Select, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from contracts.org.events import CalendarDayChanged, CalendarDayCreated, CalendarDayDeleted
from kernel.business_calendar import nearest_days
from org.calendars.domain import CalendarOverride
from org.database import metadata

calendar_days = Table(
    "calendar_days",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("date", Date, nullable=False),
    Column("department_id", Uuid),
    Column("working", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Index(
        None,
        "tenant_id",
        "date",
        "department_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)
CALENDAR_DAY = RecordType(
    scoped=UnownedResource("org.calendar", calendar_days),
    entity=CalendarOverride,
    created=CalendarDayCreated,
    changed=CalendarDayChanged,
    deleted=CalendarDayDeleted,
)


async def overrides_between(
    tx: AsyncConnection, start: date, end: date, line: Sequence[UUID]
) -> Mapping[date, CalendarOverride]:
    """Return the overrides of the days in `[start, end)`, by day.

    They are those of the first department in `line`, which leads up to the root, else of the
    nearest one above, else of the whole tenant.
    """
    c = calendar_days.c
    holds = c.department_id.is_(None) | c.department_id.in_(line)
    query = select(calendar_days).where(c.date >= start, c.date < end, holds)
    rows = await tx.execute(query)
    return nearest_days(
        [from_columns(CalendarOverride, dict(row)) for row in rows.mappings()], line
    )


async def lock_day(
    tx: AsyncConnection, day: date, department_id: UUID | None
) -> CalendarOverride | None:
    """Serialize the changes of a day until the transaction ends; return its override, if any."""
    await lock_key(tx, "org.calendar_day", day.isoformat())
    c = calendar_days.c
    query: Select[Any] = select(calendar_days).where(
        c.date == day, c.department_id.is_not_distinct_from(department_id)
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else from_columns(CalendarOverride, dict(row))
