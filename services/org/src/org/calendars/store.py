"""The table of own days, and the calendars of countries as the `holidays` library knows them."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays
from sqlalchemy import Boolean, Column, Date, Index, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns, to_columns
from org.calendars.domain import FIRST, LAST, Official, OwnDay
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
_NAMES = {"zh-CN": "zh_CN", "en": "en_US"}


async def own_days(tx: AsyncConnection, start: date, end: date) -> Mapping[date, OwnDay]:
    """What the tenant says of the days in `[start, end)`."""
    columns = calendar_days.c
    rows = await tx.execute(select(calendar_days).where(columns.date >= start, columns.date < end))
    return {row.date: from_columns(OwnDay, dict(row._mapping)) for row in rows}


async def put(tx: AsyncConnection, day: OwnDay) -> None:
    """The tenant's word on a day, in place of an earlier one."""
    values = to_columns(calendar_days, day)
    said = {name: values[name] for name in ("working", "name")}
    await tx.execute(
        insert(calendar_days)
        .values(values)
        .on_conflict_do_update(index_elements=["tenant_id", "date"], set_=said)
    )


async def remove(tx: AsyncConnection, day: date) -> None:
    """The day is again what the law says."""
    await tx.execute(delete(calendar_days).where(calendar_days.c.date == day))


@lru_cache(maxsize=64)
def official(country: str, language: str) -> Official:
    """The days off of a country (ISO 3166-1 alpha-2); none where the library knows none."""
    years = range(FIRST.year, LAST.year + 1)
    try:
        known = holidays.country_holidays(
            country, years=years, language=_language(country, language)
        )
    except NotImplementedError:
        return Official({}, frozenset(), LAST)
    announced = {day for day in known.weekend_workdays if day.weekday() >= 5}
    until = date(max((d.year for d in announced), default=LAST.year), 12, 31)
    return Official(dict(known), frozenset(announced), until)


def _language(country: str, language: str) -> str | None:
    """The library's name of the language, where it speaks it of this country."""
    supported = holidays.country_holidays(country).supported_languages
    wanted = _NAMES.get(language)
    return wanted if wanted in supported else None
