"""The table of calendar overrides, and the official calendars of the `holidays` library."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays
from sqlalchemy import Boolean, Column, Date, Index, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns, to_columns
from org.calendars.domain import FIRST_DAY, LAST_DAY, CalendarOverride, OfficialCalendar
from org.database import metadata

calendar_days = Table(
    "calendar_days",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("date", Date, nullable=False),
    Column("working", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Index(None, "tenant_id", "date", unique=True),
)
_LIBRARY_LANGUAGES = {"zh-CN": "zh_CN", "en": "en_US"}


async def overrides_between(
    tx: AsyncConnection, start: date, end: date
) -> Mapping[date, CalendarOverride]:
    """Return the overrides of the days in `[start, end)`, by day."""
    columns = calendar_days.c
    rows = await tx.execute(select(calendar_days).where(columns.date >= start, columns.date < end))
    return {row.date: from_columns(CalendarOverride, dict(row._mapping)) for row in rows}


async def put_override(tx: AsyncConnection, day: CalendarOverride) -> None:
    """Insert an override, or replace the one of the same day."""
    values = to_columns(calendar_days, day)
    changed = {name: values[name] for name in ("working", "name")}
    await tx.execute(
        insert(calendar_days)
        .values(values)
        .on_conflict_do_update(index_elements=["tenant_id", "date"], set_=changed)
    )


async def remove_override(tx: AsyncConnection, day: date) -> None:
    """Delete the override of a day, if there is one."""
    await tx.execute(delete(calendar_days).where(calendar_days.c.date == day))


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
