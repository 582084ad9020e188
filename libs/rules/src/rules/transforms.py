"""What a mapping does with a value on its way: pure functions with bounded input and output.

A value is a text, a number, true, false or a list of them. TRIM, LOWER, UPPER, VALUE_TABLE, DATE
and INSTANT change each element of a list, SPLIT makes a list of a text and JOIN a text of a list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Any, Final
from zoneinfo import ZoneInfo

from kernel.texts import strip_invisible
from rules.fact_values import WrongValue

MAX_PARTS: Final = 1_000
MAX_LENGTH: Final = 10_000  # characters of a text
MAX_DATE_LENGTH: Final = 100
LARGEST_NUMBER: Final = 10**40


class TransformKind(StrEnum):
    """What a step of a mapping does."""

    TRIM = "TRIM"  # removes what nobody sees at the ends
    LOWER = "LOWER"
    UPPER = "UPPER"
    SPLIT = "SPLIT"  # into the trimmed parts that are not empty, or the one at `index`, from 0
    JOIN = "JOIN"
    VALUE_TABLE = "VALUE_TABLE"
    DATE = "DATE"  # reads a day by its format
    INSTANT = "INSTANT"  # reads a time by its format, in `zone` unless the format has an offset


class Unlisted(StrEnum):
    """What becomes of a value that a value table does not list."""

    REFUSE = "REFUSE"
    KEEP = "KEEP"
    CLEAR = "CLEAR"


@dataclass(frozen=True, kw_only=True)
class Transform:
    """One step of a mapping; which members it needs depends on its kind."""

    kind: TransformKind
    separator: str = ""
    index: int | None = None
    table: Mapping[str, Any] = field(default_factory=dict)
    unlisted: Unlisted = Unlisted.REFUSE
    format: str = ""
    zone: str | None = None


def apply(transform: Transform, value: Any) -> Any:
    """Return what a transform makes of a value; None and empty values stay as they are.

    Raises WrongValue: TYPE_INVALID, TOO_LONG, MAPPING_LIST_UNEXPECTED, MAPPING_VALUE_UNLISTED,
    MAPPING_DATE_UNREADABLE.
    """
    if is_empty(value):
        return value
    if transform.kind is TransformKind.SPLIT:
        return _split(transform, value)
    if transform.kind is TransformKind.JOIN:
        parts = _bounded(value) if isinstance(value, list) else [value]
        return _short(transform.separator.join(map(text_of, parts)))
    change = _CHANGES[transform.kind]
    if isinstance(value, list):
        changed = [change(transform, each) for each in _bounded(value)]
        return [each for each in changed if not is_empty(each)]
    return change(transform, value)


def is_empty(value: Any) -> bool:
    """Whether a payload has no value here: null, an empty text, an empty list."""
    return value is None or value in ("", [])


def text_of(value: Any) -> str:
    """Return a value as a text; a number in plain digits. Raises WrongValue."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= LARGEST_NUMBER:
            raise WrongValue("NUMBER_TOO_LARGE")
        return str(value)
    if isinstance(value, float) and isfinite(value):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, str):
        return _short(value)
    raise WrongValue("TYPE_INVALID", expected="string")


def _split(transform: Transform, value: Any) -> Any:
    if isinstance(value, list):
        raise WrongValue("MAPPING_LIST_UNEXPECTED")
    stripped = map(strip_invisible, text_of(value).split(transform.separator))
    parts = _bounded([part for part in stripped if part])
    if transform.index is None:
        return parts
    return parts[transform.index] if transform.index < len(parts) else None


def _look_up(transform: Transform, value: Any) -> Any:
    given = text_of(value)
    if given in transform.table:
        return transform.table[given]
    if transform.unlisted is Unlisted.REFUSE:
        raise WrongValue("MAPPING_VALUE_UNLISTED", given=given[:200])
    return value if transform.unlisted is Unlisted.KEEP else None


def _date(transform: Transform, value: Any) -> str:
    return _read(value, transform.format).date().isoformat()


def _instant(transform: Transform, value: Any) -> str:
    read = _read(value, transform.format)
    if read.tzinfo is None:
        read = read.replace(tzinfo=ZoneInfo(transform.zone or "UTC"))
    try:
        return read.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise WrongValue("MAPPING_DATE_UNREADABLE", given=str(value)[:100]) from None


def _read(value: Any, format_: str) -> datetime:
    given = text_of(value)
    try:
        if len(given) <= MAX_DATE_LENGTH:
            return datetime.strptime(given, format_)  # noqa: DTZ007  # its caller adds the zone
    except ValueError:
        pass
    raise WrongValue("MAPPING_DATE_UNREADABLE", given=given[:100])


def _bounded(values: list[Any]) -> list[Any]:
    if len(values) > MAX_PARTS:
        raise WrongValue("TOO_LONG", maximum=MAX_PARTS)
    return values


def _short(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise WrongValue("TOO_LONG", maximum=MAX_LENGTH)
    return text


_CHANGES: Final[Mapping[TransformKind, Callable[[Transform, Any], Any]]] = {
    TransformKind.TRIM: lambda _, value: strip_invisible(text_of(value)),
    TransformKind.LOWER: lambda _, value: text_of(value).lower(),
    TransformKind.UPPER: lambda _, value: text_of(value).upper(),
    TransformKind.VALUE_TABLE: _look_up,
    TransformKind.DATE: _date,
    TransformKind.INSTANT: _instant,
}
