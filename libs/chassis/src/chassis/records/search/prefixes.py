"""Prefixes as ranges: under row-level security no LIKE uses an index."""

from typing import Any

from sqlalchemy import Column, ColumnElement, and_


def begins_with(column: Column[Any], start: str) -> ColumnElement[bool]:
    """A prefix as a range of code points, the order of our databases (C.UTF-8)."""
    above = _after(start)
    return column >= start if above is None else and_(column >= start, column < above)


def _after(start: str) -> str | None:
    """The least text above all that begin so; None where nothing is above."""
    kept = start.rstrip("\U0010ffff")
    if not kept:
        return None
    point = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if 0xD800 <= point <= 0xDFFF else point)
