"""Business days: dates in the tenant's time zone, `YYYY-MM-DD` in JSON."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DATE_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _ensure_iso_date(value: object) -> object:
    is_iso_text = isinstance(value, str) and _DATE_SHAPE.fullmatch(value)
    if is_iso_text or type(value) is date:
        return value
    raise PydanticCustomError("date_parsing", "Input should be a day such as 2026-11-22")


# A plain pydantic date also accepts seconds since 1970 and instants at midnight.
BusinessDate = Annotated[date, BeforeValidator(_ensure_iso_date)]


def parse_business_date(value: object) -> date:
    """Read a business day from `YYYY-MM-DD`. Raises ValueError for anything else."""
    if not isinstance(value, str) or _DATE_SHAPE.fullmatch(value) is None:
        raise ValueError(f"{value!r} is not a day such as 2026-11-22")
    return date.fromisoformat(value)
