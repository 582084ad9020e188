"""The one JSON type of a business day: `YYYY-MM-DD`, in the tenant's time zone."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_out(value: object) -> object:
    is_text = isinstance(value, str) and _DAY.fullmatch(value)
    if is_text or type(value) is date:
        return value
    raise PydanticCustomError("date_parsing", "Input should be a day such as 2026-11-22")


# Alone, pydantic's date also takes seconds since 1970 and midnights.
BusinessDate = Annotated[date, BeforeValidator(_written_out)]


def parse_day(value: object) -> date:
    """A day from such a text. Raises ValueError."""
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no day such as 2026-11-22")
    return date.fromisoformat(value)
