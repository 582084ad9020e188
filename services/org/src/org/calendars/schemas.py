"""Request and response bodies of the calendar."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from kernel.business_calendar import DayKind
from kernel.texts import TrimmedText

OverrideName = Annotated[str, TrimmedText(min_length=1, max_length=100)]


class CalendarOverrideIn(BaseModel):
    """Whether the tenant works on a day, and why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"working": False, "name": "公司周年庆"}]}
    )
    working: StrictBool
    name: OverrideName


class CalendarDayOut(BaseModel):
    """A day of the calendar."""

    model_config = ConfigDict(from_attributes=True)
    date: date
    working: bool
    kind: DayKind
    name: str | None = Field(
        description="The name of the holiday or of the tenant's own day, in the caller's language"
    )


class CalendarPeriodOut(BaseModel):
    """The days of a period in order, and how many of them are worked."""

    items: list[CalendarDayOut]
    working_days: int
    official_until: date = Field(
        description="Make-up workdays are announced up to this day; later days are estimates"
    )


class WorkingDayOut(BaseModel):
    """The requested working day."""

    date: date
