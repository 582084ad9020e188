"""Sorts of a list: `-created_at,name`, each declared, each with an index."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Enum, Table

from chassis.records.lists.columns import comparable_column
from chassis.web.pages import ASC, DESC, SortDirection

MAX_SORT_FIELDS = 2
SortOrder = list[tuple[Column[Any], SortDirection]]


def parse_sort(sort: str) -> list[tuple[str, SortDirection]]:
    """`-created_at,name` as names with their ways."""
    return [
        (one.removeprefix("-"), DESC if one.startswith("-") else ASC) for one in sort.split(",")
    ]


def sort_columns(table: Table, sort: str) -> SortOrder:
    """The columns of a sort, without the tie-break."""
    return [(comparable_column(table, name), way) for name, way in parse_sort(sort)]


def _turned(sort: str) -> str:
    return ",".join(name if way is DESC else f"-{name}" for name, way in parse_sort(sort))


def _is_coarse(column: Column[Any]) -> bool:
    """So few values that rows within one cannot be sorted at the moment of asking."""
    return isinstance(column.type, Enum | Boolean)


def is_sort_allowed(table: Table, declared: Sequence[str], sort: str) -> bool:
    """Whether the list may be sorted so.

    A declared combination as it stands or turned round; else one or two declared fields of which
    the first tells rows apart well enough (an enum needs a declared combination: `stage,-id`).
    """
    if sort in declared or _turned(sort) in declared:
        return True
    names = [name for name, _ in parse_sort(sort)]
    if len(names) > MAX_SORT_FIELDS or len(set(names)) < len(names):
        return False
    if not all(name in declared for name in names):
        return False
    return len(names) == 1 or not _is_coarse(comparable_column(table, names[0]))
