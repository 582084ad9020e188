"""Durations in hours, minutes and seconds: `PT36H30M` in JSON (ISO 8601).

They have no days: a day of working time is no fixed number of hours.
"""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

_SHAPE = re.compile(r"PT(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9})S)?")


def parse_duration(text: object) -> timedelta:
    """Read a duration such as `PT4H` or `PT1H30M`. Raises ValueError for anything else."""
    found = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is not a duration such as PT1H30M")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def duration_text(duration: timedelta) -> str:
    """Write a duration of at least zero in whole seconds, the rest cut off: `PT36H30M`, `PT0S`."""
    minutes, seconds = divmod(duration // timedelta(seconds=1), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")


def _validated(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    try:
        return parse_duration(value)
    except ValueError:
        raise PydanticCustomError("DURATION_INVALID", "Input should be like PT1H30M") from None


ClockDuration = Annotated[
    timedelta,
    BeforeValidator(_validated, json_schema_input_type=str),
    PlainSerializer(duration_text, return_type=str),
    Field(examples=["PT8H"], json_schema_extra={"format": "duration"}),
]
