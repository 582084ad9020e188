"""The business calendar over HTTP."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.web.auth import Caller, Principal, allow
from chassis.web.commands import CreateCommand
from chassis.web.pages import reject_unknown_parameters
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.business_dates import BusinessDate
from kernel.errors import Invalid, Violation
from org.calendars import actions
from org.calendars.domain import FIRST_DAY, LAST_DAY, MAX_WORKING_DAYS, ONE_DAY, Calendar
from org.calendars.schemas import (
    CalendarDayOut,
    CalendarOverrideIn,
    CalendarPeriodOut,
    WorkingDayOut,
)
from org.tenants.store import TENANT

router = new_router("/calendar", tag="calendars")
READ = [allow("org.calendar.read"), Depends(reject_unknown_parameters)]
WRITE = [allow("org.calendar.write")]
MAX_PERIOD = timedelta(days=366)
DayPath = Annotated[BusinessDate, Path(description="A day of the years 2000 to 2099")]


@router.get("/days", dependencies=READ)
async def calendar_list_days(
    from_date: Annotated[BusinessDate, Query()],
    to_date: Annotated[BusinessDate, Query(description="The day after the last day")],
    tx: Tx,
    caller: Caller,
) -> CalendarPeriodOut:
    """List the days of a period of up to 366 days with their kinds."""
    _ensure_in_range("?from_date", from_date)
    _ensure_in_range("?to_date", to_date)
    if not from_date < to_date <= from_date + MAX_PERIOD:
        raise Invalid([Violation("?to_date", "PERIOD_LENGTH", {"maximum": MAX_PERIOD.days})])
    calendar = await _load_calendar(tx, caller, from_date, to_date)
    return CalendarPeriodOut(
        items=[CalendarDayOut.model_validate(day) for day in calendar.days(from_date, to_date)],
        working_days=calendar.working_days(from_date, to_date),
        official_until=calendar.official.until,
    )


@router.get("/working-days", dependencies=READ)
async def calendar_add_working_days(
    from_date: Annotated[BusinessDate, Query()],
    count: Annotated[int, Query(ge=-MAX_WORKING_DAYS, le=MAX_WORKING_DAYS)],
    tx: Tx,
    caller: Caller,
) -> WorkingDayOut:
    """Add working days to a day; 0 gives the day itself or the next working day."""
    _ensure_in_range("?from_date", from_date)
    day = (await _load_calendar(tx, caller, FIRST_DAY, LAST_DAY)).add_working_days(from_date, count)
    if day is None:
        raise Invalid([Violation("?count", "DAY_OUT_OF_RANGE", _range())])
    return WorkingDayOut(date=day)


@router.put("/days/{day}", dependencies=WRITE)
async def calendar_put_day(
    day: DayPath, body: CalendarOverrideIn, command: CreateCommand, caller: Caller
) -> CalendarDayOut:
    """Declare a day worked or free, whatever the official calendar says."""
    _ensure_in_range("{day}", day)
    await actions.put_day(command, day, working=body.working, name=body.name)
    return await _day_out(command.tx, caller, day)


@router.delete("/days/{day}", dependencies=WRITE)
async def calendar_remove_day(
    day: DayPath, command: CreateCommand, caller: Caller
) -> CalendarDayOut:
    """Remove the tenant's own setting of a day.

    A day is written as a whole, so no If-Match is needed: the last write wins.
    """
    _ensure_in_range("{day}", day)
    await actions.remove_day(command, day)
    return await _day_out(command.tx, caller, day)


async def _day_out(tx: AsyncConnection, caller: Principal, day: date) -> CalendarDayOut:
    return CalendarDayOut.model_validate(
        (await _load_calendar(tx, caller, day, day + ONE_DAY)).day(day)
    )


async def _load_calendar(
    tx: AsyncConnection, caller: Principal, start: date, end: date
) -> Calendar:
    tenant = await TENANT.get(tx, caller.tenant_id)
    return await actions.get_calendar(
        tx, tenant.country, language=current().language, start=start, end=end
    )


def _ensure_in_range(pointer: str, day: date) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid([Violation(pointer, "DAY_OUT_OF_RANGE", _range())])


def _range() -> dict[str, str]:
    return {"first": FIRST_DAY.isoformat(), "last": LAST_DAY.isoformat()}
