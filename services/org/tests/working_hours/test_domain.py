"""Which working hours are valid, which ones apply, and what a copy of them measures."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import MetaData, Table

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
from chassis.records.working_time.official_days import official_calendar
from contracts.org.events import WorkingHoursChanged, WorkingHoursState
from kernel.business_calendar import Calendar
from kernel.errors import Invalid, RuleBroken
from kernel.ids import new_id
from kernel.working_clock import DayReason
from kernel.working_rules import (
    BUILT_IN_HOURS,
    HoursRules,
    HoursSource,
    choose_hours,
    special_day_of,
)
from kernel.working_week import OFFICE_WEEK, OwnWorkingDay, Shift, ShiftBreak, Weekday, WorkingWeek
from org.calendars.domain import CalendarOverride
from org.working_hours.domain import WorkingHours

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CHINA = official_calendar("CN", "en")
DAY = date(2026, 12, 31)


def some_hours(**changes: Any) -> WorkingHours:
    values: dict[str, Any] = {
        "id": new_id(),
        "name": "客服",
        "week": OFFICE_WEEK,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return WorkingHours(**{**values, **changes})


def violations(hours: WorkingHours) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        hours.ensure_valid()
    return [(one.pointer, one.code) for one in caught.value.violations]


def week(*monday: Shift, **others: Any) -> WorkingWeek:
    return WorkingWeek(monday=monday, **others)


@pytest.mark.parametrize(
    "valid",
    [
        OFFICE_WEEK,
        WorkingWeek(),
        week(Shift("09:00", "12:00"), Shift("13:30", "18:00")),
        week(Shift("00:00", "24:00"), tuesday=(Shift("00:00", "24:00"),)),
        week(Shift("22:00", "06:00"), tuesday=(Shift("06:00", "14:00"),)),
        WorkingWeek(sunday=(Shift("18:00", "02:00"),), monday=(Shift("02:00", "10:00"),)),
        week(Shift("22:00", "06:00", (ShiftBreak("23:30", "00:30"), ShiftBreak("05:30", "06:00")))),
    ],
)
def test_valid_weeks(valid: WorkingWeek) -> None:
    some_hours(week=valid, timezone="Europe/Berlin").ensure_valid()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (week(Shift("09:00", "09:00")), [("/week/monday/0", "SHIFT_EMPTY")]),
        (
            week(Shift("09:00", "12:00"), Shift("11:00", "13:00"), Shift("08:00", "10:00")),
            [("/week/monday/1", "SHIFT_OVERLAPS"), ("/week/monday/2", "SHIFT_OVERLAPS")],
        ),
        (
            week(Shift("22:00", "06:00"), tuesday=(Shift("05:00", "12:00"),)),
            [("/week/tuesday/0", "SHIFT_OVERLAPS")],
        ),
        (  # Sunday night runs into Monday
            WorkingWeek(sunday=(Shift("22:00", "06:00"),), monday=(Shift("05:59", "12:00"),)),
            [("/week/monday/0", "SHIFT_OVERLAPS")],
        ),
        (
            week(Shift("00:00", "12:00"), Shift("12:00", "11:00")),
            [("/week/monday", "DAY_TOO_LONG")],
        ),
        (
            week(Shift("09:00", "18:00", (ShiftBreak("12:00", "12:00"),))),
            [("/week/monday/0/breaks/0", "BREAK_EMPTY")],
        ),
        (
            week(Shift("09:00", "18:00", (ShiftBreak("08:00", "09:30"),))),
            [("/week/monday/0/breaks/0", "BREAK_OUTSIDE_SHIFT")],
        ),
        (
            week(Shift("09:00", "18:00", (ShiftBreak("17:30", "18:30"),))),
            [("/week/monday/0/breaks/0", "BREAK_OUTSIDE_SHIFT")],
        ),
        (
            week(
                Shift(
                    "09:00", "18:00", (ShiftBreak("12:00", "13:00"), ShiftBreak("12:30", "14:00"))
                )
            ),
            [("/week/monday/0/breaks/1", "BREAK_OVERLAPS")],
        ),
        (  # breaks that take the whole shift
            week(Shift("09:00", "10:00", (ShiftBreak("09:00", "10:00"),))),
            [("/week/monday/0", "SHIFT_EMPTY")],
        ),
    ],
)
def test_invalid_weeks(wrong: WorkingWeek, expected: list[tuple[str, str]]) -> None:
    assert violations(some_hours(week=wrong)) == expected


def test_all_violations_are_reported_at_once() -> None:
    own_days = (
        OwnWorkingDay(DAY, (Shift("09:00", "09:00"),)),
        OwnWorkingDay(DAY),
    )
    wrong = some_hours(
        timezone="Mars/Olympus",
        week=WorkingWeek(friday=(Shift("10:00", "12:00"), Shift("11:00", "11:00"))),
        own_days=own_days,
    )
    assert violations(wrong) == [
        ("/timezone", "TIMEZONE_UNKNOWN"),
        ("/week/friday/1", "SHIFT_EMPTY"),
        ("/own_days/0/shifts/0", "SHIFT_EMPTY"),
        ("/own_days/1/date", "OWN_DAY_REPEATED"),
    ]


def test_hours_in_use_are_not_deleted() -> None:
    some_hours().ensure_unused()
    for used in (some_hours(is_default=True), some_hours(department_ids=(new_id(),))):
        with pytest.raises(RuleBroken):
            used.ensure_unused()


TEAM, SALES, ROOT, A, B, C = [new_id() for _ in range(6)]


@pytest.mark.parametrize(
    ("assigned", "default", "expected"),
    [
        ({TEAM: A, ROOT: B}, C, (HoursSource.DEPARTMENT, A, TEAM)),
        ({SALES: A, ROOT: B}, C, (HoursSource.ANCESTOR, A, SALES)),
        ({ROOT: B}, C, (HoursSource.ANCESTOR, B, ROOT)),
        ({}, C, (HoursSource.TENANT_DEFAULT, C, None)),
        ({}, None, (HoursSource.BUILT_IN, None, None)),
    ],
)
def test_the_nearest_assignment_wins(
    assigned: dict[UUID, UUID], default: UUID | None, expected: tuple[Any, ...]
) -> None:
    choice = choose_hours([TEAM, SALES, ROOT], assigned, default)
    assert (choice.source, choice.hours_id, choice.department_id) == expected


def test_the_tenants_calendar_decides_which_dates_are_special() -> None:
    own: Sequence[tuple[date, bool]] = [
        (date(2026, 11, 23), False),  # a Monday declared free
        (date(2026, 10, 1), True),  # a holiday, a Thursday, declared worked
        (date(2026, 11, 28), True),  # a Saturday declared worked
    ]
    overrides = {
        day: CalendarOverride(id=new_id(), date=day, working=working, name="x", updated_at=NOW)
        for day, working in own
    }
    reason = special_day_of(Calendar(CHINA, overrides))
    expected = {
        date(2026, 11, 23): DayReason.HOLIDAY,
        date(2026, 10, 1): None,
        date(2026, 11, 28): DayReason.MAKE_UP_WORKDAY,
        date(2026, 10, 2): DayReason.HOLIDAY,
        date(2026, 10, 10): DayReason.MAKE_UP_WORKDAY,  # Saturday worked for the National Day
        date(2026, 11, 29): None,  # a Sunday: the week says what happens
        date(2026, 11, 24): None,
    }
    assert {day: reason(day) for day in expected} == expected


def test_the_national_day_in_working_time() -> None:
    # 28, 29 and 30 September are worked; 1 to 7 October are free; 8, 9 and Saturday 10 are worked.
    clock = BUILT_IN_HOURS.clock(tenant_timezone="Asia/Shanghai", calendar=Calendar(CHINA, {}))
    start, end = (datetime(2026, *at, tzinfo=clock.zone) for at in ((9, 28), (10, 12)))
    assert clock.elapsed(start, end) == timedelta(hours=6 * 8)
    evening = datetime(2026, 9, 30, 17, tzinfo=clock.zone)
    assert clock.deadline(evening, timedelta(hours=2)) == datetime(
        2026, 10, 8, 10, tzinfo=clock.zone
    )


def test_hours_that_do_not_follow_the_calendar_work_on_holidays() -> None:
    rules = HoursRules(week=OFFICE_WEEK, timezone="Europe/Berlin", follows_calendar=False)
    clock = rules.clock(tenant_timezone="Asia/Shanghai", calendar=Calendar(CHINA, {}))
    assert clock.zone.key == "Europe/Berlin"
    assert clock.is_open(datetime(2026, 10, 1, 9, tzinfo=clock.zone))


def test_another_service_measures_with_a_copy_of_the_event() -> None:
    table = Table("hours", MetaData(), *replica_columns())
    copy = Copy(WorkingHoursState, table)
    hours = some_hours(
        timezone="Europe/Berlin",
        own_days=(OwnWorkingDay(DAY, (Shift("22:00", "06:00"),), "盘点"),),
        make_up_weekday=Weekday.FRIDAY,
        department_ids=(TEAM,),
    )
    event = WorkingHoursChanged(working_hours=hours.state())
    copied = copy.read("changed", event.model_dump(mode="json"))
    assert copied == hours.state()
    rules = HoursRules(
        timezone=copied.timezone,
        week=copied.week,
        own_days=copied.own_days,
        follows_calendar=copied.follows_calendar,
        make_up_weekday=copied.make_up_weekday,
    )
    clocks = [
        one.clock(tenant_timezone="Asia/Shanghai", calendar=Calendar(CHINA, {}))
        for one in (rules, hours)
    ]
    start = datetime(2026, 12, 30, 12, tzinfo=UTC)
    deadlines = {clock.deadline(start, timedelta(hours=20)) for clock in clocks}
    assert len(deadlines) == 1
    assert copy.read("deleted", event.model_dump(mode="json")).deleted
