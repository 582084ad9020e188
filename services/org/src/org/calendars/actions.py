"""Reading the calendar of a tenant or department, and setting days of its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import create_record, edit_record, remove_record
from chassis.records.working_time.official_days import official_calendar
from chassis.web.commands import Command
from kernel.business_calendar import FIRST_DAY, LAST_DAY, Calendar
from kernel.ids import new_id
from org.calendars import store
from org.calendars.domain import CalendarOverride
from org.calendars.store import CALENDAR_DAY
from org.departments.store import DEPARTMENT


async def get_calendar(
    tx: AsyncConnection,
    country: str,
    *,
    language: str,
    line: Sequence[UUID] = (),
    start: date = FIRST_DAY,
    end: date = LAST_DAY,
) -> Calendar:
    """Return the calendar of the transaction's tenant, with its own days in `[start, end)`.

    With a `line` of departments that leads up to the root it is that of the first one.
    """
    # Computing a country's holidays for the first time takes 0.4 s, so it runs in a thread.
    official = await asyncio.to_thread(official_calendar, country, language)
    return Calendar(official, await store.overrides_between(tx, start, end, line))


async def put_day(
    command: Command, day: date, *, working: bool, name: str, department_id: UUID | None = None
) -> CalendarOverride:
    """Declare a day worked or free, replacing an earlier override.

    Without a department it holds for the whole tenant, else for the department and those below it.
    Needs `org.calendar.write`. Raises NotFound for an unknown department.
    """
    if department_id is not None:
        await DEPARTMENT.get(command.tx, department_id)
    present = await store.lock_day(command.tx, day, department_id)
    if present is not None:
        return await edit_record(
            command, CALENDAR_DAY, present.id, lambda one: replace(one, working=working, name=name)
        )
    override = CalendarOverride(
        id=new_id(),
        date=day,
        department_id=department_id,
        working=working,
        name=name,
        updated_at=command.now,
    )
    return await create_record(command, CALENDAR_DAY, override)


async def remove_day(command: Command, day: date, department_id: UUID | None = None) -> None:
    """Remove the override of a day; without an override nothing changes.

    Needs `org.calendar.write`.
    """
    present = await store.lock_day(command.tx, day, department_id)
    if present is not None:
        await remove_record(command, CALENDAR_DAY, present.id)
