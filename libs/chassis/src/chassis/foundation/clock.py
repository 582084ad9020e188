"""The only clock. Routes depend on `Now`; functions below them take `now: datetime`."""

from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends


def now() -> datetime:
    """Return the present instant, timezone-aware, in UTC."""
    return datetime.now(UTC)


def business_date(instant: datetime, timezone: str) -> date:
    """Return the calendar day of an instant in an IANA time zone, such as a tenant's."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def start_of_day(day: date, timezone: str) -> datetime:
    """Return the instant, in UTC, at which a calendar day begins in an IANA time zone.

    That is midnight, or the instant of the change where daylight saving time skips midnight.
    """
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


async def request_time() -> datetime:
    """Return the present instant; the dependency of `Now`, which a test replaces by its own."""
    return now()


Now = Annotated[datetime, Depends(request_time)]
