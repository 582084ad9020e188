"""The one clock. Routes take `Now`; everything below them takes `now: datetime`."""

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def business_date(instant: datetime, timezone: str) -> date:
    """The calendar day of an instant in an IANA time zone (a tenant's business day)."""
    return instant.astimezone(ZoneInfo(timezone)).date()


Now = Annotated[datetime, Depends(now)]
