"""The routes of working hours: the records, where they apply, and what they measure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from chassis.foundation.clock import Now
from chassis.foundation.context import current
from chassis.records.codes import QueryInstant
from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.auth import Caller
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.pages import reject_unknown_parameters
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.business_calendar import FIRST_DAY, LAST_DAY, Calendar
from kernel.durations import ClockDuration
from kernel.errors import Invalid, Violation
from kernel.periods import add_months
from kernel.working_clock import DayReason, ScheduledDay, WorkingClock
from org.calendars.actions import get_calendar
from org.departments.store import DEPARTMENT, line_upwards
from org.tenants.store import TENANT
from org.working_hours import actions
from org.working_hours.domain import MAX_MEASURED_DAYS
from org.working_hours.schemas import (
    AssignmentIn,
    DeadlineOut,
    EffectiveHoursOut,
    IntervalOut,
    Month,
    MonthOut,
    OpenStateOut,
    ScheduledDayOut,
    WorkingHoursIn,
    WorkingHoursOut,
    WorkingTimeOut,
    hours_values,
)
from org.working_hours.store import LISTING, WORKING_HOURS

RESOURCE = Resource(
    record_type=WORKING_HOURS,
    collection="/working-hours",
    listing=LISTING,
    body=WorkingHoursIn,
    edit_body=WorkingHoursIn,
    answer=WorkingHoursOut,
    create=actions.create_working_hours,
    edit=actions.edit_working_hours,
    delete=actions.delete_working_hours,
    values=hours_values,
    imported=False,
    docs={
        "create": "Add working hours",
        "get": "Read working hours",
        "edit": "Edit working hours\n\n"
        "A weekday in `week` replaces its shifts and leaves the other weekdays as they are;"
        " `own_days` replaces all own days.",
        "delete": "Delete working hours that apply nowhere; they can be restored",
        "restore": "Restore deleted working hours",
    },
)
READ = [RESOURCE.read_guard, Depends(reject_unknown_parameters)]
WRITE = [RESOURCE.write_guard]
router = new_router("/working-hours", tag="working-hours")
departments = new_router("/departments", tag="working-hours")
FromInstant = Annotated[QueryInstant, Query(description="RFC 3339")]


async def _load_clock(
    working_hours_id: UUID,
    tx: Tx,
    caller: Caller,
    department_id: Annotated[
        UUID | None,
        Query(description="The department whose own days count; absent: the tenant's only"),
    ] = None,
) -> tuple[WorkingClock, Calendar]:
    hours = await WORKING_HOURS.get(tx, working_hours_id)
    tenant = await TENANT.get(tx, caller.tenant_id)
    line: Sequence[UUID] = ()
    if department_id is not None:
        await DEPARTMENT.get(tx, department_id)
        line = await line_upwards(tx, department_id)
    calendar = await get_calendar(tx, tenant.country, language=current().language, line=line)
    return hours.clock(tenant_timezone=tenant.timezone, calendar=calendar), calendar


Loaded = Annotated[tuple[WorkingClock, Calendar], Depends(_load_clock)]


@router.post("/{working_hours_id}/assign", dependencies=WRITE)
async def working_hours_assign(
    working_hours_id: UUID, body: AssignmentIn, command: ChangeCommand
) -> WorkingHoursOut:
    """Assign working hours to a department, in place of those that it has.

    The departments below it have them too, up to the next assignment.
    """
    hours = await actions.assign_working_hours(command, working_hours_id, body.department_id)
    return WorkingHoursOut.model_validate(hours)


@router.post("/{working_hours_id}/unassign", dependencies=WRITE)
async def working_hours_unassign(
    working_hours_id: UUID, body: AssignmentIn, command: ChangeCommand
) -> WorkingHoursOut:
    """Take working hours from a department, which then has those of the department above."""
    hours = await actions.unassign_working_hours(command, working_hours_id, body.department_id)
    return WorkingHoursOut.model_validate(hours)


@router.post("/{working_hours_id}/make-default", dependencies=WRITE)
async def working_hours_make_default(
    working_hours_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> WorkingHoursOut:
    """Make working hours the tenant's default, in place of the present one."""
    hours = await actions.set_default_working_hours(command, working_hours_id, is_default=True)
    return WorkingHoursOut.model_validate(hours)


