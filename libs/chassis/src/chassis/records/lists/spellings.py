"""Spellings of filtered texts: each is turned into what the writers of the column store."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from sqlalchemy import Column, ColumnElement, Table, or_

from chassis.database.columns import NAME_KEY_OF
from chassis.database.rows import is_one_of
from chassis.foundation.strict_json import normalized_text
from chassis.records.search.prefixes import begins_with
from kernel.names import comparable_name
from kernel.texts import TrimmedText


def _as_stored(value: object) -> object:
    return normalized_text(value) if isinstance(value, str) else value


FilterText = Annotated[
    str,
    BeforeValidator(_as_stored),
    TrimmedText(min_length=1),
    Field(max_length=200),
]
FilterPrefix = Annotated[
    str,
    BeforeValidator(_as_stored),
    Field(min_length=1, max_length=200),
    AfterValidator(str.lstrip),
]
# Turns a text into the texts, of which a column that means the same holds one.
Spellings = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class CodeFilter:
    """A filter by a column of codes, whose case and width do not matter.

    `spellings` are what the column can hold for a code; whole codes are looked for in the column
    `key`, if there is one for comparing them.
    """

    name: str
    spellings: Spellings
    key: str | None = None


def upper_case(code: str) -> Sequence[str]:
    """Of a column whose writers store codes in upper case: countries, currencies, numbers."""
    return (unicodedata.normalize("NFKC", code).upper(),)


def lower_case(code: str) -> Sequence[str]:
    """Of a column whose writers store codes in lower case, such as user names."""
    return (unicodedata.normalize("NFKC", code).lower(),)


def any_case(code: str) -> Sequence[str]:
    """Of a column whose writers store codes as they are given: as it is, in upper or lower case."""
    plain = unicodedata.normalize("NFKC", code)
    return tuple(dict.fromkeys([code, plain, plain.upper(), plain.lower()]))


def _name_key(name: str) -> Sequence[str]:
    return (comparable_name(name),)


def compared_by_name(table: Table, field: str) -> CodeFilter | None:
    """Return the filter by the comparable form of a name; None if the table has no such column."""
    keys = [str(column.name) for column in table.c if column.info.get(NAME_KEY_OF) == field]
    return CodeFilter(field, _name_key, keys[0]) if keys else None


def spelled_condition(
    column: Column[str], texts: Sequence[str], spellings: Spellings
) -> ColumnElement[bool]:
    """Return the condition that a column holds a spelling of one of these texts."""
    stored = sorted({spelling for text in texts for spelling in spellings(text)})
    return column == stored[0] if len(stored) == 1 else is_one_of(column, stored)


def spelled_prefix(column: Column[str], start: str, spellings: Spellings) -> ColumnElement[bool]:
    """Return the condition that a column begins with a spelling of this text."""
    return or_(*(begins_with(column, stored) for stored in spellings(start)))
