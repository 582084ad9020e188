"""Reading the calendar of a tenant, and setting days of its own."""

import asyncio
from dataclasses import replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import create_record, edit_record, remove_record
from chassis.web.commands import Command
from kernel.ids import new_id
from org.calendars import store
from org.calendars.domain import FIRST_DAY, LAST_DAY, Calendar, CalendarOverride
from org.calendars.store import CALENDAR_DAY


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


async def put_day(command: Command, day: date, *, working: bool, name: str) -> CalendarOverride:
    """Declare a day worked or free, replacing an earlier override. Needs `org.calendar.write`."""
    present = await store.lock_day(command.tx, day)
    if present is not None:
        return await edit_record(
            command, CALENDAR_DAY, present.id, lambda one: replace(one, working=working, name=name)
        )
    override = CalendarOverride(
        id=new_id(), date=day, working=working, name=name, updated_at=command.now
    )
    return await create_record(command, CALENDAR_DAY, override)


async def remove_day(command: Command, day: date) -> None:
    """Remove the override of a day; without an override nothing changes.

    Needs `org.calendar.write`.
    """
    present = await store.lock_day(command.tx, day)
    if present is not None:
        await remove_record(command, CALENDAR_DAY, present.id)
