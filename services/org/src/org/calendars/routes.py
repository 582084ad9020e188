"""The business calendar over HTTP."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.web.auth import Caller, Principal, allow
from chassis.web.pages import only_known_parameters
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.business_dates import BusinessDate
from kernel.errors import Invalid, Violation
from org.calendars import actions
from org.calendars.domain import DAY, FARTHEST, FIRST, LAST, Calendar
from org.calendars.schemas import DayOut, DaysOut, OwnDayIn, WorkingDayOut
from org.tenants import store as tenants

router = new_router("/calendar", tag="calendars")
READ = [allow("org.calendar.read"), Depends(only_known_parameters)]
WRITE = [allow("org.calendar.write")]
LONGEST = timedelta(days=366)
Day = Annotated[BusinessDate, Path(description="A day of the years 2000 to 2099")]


@router.get("/days", dependencies=READ)
async def calendar_list_days(
    from_date: Annotated[BusinessDate, Query()],
    to_date: Annotated[BusinessDate, Query(description="The first day that is left out")],
    tx: Tx,
    caller: Caller,
) -> DaysOut:
    """What each day of a period of up to 366 days is."""
    _ensure_within("?from_date", from_date)
    _ensure_within("?to_date", to_date)
    if not from_date < to_date <= from_date + LONGEST:
        raise Invalid([Violation("?to_date", "PERIOD_LENGTH", {"maximum": LONGEST.days})])
    calendar = await _calendar(tx, caller, from_date, to_date)
    return DaysOut(
        items=[DayOut.model_validate(day) for day in calendar.days(from_date, to_date)],
        working_days=calendar.working_days(from_date, to_date),
        official_until=calendar.official.until,
    )


@router.get("/working-days", dependencies=READ)
async def calendar_add_working_days(
    from_date: Annotated[BusinessDate, Query()],
    count: Annotated[int, Query(ge=-FARTHEST, le=FARTHEST)],
    tx: Tx,
    caller: Caller,
) -> WorkingDayOut:
    """The day so many working days after another; 0 is the day itself or the next one worked."""
    _ensure_within("?from_date", from_date)
    found = (await _calendar(tx, caller, FIRST, LAST)).after(from_date, count)
    if found is None:
        raise Invalid([Violation("?count", "DAY_OUT_OF_RANGE", _range())])
    return WorkingDayOut(date=found)


@router.put("/days/{day}", dependencies=WRITE)
async def calendar_put_day(day: Day, body: OwnDayIn, tx: Tx, caller: Caller) -> DayOut:
    """Say that a day is worked, or not, whatever the law's calendar says."""
    _ensure_within("{day}", day)
    await actions.put_day(tx, day, working=body.working, name=body.name)
    return await _shown(tx, caller, day)


@router.delete("/days/{day}", dependencies=WRITE)
async def calendar_remove_day(day: Day, tx: Tx, caller: Caller) -> DayOut:
    """Leave a day to the law's calendar again.

    A day is said whole and has no version: the last word counts, so that no If-Match is asked for.
    """
    _ensure_within("{day}", day)
    await actions.remove_day(tx, day)
    return await _shown(tx, caller, day)


async def _shown(tx: AsyncConnection, caller: Principal, day: date) -> DayOut:
    return DayOut.model_validate((await _calendar(tx, caller, day, day + DAY)).day(day))


async def _calendar(tx: AsyncConnection, caller: Principal, start: date, end: date) -> Calendar:
    tenant = await tenants.get(tx, caller.tenant_id)
    return await actions.calendar_of(
        tx, tenant.country, language=current().language, start=start, end=end
    )


def _ensure_within(pointer: str, day: date) -> None:
    if not FIRST <= day <= LAST:
        raise Invalid([Violation(pointer, "DAY_OUT_OF_RANGE", _range())])


def _range() -> dict[str, str]:
    return {"first": FIRST.isoformat(), "last": LAST.isoformat()}
