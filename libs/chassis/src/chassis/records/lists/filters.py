"""Filters of a list: the query parameters of each field, and the SQL condition of each."""

import operator
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum as PythonEnum
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Strict,
    StrictBool,
)
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

from chassis.database.encryption.columns import DIGEST_OF
from chassis.records.codes import QueryInstant
from chassis.records.contact_points import normalize_email, phone_prefix, tenant_country
from chassis.records.lists import phone_filters
from chassis.records.lists.columns import (
    NO_AMOUNT,
    comparable_column,
    field_column,
    null_stand_in,
    spelling_of,
)
from chassis.records.lists.spellings import (
    CodeFilter,
    FilterPrefix,
    FilterText,
    compared_by_name,
    spelled_condition,
    spelled_prefix,
)
from chassis.records.search.prefixes import begins_with
from kernel.business_dates import CalendarDate
from kernel.decimals import DecimalString

MAX_FILTER_VALUES = 100  # in one `__in` filter
MAX_FILTER_IDS = 200  # in `id__in`: as many as a page has rows
ID_IN = "id__in"
EQUAL, IN, NULL, PREFIX = "", "in", "isnull", "startswith"
RANGE = ("gte", "lte", "gt", "lt")
_COMPARE: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    EQUAL: operator.eq,
    "gte": operator.ge,
    "lte": operator.le,
    "gt": operator.gt,
    "lt": operator.lt,
}


def split_commas(value: object) -> object:
    """Split values at commas: `x__in=a,b` means the same as `x__in=a&x__in=b`."""
    if isinstance(value, list):
        return [part for item in value for part in str(item).split(",")]
    return value


# The whole address; other spellings are stored in this one.
FilterEmail = Annotated[FilterText, AfterValidator(normalize_email)]
PHONE, EMAIL = "phone", "email"  # the kinds of personal data whose columns hold a normal form
FilterInt32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]
FilterInt64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter that is not a column of the list's table.

    `where` turns the parameter's value into a condition, on other tables or derived values:
    `Filter(name="product_id", kind=UUID, where=lambda value: exists(...))`.
    """

    name: str
    kind: Any
    where: Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True)
class EnumFilter:
    """A filter by a column of text that holds the values of an enum."""

    name: str
    values: type[PythonEnum]


@dataclass(frozen=True, kw_only=True)
class FilterParameter:
    """One query parameter of a list, and the condition that it sets.

    In the body of a search its value has the type `body_annotation`.
    """

    name: str
    annotation: Any
    description: str
    where: Callable[[Any], ColumnElement[bool]]
    column: Column[Any] | None = None
    operation: str = EQUAL
    body_annotation: Any = None


DeclaredFilter = str | EnumFilter | CodeFilter | Filter


def filtered_column(field: DeclaredFilter) -> str | None:
    """Return the name of the column by which a filter selects; None if it is no column."""
    if isinstance(field, Filter):
        return None
    return field if isinstance(field, str) else field.name


def filter_parameters(table: Table, field: DeclaredFilter) -> list[FilterParameter]:
    """Return the parameters of one declared filter: `due_date`, `due_date__gte`, ..."""
    if isinstance(field, EnumFilter):
        column = table.c[field.name]
        return [_parameter(field.name, column, field.values, each) for each in (EQUAL, IN)]
    if isinstance(field, Filter):
        return [
            FilterParameter(
                name=field.name,
                annotation=field.kind,
                description="",
                where=field.where,
                body_annotation=_in_json(field.kind),
            )
        ]
    code = field if isinstance(field, CodeFilter) else compared_by_name(table, field)
    name = field.name if isinstance(field, CodeFilter) else field
    column = comparable_column(table, name)
    kind, operations = _type_and_operations(column)
    if field_column(table, name).nullable:
        operations = (*operations, NULL)
    return [_coded(_parameter(name, column, kind, one), table, code) for one in operations]


def _coded(parameter: FilterParameter, table: Table, code: CodeFilter | None) -> FilterParameter:
    """Return the parameter of a filter by codes or comparable names, in any of their spellings."""
    operation, column = parameter.operation, parameter.column
    if code is None or column is None or operation not in (EQUAL, IN, PREFIX):
        return parameter
    spellings = code.spellings
    if operation == PREFIX:
        if code.key is not None:  # it is for whole texts
            return parameter
        return replace(parameter, where=lambda start: spelled_prefix(column, start, spellings))
    compared = column if code.key is None else table.c[code.key]

    def where(value: Any) -> ColumnElement[bool]:
        texts = [value] if operation == EQUAL else value
        return spelled_condition(compared, texts, spellings)

    return replace(parameter, where=where)


def _in_json(kind: Any) -> Any:
    """Return the type of a value in a body, where counts and truth values are no texts."""
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return Annotated[kind, Strict()] if plain in (bool, int) else kind


def id_parameter(table: Table) -> FilterParameter:
    """Return the parameter `id__in`, which every list has."""
    return _parameter("id", table.c.id, UUID, IN, maximum=MAX_FILTER_IDS)


def _type_and_operations(column: Column[Any]) -> tuple[Any, tuple[str, ...]]:
    """Return the Python type of a column's values, and the operations it can be filtered by."""
    kind = column.type
    if isinstance(kind, Enum):
        return _enum_class(kind), (EQUAL, IN)
    by_text = (EQUAL, IN) if DIGEST_OF in column.info else (EQUAL, IN, PREFIX)
    if spelling_of(column) == EMAIL:
        return FilterEmail, by_text
    for family, python, operations in _FAMILIES:
        if isinstance(kind, family):
            return python, operations
    return FilterText, by_text


