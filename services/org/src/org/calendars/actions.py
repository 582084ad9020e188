"""Reading the calendar of a tenant, and setting days of its own."""

import asyncio
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from org.calendars import store
from org.calendars.domain import FIRST_DAY, LAST_DAY, Calendar, CalendarOverride


async def get_calendar(
    tx: AsyncConnection,
    country: str,
    *,
    language: str,
    start: date = FIRST_DAY,
    end: date = LAST_DAY,
) -> Calendar:
    """Return the calendar of the transaction's tenant, with its overrides in `[start, end)`."""
    # Computing a country's holidays for the first time takes 0.4 s, so it runs in a thread.
    official = await asyncio.to_thread(store.official_calendar, country, language)
    return Calendar(official, await store.overrides_between(tx, start, end))


async def put_day(tx: AsyncConnection, day: date, *, working: bool, name: str) -> CalendarOverride:
    """Declare a day worked or free, replacing an earlier override. Needs `org.calendar.write`."""
    override = CalendarOverride(id=new_id(), date=day, working=working, name=name)
    await store.put_override(tx, override)
    return override


async def remove_day(tx: AsyncConnection, day: date) -> None:
    """Remove the override of a day; without an override nothing changes.

    Needs `org.calendar.write`.
    """
    await store.remove_override(tx, day)
