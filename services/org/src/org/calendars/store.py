"""The table of calendar overrides, and the official calendars of the `holidays` library."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays
from sqlalchemy import Boolean, Column, Date, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from contracts.org.events import CalendarDayChanged, CalendarDayCreated, CalendarDayDeleted
from org.calendars.domain import FIRST_DAY, LAST_DAY, ONE_DAY, CalendarOverride, OfficialCalendar
from org.database import metadata

calendar_days = Table(
    "calendar_days",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("date", Date, nullable=False),
    Column("working", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "date", unique=True),
)
CALENDAR_DAY = RecordType(
    scoped=UnownedResource("org.calendar", calendar_days),
    entity=CalendarOverride,
    created=CalendarDayCreated,
    changed=CalendarDayChanged,
    deleted=CalendarDayDeleted,
)
_LIBRARY_LANGUAGES = {"zh-CN": "zh_CN", "en": "en_US"}


async def overrides_between(
    tx: AsyncConnection, start: date, end: date
) -> Mapping[date, CalendarOverride]:
    """Return the overrides of the days in `[start, end)`, by day."""
    columns = calendar_days.c
    rows = await tx.execute(select(calendar_days).where(columns.date >= start, columns.date < end))
    return {row.date: from_columns(CalendarOverride, dict(row._mapping)) for row in rows}


async def lock_day(tx: AsyncConnection, day: date) -> CalendarOverride | None:
    """Serialize the changes of a day until the transaction ends; return its override, if any."""
    await lock_key(tx, "org.calendar_day", day.isoformat())
    return (await overrides_between(tx, day, day + ONE_DAY)).get(day)


@lru_cache(maxsize=64)
def official_calendar(country: str, language: str) -> OfficialCalendar:
    """Return the holidays of a country (ISO 3166-1 alpha-2); none if the library lacks it."""
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    try:
        library_days = holidays.country_holidays(
            country, years=years, language=_language(country, language)
        )
    except NotImplementedError:
        return OfficialCalendar({}, frozenset(), LAST_DAY)
    make_up_days = {day for day in library_days.weekend_workdays if day.weekday() >= 5}
    until = date(max((d.year for d in make_up_days), default=LAST_DAY.year), 12, 31)
    return OfficialCalendar(dict(library_days), frozenset(make_up_days), until)


def _language(country: str, language: str) -> str | None:
    """Return the library's name of the language, if it has this country's holidays in it."""
    supported = holidays.country_holidays(country).supported_languages
    name = _LIBRARY_LANGUAGES.get(language)
    return name if name in supported else None
