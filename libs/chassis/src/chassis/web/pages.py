"""Keyset pagination: rows written between two pages neither repeat nor hide another row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy import Column, ColumnElement, Select, UnaryExpression, and_, literal, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.signed_cursors import read_cursor, sign_cursor
from kernel.errors import Invalid, Violation

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
# These parameters choose the page or its shape, not the rows: a cursor stays valid if they change.
_NOT_FILTERS = frozenset(
    {"cursor", "limit", "fields", "expand", "include_total", "page", "count_by"}
)

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Send it as `cursor` to get the next page; null on the last page"
    )


class SortDirection(StrEnum):
    """Whether a column is sorted in ascending or descending order."""

    ASC = "ASC"
    DESC = "DESC"


ASC, DESC = SortDirection.ASC, SortDirection.DESC
Sort = Sequence[tuple[Column[Any], SortDirection]]


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """The page that a request asks for.

    `filters` identifies the list and its filters; cursors are signed with `key`.
    """

    limit: int
    cursor: str | None
    filters: str
    key: bytes


async def reject_unknown_parameters(request: Request) -> None:
    """Refuse undeclared and repeated query parameters, together with invalid values of others.

    A parameter that is not a list may not be repeated, because all its values but one would be
    ignored.

    Raises RequestValidationError (UNKNOWN_FIELD, PARAMETER_REPEATED).
    """
    declared = _declared_by(request.scope["route"])
    unknown = [
        name
        for name in dict.fromkeys(request.query_params)
        if name not in declared.names and not name.startswith(declared.open_prefixes)
    ]
    repeated = [
        name
        for name in dict.fromkeys(request.query_params)
        if name not in (*unknown, *declared.repeatable)
        and len(request.query_params.getlist(name)) > 1
    ]
    if unknown or repeated:
        _values, errors = request_params_to_args(declared.fields, request.query_params)
        errors = [*errors]
        errors += [{"type": "extra_forbidden", "loc": ("query", name)} for name in unknown]
        errors += [{"type": "PARAMETER_REPEATED", "loc": ("query", name)} for name in repeated]
        raise RequestValidationError(errors)


@dataclass(frozen=True)
class _DeclaredParameters:
    """The query parameters of a route, and which of them may be repeated.

    Filters by custom fields begin with an open prefix (`custom.colour`): the tenant declares them,
    and the list checks them.
    """

    fields: Sequence[Any]
    names: frozenset[str]
    repeatable: frozenset[str]
    open_prefixes: tuple[str, ...]


def _declared_by(route: Any) -> _DeclaredParameters:
    """Return the parameters of a route, which are read once: a list has about a hundred."""
    known: _DeclaredParameters | None = getattr(route, "declared_parameters", None)
    if known is not None:
        return known
    dependants = list(_with_dependencies(route.dependant))
    fields = [field for each in dependants for field in each.query_params]
    declared = _DeclaredParameters(
        fields=fields,
        names=frozenset(name for field in fields for name in _names(field)),
        repeatable=frozenset(name for field in fields for name in _repeatable_names(field)),
        open_prefixes=tuple(
            prefix for each in dependants for prefix in getattr(each.call, "open_prefixes", ())
        ),
    )
    route.declared_parameters = declared
    return declared


def _repeatable_names(field: Any) -> Iterator[str]:
    """Yield the names of a parameter, or of a model's parameters, that may be repeated."""
    annotation = field.field_info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        members = zip(_names(field), annotation.model_fields.values(), strict=True)
        yield from (name for name, info in members if _is_list(info.annotation))
    elif _is_list(annotation):
        yield from _names(field)


def _is_list(annotation: Any) -> bool:
    inner = get_args(annotation)
    return get_origin(annotation) in (list, tuple, Sequence) or any(map(_is_list, inner))


def _with_dependencies(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for dependency in dependant.dependencies:
        yield from _with_dependencies(dependency)


def _names(field: Any) -> list[str]:
    annotation = field.field_info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return [str(info.validation_alias or info.alias or name) for name, info in fields]
    return [field.validation_alias or field.alias]


async def _page_request(
    request: Request,
    _: Annotated[None, Depends(reject_unknown_parameters)],
    limit: Annotated[
        int, Query(ge=1, description=f"Rows per page; at most {MAX_LIMIT}, more is reduced to it")
    ] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None,
        Query(description="`next_cursor` of the previous page, with the same filters and sort"),
    ] = None,
) -> PageRequest:
    filters = sorted(p for p in request.query_params.multi_items() if p[0] not in _NOT_FILTERS)
    return PageRequest(
        limit=min(limit, MAX_LIMIT),
        cursor=cursor,
        filters=orjson.dumps([request.url.path, filters]).decode(),
        key=request.app.state.cursor_key,
    )


