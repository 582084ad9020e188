"""The one clock. Routes take `Now`; everything below them takes `now: datetime`."""

from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def business_date(instant: datetime, timezone: str) -> date:
    """The calendar day of an instant in an IANA time zone (a tenant's business day)."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def start_of_day(day: date, timezone: str) -> datetime:
    """The instant, in UTC, at which a calendar day begins in an IANA time zone.

    That is midnight; where the clocks skip it, the instant at which they do.
    """
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


Now = Annotated[datetime, Depends(now)]