_FAMILIES: tuple[tuple[Any, Any, tuple[str, ...]], ...] = (
    (Uuid, UUID, (EQUAL, IN)),
    (Boolean, bool, (EQUAL,)),
    (Date, CalendarDate, (EQUAL, *RANGE)),
    (DateTime, QueryInstant, RANGE),
    (Double, DecimalString, (EQUAL, *RANGE)),
    (BigInteger, FilterInt64, (EQUAL, IN, *RANGE)),
    (Integer, FilterInt32, (EQUAL, IN, *RANGE)),
)


def _enum_class(kind: Enum) -> type[PythonEnum]:
    enum_class: type[PythonEnum] | None = kind.enum_class
    assert enum_class is not None, "an enum column names its Python enum"
    return enum_class


def _parameter(
    name: str,
    column: Column[Any],
    kind: Any,
    operation: str,
    *,
    maximum: int = MAX_FILTER_VALUES,
) -> FilterParameter:
    strict: Any = _in_json(kind)
    annotation, in_body, description = kind, strict, ""
    if operation == IN:
        in_body = Annotated[list[strict], Field(max_length=maximum)]
        annotation = Annotated[list[kind], BeforeValidator(split_commas), Field(max_length=maximum)]
        description = "Any of these values, separated by commas"
    elif operation == NULL:
        annotation, in_body = bool, StrictBool
        description = "true: the field is empty; false: it is not"
    elif operation == PREFIX:
        annotation, in_body = FilterPrefix, FilterPrefix
        description = "The text begins with this value"
    parameter = f"{name}__{operation}" if operation else name
    if spelling_of(column) == PHONE and operation in (EQUAL, IN):
        description = ": ".join(filter(None, (description, phone_filters.DESCRIPTION)))
    return FilterParameter(
        name=parameter,
        annotation=annotation,
        description=description,
        where=lambda value: _condition(parameter, column, operation, value),
        column=column,
        operation=operation,
        body_annotation=in_body,
    )


def _condition(
    parameter: str, column: Column[Any], operation: str, value: Any
) -> ColumnElement[bool]:
    """Return the condition for a value in any spelling of what the column stores."""
    kind = spelling_of(column)
    if kind == PHONE and operation in (EQUAL, IN):
        spellings = [value] if operation == EQUAL else value
        return phone_filters.phone_condition(parameter, column, spellings)
    if operation == PREFIX and kind == EMAIL:
        value = unicodedata.normalize("NFKC", value).lower()
    if operation == PREFIX and kind == PHONE:
        value = phone_prefix(value, tenant_country())
    return filter_condition(column, operation, value)


def filter_condition(column: Column[Any], operation: str, value: Any) -> ColumnElement[bool]:
    """Return the condition of a filter; it uses only operators that are leakproof."""
    stand_in = null_stand_in(column)
    if operation == NULL:
        return _is_empty(column, stand_in) if value else ~_is_empty(column, stand_in)
    if operation == IN:
        return column.in_(value)
    if operation == PREFIX:
        return begins_with(column, value)
    if isinstance(value, Decimal):
        value = float(value)
    compared = _COMPARE[operation](column, value)
    if stand_in is None or operation == EQUAL:
        return compared
    # A range instead of `!=`, so that the index skips the rows that have no value.
    not_empty = column > stand_in if stand_in in (NO_AMOUNT, "") else column < stand_in
    return and_(compared, not_empty)


def _is_empty(column: Column[Any], stand_in: Any) -> ColumnElement[bool]:
    return column.is_(None) if stand_in is None else column == stand_in
