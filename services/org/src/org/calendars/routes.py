"""The business calendar over HTTP."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.web.auth import Caller, Principal, allow
from chassis.web.commands import CreateCommand
from chassis.web.pages import reject_unknown_parameters
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.business_calendar import FIRST_DAY, LAST_DAY, ONE_DAY, Calendar
from kernel.business_dates import CalendarDate
from kernel.errors import Invalid, Violation
from org.calendars import actions
from org.calendars.domain import MAX_WORKING_DAYS
from org.calendars.schemas import (
    CalendarDayOut,
    CalendarOverrideIn,
    CalendarPeriodOut,
    WorkingDayOut,
)
from org.departments.store import DEPARTMENT, line_upwards
from org.tenants.store import TENANT

router = new_router("/calendar", tag="calendars")
READ = [allow("org.calendar.read"), Depends(reject_unknown_parameters)]
WRITE = [allow("org.calendar.write")]
MAX_PERIOD = timedelta(days=366)
OfDepartment = Annotated[
    UUID | None,
    Query(description="The department whose calendar it is; absent: that of the whole tenant"),
]
DayPath = Annotated[CalendarDate, Path(description="A day of the years 2000 to 2099")]


@router.get("/days", dependencies=READ)
async def calendar_list_days(
    from_date: Annotated[CalendarDate, Query()],
    to_date: Annotated[CalendarDate, Query(description="The day after the last day")],
    tx: Tx,
    caller: Caller,
    department_id: OfDepartment = None,
) -> CalendarPeriodOut:
    """List the days of a period of up to 366 days with their kinds."""
    _ensure_in_range("?from_date", from_date)
    _ensure_in_range("?to_date", to_date)
    if not from_date < to_date <= from_date + MAX_PERIOD:
        raise Invalid([Violation("?to_date", "PERIOD_LENGTH", {"maximum": MAX_PERIOD.days})])
    calendar = await _load_calendar(tx, caller, from_date, to_date, department_id)
    return CalendarPeriodOut(
        items=[CalendarDayOut.model_validate(day) for day in calendar.days(from_date, to_date)],
        working_days=calendar.working_days(from_date, to_date),
        official_until=calendar.official.until,
    )


@router.get("/working-days", dependencies=READ)
async def calendar_add_working_days(
    from_date: Annotated[CalendarDate, Query()],
    count: Annotated[int, Query(ge=-MAX_WORKING_DAYS, le=MAX_WORKING_DAYS)],
    tx: Tx,
    caller: Caller,
    department_id: OfDepartment = None,
) -> WorkingDayOut:
    """Add working days to a day; 0 gives the day itself or the next working day."""
    _ensure_in_range("?from_date", from_date)
    calendar = await _load_calendar(tx, caller, FIRST_DAY, LAST_DAY, department_id)
    day = calendar.add_working_days(from_date, count)
    if day is None:
        raise Invalid([Violation("?count", "DAY_OUT_OF_RANGE", _range())])
    return WorkingDayOut(date=day)


@router.put("/days/{day}", dependencies=WRITE)
async def calendar_put_day(
    day: DayPath,
    body: CalendarOverrideIn,
    command: CreateCommand,
    caller: Caller,
    department_id: OfDepartment = None,
) -> CalendarDayOut:
    """Declare a day worked or free, whatever the official calendar says.

    The day of a department also holds for the departments below it, up to their own.
    """
    _ensure_in_range("{day}", day)
    await actions.put_day(
        command, day, working=body.working, name=body.name, department_id=department_id
    )
    return await _day_out(command.tx, caller, day, department_id)


@router.delete("/days/{day}", dependencies=WRITE)
async def calendar_remove_day(
    day: DayPath, command: CreateCommand, caller: Caller, department_id: OfDepartment = None
) -> CalendarDayOut:
    """Remove the own setting of a day of the tenant or of a department.

    A day is written as a whole, so no If-Match is needed: the last write wins.
    """
    _ensure_in_range("{day}", day)
    await actions.remove_day(command, day, department_id)
    return await _day_out(command.tx, caller, day, department_id)


async def _day_out(
    tx: AsyncConnection, caller: Principal, day: date, department_id: UUID | None
) -> CalendarDayOut:
    calendar = await _load_calendar(tx, caller, day, day + ONE_DAY, department_id)
    return CalendarDayOut.model_validate(calendar.day(day))


async def _load_calendar(
    tx: AsyncConnection,
    caller: Principal,
    start: date,
    end: date,
    department_id: UUID | None,
) -> Calendar:
    tenant = await TENANT.get(tx, caller.tenant_id)
    line: Sequence[UUID] = ()
    if department_id is not None:
        await DEPARTMENT.get(tx, department_id)
        line = await line_upwards(tx, department_id)
    return await actions.get_calendar(
        tx, tenant.country, language=current().language, line=line, start=start, end=end
    )


def _ensure_in_range(pointer: str, day: date) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid([Violation(pointer, "DAY_OUT_OF_RANGE", _range())])


def _range() -> dict[str, str]:
    return {"first": FIRST_DAY.isoformat(), "last": LAST_DAY.isoformat()}
