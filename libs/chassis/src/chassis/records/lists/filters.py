"""Filters of a list: which parameters a field gives, and which rows each one keeps."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum as PythonEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Enum,
    Integer,
    Table,
    Uuid,
    and_,
)

from chassis.records.lists.columns import NO_AMOUNT, comparable_column, null_stand_in
from chassis.records.search.prefixes import begins_with
from kernel.business_dates import BusinessDate
from kernel.decimals import DecimalString

MAX_FILTER_VALUES = 100  # of one `__in`
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")
EQUAL, IN, NULL, PREFIX = "", "in", "isnull", "startswith"
RANGE = ("gte", "lte", "gt", "lt")
_COMPARE: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    EQUAL: operator.eq,
    "gte": operator.ge,
    "lte": operator.le,
    "gt": operator.gt,
    "lt": operator.lt,
}


def _written_out(value: object) -> object:
    """Alone, pydantic also takes seconds since 1970; in a query a `+` arrives as a blank."""
    if isinstance(value, str) and _INSTANT.fullmatch(
        mended := re.sub(r" (?=\d\d:\d\d$)", "+", value)
    ):
        return mended
    raise PydanticCustomError("datetime_parsing", "Should be an instant of RFC 3339")


def _parts(value: object) -> object:
    """`a,b` and `a` twice mean the same."""
    if isinstance(value, list):
        return [part for one in value for part in str(one).split(",")]
    return value


FilterInstant = Annotated[AwareDatetime, BeforeValidator(_written_out)]
FilterText = Annotated[str, Field(min_length=1, max_length=200)]
FilterInt32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]
FilterInt64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter that is not simply a column of the list's table.

    `where` turns the value into a condition, for what lies in other tables or is derived:
    `Filter("product_id", kind=UUID, where=lambda value: exists(...))`.
    """

    name: str
    kind: Any
    where: Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True)
class FilterParameter:
    """One query parameter of a list, and the condition it stands for."""

    name: str
    annotation: Any
    told: str
    where: Callable[[Any], ColumnElement[bool]]
    column: Column[Any] | None = None
    operation: str = EQUAL


def filter_parameters(table: Table, declared: str | Filter) -> list[FilterParameter]:
    """The parameters of one declared filter: `due_date`, `due_date__gte`, ..."""
    if isinstance(declared, Filter):
        return [
            FilterParameter(
                name=declared.name, annotation=declared.kind, told="", where=declared.where
            )
        ]
    column, plain = comparable_column(table, declared), table.c[declared]
    kind, operations = _kind_of(column)
    if plain.nullable:
        operations = (*operations, NULL)
    return [_parameter(declared, column, kind, one) for one in operations]


def _kind_of(column: Column[Any]) -> tuple[Any, tuple[str, ...]]:
    """The Python type of a column's values, and what can be asked of it."""
    kind = column.type
    if isinstance(kind, Enum):
        return _members(kind), (EQUAL, IN)
    for family, python, operations in _FAMILIES:
        if isinstance(kind, family):
            return python, operations
    return FilterText, (EQUAL, IN, PREFIX)


_FAMILIES: tuple[tuple[Any, Any, tuple[str, ...]], ...] = (
    (Uuid, UUID, (EQUAL, IN)),
    (Boolean, bool, (EQUAL,)),
    (Date, BusinessDate, (EQUAL, *RANGE)),
    (DateTime, FilterInstant, RANGE),
    (Double, DecimalString, (EQUAL, *RANGE)),
    (BigInteger, FilterInt64, (EQUAL, IN, *RANGE)),
    (Integer, FilterInt32, (EQUAL, IN, *RANGE)),
)


def _members(kind: Enum) -> type[PythonEnum]:
    members: type[PythonEnum] | None = kind.enum_class
    assert members is not None, "an enum column names its Python enum"
    return members


def _parameter(name: str, column: Column[Any], kind: Any, operation: str) -> FilterParameter:
    annotation, told = kind, ""
    if operation == IN:
        annotation = Annotated[
            list[kind], BeforeValidator(_parts), Field(max_length=MAX_FILTER_VALUES)
        ]
        told = "Any of these, with commas between them"
    elif operation == NULL:
        annotation, told = bool, "Whether it is empty"
    elif operation == PREFIX:
        told = "How it begins"
    return FilterParameter(
        name=f"{name}__{operation}" if operation else name,
        annotation=annotation,
        told=told,
        where=lambda value: filter_condition(column, operation, value),
        column=column,
        operation=operation,
    )


def filter_condition(column: Column[Any], operation: str, value: Any) -> ColumnElement[bool]:
    """The rows whose column stands in this relation to the value; only leakproof operators."""
    nothing = null_stand_in(column)
    if operation == NULL:
        return _is_empty(column, nothing) if value else ~_is_empty(column, nothing)
    if operation == IN:
        return column.in_(value)
    if operation == PREFIX:
        return begins_with(column, value)
    if isinstance(value, Decimal):
        value = float(value)
    compared = _COMPARE[operation](column, value)
    if nothing is None or operation == EQUAL:
        return compared
    there = column > nothing if nothing in (NO_AMOUNT, "") else column < nothing
    return and_(compared, there)  # a range, so that the index passes over what has none


def _is_empty(column: Column[Any], nothing: Any) -> ColumnElement[bool]:
    return column.is_(None) if nothing is None else column == nothing