@router.post("/{working_hours_id}/clear-default", dependencies=WRITE)
async def working_hours_clear_default(
    working_hours_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> WorkingHoursOut:
    """Make working hours no longer the tenant's default: the built-in ones take their place."""
    hours = await actions.set_default_working_hours(command, working_hours_id, is_default=False)
    return WorkingHoursOut.model_validate(hours)


@router.get("/{working_hours_id}/working-time", dependencies=READ)
async def working_hours_measure(
    from_at: FromInstant, to_at: FromInstant, loaded: Loaded
) -> WorkingTimeOut:
    """Measure the working time between two instants, at most 1830 days apart."""
    _ensure_span(from_at, to_at)
    clock, _ = loaded
    elapsed = clock.elapsed(from_at, to_at)
    seconds = elapsed // timedelta(seconds=1)
    return WorkingTimeOut(working_time=elapsed, seconds=seconds, timezone=clock.zone.key)


@router.get("/{working_hours_id}/deadline", dependencies=READ)
async def working_hours_deadline(
    from_at: FromInstant,
    duration: Annotated[ClockDuration, Query(description="Working time in ISO 8601: `PT4H`")],
    loaded: Loaded,
) -> DeadlineOut:
    """Find the instant at which a working duration has passed; for zero it is the start."""
    _ensure_in_range(("?from_at", from_at))
    clock, _ = loaded
    deadline = clock.deadline(from_at, duration)
    if deadline is None:
        raise Invalid([Violation("?duration", "DEADLINE_TOO_FAR")])
    return DeadlineOut(deadline_at=deadline, timezone=clock.zone.key)


@router.get("/{working_hours_id}/open-state", dependencies=READ)
async def working_hours_open_state(
    now: Now,
    loaded: Loaded,
    at: Annotated[QueryInstant | None, Query(description="RFC 3339; absent: now")] = None,
) -> OpenStateOut:
    """Tell whether an instant is in working time, and when that next changes."""
    at = at or now
    _ensure_in_range(("?at", at))
    clock, _ = loaded
    return OpenStateOut(
        at=at.astimezone(UTC),
        is_open=clock.is_open(at),
        next_opening_at=clock.next_opening(at),
        next_closing_at=clock.next_closing(at),
        timezone=clock.zone.key,
    )


@router.get("/{working_hours_id}/month", dependencies=READ)
async def working_hours_month(month: Month, loaded: Loaded) -> MonthOut:
    """Show the dates of a month with their working time, and why they have it."""
    clock, calendar = loaded
    first = date.fromisoformat(f"{month}-01")
    last = add_months(first, 1) - timedelta(days=1)
    intervals = clock.intervals(first, last)
    days = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]
    return MonthOut(
        month=month,
        timezone=clock.zone.key,
        working_time=sum((one.end - one.start for one in intervals), timedelta()),
        days=[
            _day_out(
                clock.scheduled_day(day),
                [IntervalOut.model_validate(one) for one in intervals if one.day == day],
                calendar,
            )
            for day in days
        ],
        official_until=calendar.official.until,
    )


@departments.get("/{department_id}/working-hours", dependencies=READ)
async def department_working_hours(
    department_id: UUID, tx: Tx, caller: Caller
) -> EffectiveHoursOut:
    """Read the working hours that apply to a department, and where they come from.

    They are assigned to the department or to the nearest one above; else the tenant's default
    applies, else the built-in hours.
    """
    found = await actions.effective_hours(tx, department_id)
    tenant = await TENANT.get(tx, caller.tenant_id)
    rules, hours, department = found.rules, found.hours, found.department
    return EffectiveHoursOut(
        source=found.source,
        department_id=None if department is None else department.id,
        department_name=None if department is None else department.name,
        working_hours_id=None if hours is None else hours.id,
        name=None if hours is None else hours.name,
        timezone=rules.timezone or tenant.timezone,
        week=rules.week,
        own_days=list(rules.own_days),
        follows_calendar=rules.follows_calendar,
        make_up_weekday=rules.make_up_weekday,
    )


def _day_out(
    day: ScheduledDay, intervals: list[IntervalOut], calendar: Calendar
) -> ScheduledDayOut:
    is_special = day.reason in (DayReason.HOLIDAY, DayReason.MAKE_UP_WORKDAY)
    return ScheduledDayOut(
        date=day.date,
        reason=day.reason,
        name=calendar.day(day.date).name if is_special else day.name,
        shifts=list(day.shifts),
        intervals=intervals,
        working_time=sum((one.end_at - one.start_at for one in intervals), timedelta()),
    )


def _ensure_span(from_at: datetime, to_at: datetime) -> None:
    _ensure_in_range(("?from_at", from_at), ("?to_at", to_at))
    if to_at < from_at:
        raise Invalid([Violation("?to_at", "END_BEFORE_START")])
    if to_at - from_at > timedelta(days=MAX_MEASURED_DAYS):
        raise Invalid([Violation("?to_at", "SPAN_TOO_LONG", {"maximum": MAX_MEASURED_DAYS})])


def _ensure_in_range(*instants: tuple[str, datetime]) -> None:
    params = {"first": FIRST_DAY.isoformat(), "last": LAST_DAY.isoformat()}
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    violations = [
        Violation(pointer, "DAY_OUT_OF_RANGE", params)
        for pointer, at in instants
        if at.year not in years
    ]
    if violations:
        raise Invalid(violations)


ROUTERS = (*resource_routers(RESOURCE, router), departments)
