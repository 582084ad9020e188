"""Counts of a list's rows by the values of one field: the tabs above a list."""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum as PythonEnum
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Boolean, Column, Enum, Select, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.lists.columns import field_column
from chassis.records.lists.counted_groups import groups_without
from chassis.records.lists.filters import DeclaredFilter, EnumFilter, filtered_column
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.list_search import ListSearch
from chassis.web.reference_names import names_by_id
from chassis.web.references import references_of

MAX_COUNTED_VALUES = 100  # of a field whose values are not declared; the most frequent ones


class ValueCount(BaseModel):
    """How many rows of a list have one value of the field `count_by`."""

    value: str | bool | None = Field(description="null: the rows whose field is empty")
    name: str | None = Field(
        default=None, description="Of the record whose id the value is, such as an owner"
    )
    count: int


def countable_fields(table: Table, filters: Sequence[DeclaredFilter]) -> list[str]:
    """Return the declared fields by which a list can be counted.

    These are enums, booleans, ids and texts; not texts that hold personal data.
    """
    names = [filtered_column(each) for each in filters]
    columns = [(name, field_column(table, name)) for name in names if name is not None]
    return [name for name, column in columns if _is_countable(column)]


def declared_values(table: Table, filters: Sequence[DeclaredFilter]) -> dict[str, list[Any]]:
    """Return the values of the countable fields that have declared ones, in their order."""
    values = {name: _declared_values(table.c[name]) for name in countable_fields(table, filters)}
    values |= {each.name: list(each.values) for each in filters if isinstance(each, EnumFilter)}
    return {name: declared for name, declared in values.items() if declared}


def _is_countable(column: Column[Any]) -> bool:
    return isinstance(column.type, Enum | Boolean | Uuid | Text) and "personal" not in column.info


async def count_values(
    tx: AsyncConnection,
    search: ListSearch,
    field: str,
    declared: Sequence[Any] = (),
    *,
    shows: type[BaseModel],
) -> list[ValueCount]:
    """Return the counts by value: declared values in their order, even 0; others by frequency.

    The model that the list `shows` says of which records the values are ids.
    """
    column = search.table.c[field]
    counted = (await tx.execute(_counts_query(search, column, limited=not declared))).all()
    found = {value: number for value, number in counted}
    values = [*declared, *(value for value in found if value not in declared)]
    names = await _names(tx, shows, field, [value for value in found if value is not None])
    return [
        ValueCount(value=_shown(value), name=names.get(str(value)), count=found.get(value, 0))
        for value in values
    ]


async def _names(
    tx: AsyncConnection, shows: type[BaseModel], field: str, values: Sequence[Any]
) -> dict[str, str]:
    reference = next((one for one in references_of(shows) if one.field == field), None)
    return {} if reference is None else await names_by_id(tx, reference, values)


def without_field(query: ListQuery, field: str) -> ListQuery:
    """Return the query without its filters on a field: a tab shows its count in every other tab.

    Raises Invalid (COUNTED_IN_ALTERNATIVES).
    """
    values = {
        name: value for name, value in query.values.items() if name.partition("__")[0] != field
    }
    return replace(query, values=values, groups=groups_without(query.groups, field))


def _counts_query(search: ListSearch, column: Column[Any], *, limited: bool) -> Select[Any]:
    number = func.count().label("number")
    query = select(column, number).where(*search.all_conditions).group_by(column)
    query = query.order_by(number.desc(), column)
    return query.limit(MAX_COUNTED_VALUES) if limited else query


def _declared_values(column: Column[Any]) -> list[Any]:
    if isinstance(column.type, Enum):
        return list(column.type.enum_class or ())
    return [True, False] if isinstance(column.type, Boolean) else []


def _shown(value: Any) -> str | bool | None:
    if value is None or isinstance(value, bool):
        return value
    return str(value.value if isinstance(value, PythonEnum) else value)