PageParams = Annotated[PageRequest, Depends(_page_request)]


async def fetch_page(
    tx: AsyncConnection,
    query: Select[Any],
    page: PageParams,
    *,
    sort: Sort = (),
    shape: Callable[[Mapping[str, Any]], T],
) -> Page[T]:
    """Return a page of an unordered query whose columns include `id` and all sorted columns.

    Newest first (by UUIDv7 id) unless `sort` says otherwise; `id` breaks ties. Sorted columns are
    NOT NULL and of a type whose comparison operators are leakproof, because under row-level
    security only these use an index: not numeric.

    Raises Invalid (CURSOR_INVALID) for a cursor that was altered, or is of another list, filter
    or sort.
    """
    order = _with_tie_break(query, sort)
    if page.cursor is not None:
        query = query.where(after_cursor(order, decode_cursor(page, order)))
    query = query.order_by(*order_by_clauses(order))
    rows = (await tx.execute(query.limit(page.limit + 1))).mappings().all()
    items, has_more = rows[: page.limit], len(rows) > page.limit
    cursor = encode_cursor(page, order, [items[-1][c.name] for c, _ in order]) if has_more else None
    return Page(items=[shape(row) for row in items], next_cursor=cursor)


def _with_tie_break(query: Select[Any], sort: Sort) -> list[tuple[Column[Any], SortDirection]]:
    order = list(sort)
    key = query.selected_columns["id"]
    assert isinstance(key, Column)
    if key not in [column for column, _ in order]:
        order.append((key, order[-1][1] if order else DESC))
    nullable = [column.name for column, _ in order if column.nullable]
    assert not nullable, f"a keyset needs NOT NULL columns, not {nullable}"
    return order


def order_by_clauses(order: Sort) -> list[UnaryExpression[Any]]:
    """Return the ORDER BY clauses of a sort order."""
    return [column.desc() if direction is DESC else column.asc() for column, direction in order]


def after_cursor(order: Sort, values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition for the rows that come after these values in this order."""
    bounds = [
        (column, direction, literal(value, column.type))
        for (column, direction), value in zip(order, values, strict=True)
    ]
    if len({direction for _, direction in order}) == 1:
        left, right = tuple_(*(c for c, _, _ in bounds)), tuple_(*(v for _, _, v in bounds))
        return left < right if order[0][1] is DESC else left > right
    *leading, (column, direction, value) = bounds
    condition = _after(column, direction, value)
    for column, direction, value in reversed(leading):
        condition = or_(_after(column, direction, value), and_(column == value, condition))
    # The first column is bounded once more, so that an index on it limits the scan.
    column, direction, value = bounds[0]
    return and_(column <= value if direction is DESC else column >= value, condition)


def _after(
    column: Column[Any], direction: SortDirection, value: ColumnElement[Any]
) -> ColumnElement[bool]:
    return column < value if direction is DESC else column > value


def encode_cursor(page: PageRequest, order: Sort, values: Sequence[Any]) -> str:
    """Return the cursor that points after a row with these values, signed for list and order."""
    assert None not in values, "an outer join made a NOT NULL column null"
    content = orjson.dumps(values, default=str)  # asyncpg's UUID is a subclass
    return sign_cursor(content, purpose=_purpose(page, order), key=page.key)


def decode_cursor(page: PageRequest, order: Sort) -> list[Any]:
    """Return the values of the row before the page. Raises Invalid (CURSOR_INVALID)."""
    content = read_cursor(page.cursor or "", purpose=_purpose(page, order), key=page.key)
    if content is None:
        raise Invalid([Violation("?cursor", "CURSOR_INVALID")])
    values = orjson.loads(content)
    return [_from_json(column, value) for (column, _), value in zip(order, values, strict=True)]


def _purpose(page: PageRequest, order: Sort) -> bytes:
    """Return what a cursor is for: this list, its filters and its order."""
    return orjson.dumps([page.filters, [[str(column), direction] for column, direction in order]])


_FROM_JSON: dict[type, Callable[[Any], Any]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def _from_json(column: Column[Any], value: Any) -> Any:
    kind = column.type.python_type
    return kind(value) if issubclass(kind, Enum) else _FROM_JSON.get(kind, kind)(value)
