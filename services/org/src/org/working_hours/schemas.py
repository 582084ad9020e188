"""Request and response bodies of working hours."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    TypeAdapter,
)

from chassis.records.answers import RecordOut
from chassis.web.references import RefersTo
from kernel.business_dates import BusinessDate
from kernel.durations import ClockDuration
from kernel.texts import TrimmedText
from kernel.working_clock import DayReason
from kernel.working_rules import HoursSource
from kernel.working_week import (
    CLOCK_END_PATTERN,
    CLOCK_TIME_PATTERN,
    OwnWorkingDay,
    Shift,
    Weekday,
    WorkingWeek,
)

MAX_SHIFTS, MAX_BREAKS, MAX_OWN_DAYS = 10, 10, 1000
ClockTime = Annotated[
    str,
    StringConstraints(pattern=CLOCK_TIME_PATTERN),
    Field(description="Local time", examples=["09:00"]),
]
ClockEnd = Annotated[
    str,
    StringConstraints(pattern=CLOCK_END_PATTERN),
    Field(
        description="Local time; `24:00` is the end of the day, and an earlier time than the start"
        " is on the next day",
        examples=["18:00"],
    ),
]
HoursName = Annotated[
    str,
    TrimmedText(min_length=1, max_length=100),
    Field(examples=["客服两班"]),
]
OwnDayName = Annotated[str, TrimmedText(min_length=1, max_length=100)]
Month = Annotated[
    str,
    StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$"),
    Field(description="A month of the years 2000 to 2099", examples=["2026-10"]),
]


class ShiftBreakIn(BaseModel):
    """A break in a shift."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    start: ClockTime
    end: ClockEnd


class ShiftIn(BaseModel):
    """A shift. A break is a gap between two shifts, or stands inside one: both are no working time.

    A shift that ends before it starts ends on the next day.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    start: ClockTime
    end: ClockEnd
    breaks: Annotated[list[ShiftBreakIn], Field(max_length=MAX_BREAKS)] = []


Shifts = Annotated[list[ShiftIn], Field(max_length=MAX_SHIFTS)]


class WorkingWeekIn(BaseModel):
    """The shifts of every weekday; a weekday without shifts is free."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    monday: Shifts = []
    tuesday: Shifts = []
    wednesday: Shifts = []
    thursday: Shifts = []
    friday: Shifts = []
    saturday: Shifts = []
    sunday: Shifts = []


class OwnWorkingDayIn(BaseModel):
    """A date with shifts of its own, whatever its weekday and the holidays say."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    date: BusinessDate
    shifts: Shifts = Field(default=[], description="Empty: closed on this date")
    name: OwnDayName | None = Field(None, examples=["公司年会"])


class WorkingHoursIn(BaseModel):
    """New working hours, or the fields that can be edited."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "客服两班",
                    "timezone": None,
                    "week": {
                        "monday": [
                            {"start": "09:00", "end": "12:00"},
                            {"start": "13:30", "end": "18:00"},
                        ],
                        "friday": [
                            {
                                "start": "22:00",
                                "end": "06:00",
                                "breaks": [{"start": "02:00", "end": "02:30"}],
                            }
                        ],
                    },
                    "own_days": [{"date": "2026-12-31", "shifts": [], "name": "公司年会"}],
                }
            ]
        },
    )
    name: HoursName
    timezone: str | None = Field(
        None,
        max_length=100,
        description="IANA name; absent: the tenant's time zone",
        examples=["Europe/Berlin"],
    )
    week: WorkingWeekIn
    own_days: Annotated[list[OwnWorkingDayIn], Field(max_length=MAX_OWN_DAYS)] = Field(
        default=[], description="Dates that do not follow the week; each date once"
    )
    follows_calendar: StrictBool = Field(
        default=True,
        description="Whether the tenant's holidays are free and make-up workdays are worked",
    )
    make_up_weekday: Weekday = Field(
        Weekday.MONDAY, description="The weekday whose shifts a make-up workday has"
    )
    custom_fields: dict[str, Any] = {}


