"""Prefix conditions as ranges, because under row-level security LIKE cannot use an index."""

from typing import Any

from sqlalchemy import Column, ColumnElement, and_


def begins_with(column: Column[Any], start: str) -> ColumnElement[bool]:
    """Return the condition that a text begins with a prefix, as a range of code points.

    The databases sort by code point; others are refused (`chassis.database.collation`).
    """
    end = _end_of_range(start)
    return column >= start if end is None else and_(column >= start, column < end)


def _end_of_range(start: str) -> str | None:
    """Return the least text above all texts with this prefix; None if there is none."""
    stem = start.rstrip("\U0010ffff")
    if not stem:
        return None
    code_point = ord(stem[-1]) + 1
    is_surrogate = 0xD800 <= code_point <= 0xDFFF
    return stem[:-1] + chr(0xE000 if is_surrogate else code_point)
