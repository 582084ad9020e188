"""The days that a tenant, or a department, declares worked or free."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.org.events import CalendarDayState

MAX_WORKING_DAYS = 1000  # the most that can be added to a day at once


@dataclass(frozen=True, kw_only=True)
class CalendarOverride:
    """A day that is declared worked or free, whatever the official calendar says.

    It holds for a department and those below it, or without one for the whole tenant.
    """

    id: UUID
    date: date
    department_id: UUID | None = None
    working: bool
    name: str
    updated_at: datetime
    version: int = 1

    def state(self) -> CalendarDayState:
        """Return the whole state as events carry it."""
        return CalendarDayState.of(self, calendar_day_id=self.id)