_WEEK, _OWN_DAYS = TypeAdapter(WorkingWeek), TypeAdapter(tuple[OwnWorkingDay, ...])


def hours_values(body: WorkingHoursIn) -> Mapping[str, Any]:
    """Return the fields of working hours that a body describes."""
    return {
        "name": body.name,
        "timezone": body.timezone,
        "week": _WEEK.validate_python(body.week.model_dump()),
        "own_days": _OWN_DAYS.validate_python([one.model_dump() for one in body.own_days]),
        "follows_calendar": body.follows_calendar,
        "make_up_weekday": body.make_up_weekday,
        "custom_fields": body.custom_fields,
    }


def _by_date(days: list[OwnWorkingDay]) -> list[OwnWorkingDay]:
    return sorted(days, key=lambda own: own.date)


OwnDaysByDate = Annotated[list[OwnWorkingDay], AfterValidator(_by_date)]


class WorkingHoursOut(RecordOut):
    """Working hours of the tenant."""

    name: str
    timezone: str | None = Field(description="null: the tenant's time zone")
    week: WorkingWeek
    own_days: OwnDaysByDate
    follows_calendar: bool
    make_up_weekday: Weekday
    is_default: bool = Field(description="Whether departments without others have these hours")
    department_ids: Annotated[list[UUID], RefersTo("org.department")] = Field(
        description="The departments that they are assigned to"
    )
    department_names: list[str | None] = Field(default=[])


class AssignmentIn(BaseModel):
    """The department to assign working hours to, or to take them from."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"department_id": "019ab000-0000-7000-8000-000000000201"}]},
    )
    department_id: UUID


class EffectiveHoursOut(BaseModel):
    """The working hours that apply to a department, and where they come from."""

    source: HoursSource = Field(
        description="DEPARTMENT and ANCESTOR: assigned to the department or to the nearest one"
        " above; TENANT_DEFAULT; BUILT_IN: Monday to Friday, 09:00 to 18:00, with a break from"
        " 12:00 to 13:00"
    )
    department_id: UUID | None = Field(description="The department that they are assigned to")
    department_name: str | None
    working_hours_id: UUID | None = Field(description="null for the built-in hours")
    name: str | None
    timezone: str = Field(description="The time zone of the clock times, the tenant's included")
    week: WorkingWeek
    own_days: OwnDaysByDate
    follows_calendar: bool
    make_up_weekday: Weekday


class WorkingTimeOut(BaseModel):
    """The working time between two instants."""

    working_time: ClockDuration
    seconds: int = Field(description="The same in seconds")
    timezone: str


class DeadlineOut(BaseModel):
    """The instant at which a working duration has passed."""

    deadline_at: datetime
    timezone: str


class OpenStateOut(BaseModel):
    """Whether an instant is in working time, and when that next changes."""

    at: datetime
    is_open: bool
    next_opening_at: datetime | None = Field(description="null: not within ten years")
    next_closing_at: datetime | None = Field(description="null: not within ten years")
    timezone: str


class IntervalOut(BaseModel):
    """Working time without interruption; its end does not belong to it."""

    model_config = ConfigDict(from_attributes=True)
    start_at: datetime = Field(validation_alias="start")
    end_at: datetime = Field(validation_alias="end")


class ScheduledDayOut(BaseModel):
    """A date with its shifts, why it has them, and the working time of these shifts."""

    date: date
    reason: DayReason
    name: str | None = Field(
        description="The name of the own day or holiday, in the caller's language"
    )
    shifts: list[Shift]
    intervals: list[IntervalOut] = Field(
        description="A night shift belongs to the date on which it starts"
    )
    working_time: ClockDuration


class MonthOut(BaseModel):
    """The dates of a month with their working time."""

    month: Month
    timezone: str
    working_time: ClockDuration
    days: list[ScheduledDayOut]
    official_until: date = Field(
        description="Make-up workdays are announced up to this day; later days are estimates"
    )
