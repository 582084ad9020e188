"""Business days: dates in the tenant's time zone, `YYYY-MM-DD` in JSON."""

import re
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

# The days that a record of a business can name. An open end is null, and no far day.
FIRST_DAY: Final = date(1900, 1, 1)
FINAL_DAY: Final = date(2199, 12, 31)

_DATE_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _ensure_iso_date(value: object) -> object:
    is_iso_text = isinstance(value, str) and _DATE_SHAPE.fullmatch(value)
    if is_iso_text or type(value) is date:
        return value
    raise PydanticCustomError("date_parsing", "Input should be a day such as 2026-11-22")


def ensure_business_day(day: date) -> date:
    """Return a day that a record can name. Raises PydanticCustomError (DAY_OUT_OF_RANGE)."""
    if FIRST_DAY <= day <= FINAL_DAY:
        return day
    raise PydanticCustomError(
        "DAY_OUT_OF_RANGE",
        "Input should be a day from {first} to {last}",
        {"first": FIRST_DAY.isoformat(), "last": FINAL_DAY.isoformat()},
    )


# Any day, for the conditions of a list. A plain pydantic date also accepts seconds since 1970 and
# instants at midnight.
CalendarDate = Annotated[date, BeforeValidator(_ensure_iso_date)]
# A day of a record.
BusinessDate = Annotated[CalendarDate, AfterValidator(ensure_business_day)]


def parse_business_date(value: object) -> date:
    """Read a business day from `YYYY-MM-DD`. Raises ValueError for anything else."""
    if not isinstance(value, str) or _DATE_SHAPE.fullmatch(value) is None:
        raise ValueError(f"{value!r} is not a day such as 2026-11-22")
    return ensure_business_day(date.fromisoformat(value))
