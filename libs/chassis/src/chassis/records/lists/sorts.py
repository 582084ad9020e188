"""Sorts of a list: `-created_at,name`, each declared, each with an index."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Enum, Table

from chassis.records.lists.columns import comparable
from chassis.web.pages import ASC, DESC, Direction

MOST_FIELDS = 2
Order = list[tuple[Column[Any], Direction]]


def split(sort: str) -> list[tuple[str, Direction]]:
    """`-created_at,name` as names with their ways."""
    return [
        (one.removeprefix("-"), DESC if one.startswith("-") else ASC) for one in sort.split(",")
    ]


def order_of(table: Table, sort: str) -> Order:
    """The columns of a sort, without the tie-break."""
    return [(comparable(table, name), way) for name, way in split(sort)]


def _turned(sort: str) -> str:
    return ",".join(name if way is DESC else f"-{name}" for name, way in split(sort))


def _is_coarse(column: Column[Any]) -> bool:
    """So few values that rows within one cannot be sorted at the moment of asking."""
    return isinstance(column.type, Enum | Boolean)


def allowed(table: Table, declared: Sequence[str], sort: str) -> bool:
    """Whether the list may be sorted so.

    A declared combination as it stands or turned round; else one or two declared fields of which
    the first tells rows apart well enough (an enum needs a declared combination: `stage,-id`).
    """
    if sort in declared or _turned(sort) in declared:
        return True
    names = [name for name, _ in split(sort)]
    if len(names) > MOST_FIELDS or len(set(names)) < len(names):
        return False
    if not all(name in declared for name in names):
        return False
    return len(names) == 1 or not _is_coarse(comparable(table, names[0]))
