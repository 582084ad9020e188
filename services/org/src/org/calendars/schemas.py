from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from org.calendars.domain import DayKind

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class OwnDayIn(BaseModel):
    """What the tenant says of a day."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"working": False, "name": "公司周年庆"}]}
    )
    working: bool
    name: Name


class DayOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    date: date
    working: bool
    kind: DayKind
    name: str | None = Field(description="Of a holiday or an own day, in the caller's language")


class DaysOut(BaseModel):
    """The days of a period, in order."""

    items: list[DayOut]
    working_days: int
    official_until: date = Field(
        description="Make-up days are announced up to here; after it weekends and known holidays"
    )


class WorkingDayOut(BaseModel):
    """The day that was asked for."""

    date: date
