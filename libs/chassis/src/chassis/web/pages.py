"""Lists, a page at a time, by keyset: what is written meanwhile neither repeats nor hides a row."""

import base64
import binascii
import hashlib
import hmac
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

from kernel.errors import Invalid, Violation

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAC_BYTES = 16
# Parameters that choose a page or its shape, not its rows: a cursor outlives their change.
_NOT_FILTERS = frozenset({"cursor", "limit", "fields", "include_total"})

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None = Field(description="Give it back as `cursor`; null on the last page")


class SortDirection(StrEnum):
    """Which way a column is sorted."""

    ASC = "ASC"
    DESC = "DESC"


ASC, DESC = SortDirection.ASC, SortDirection.DESC
Sort = Sequence[tuple[Column[Any], SortDirection]]


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """Which page is asked for. `filters` names the list and its filters; `key` signs cursors."""

    limit: int
    cursor: str | None
    filters: str
    key: bytes


async def reject_unknown_parameters(request: Request) -> None:
    """Refuse query parameters this route does not declare, together with bad values of others.

    One that is no list would lose a value if it were given twice.

    Raises RequestValidationError (UNKNOWN_FIELD, PARAMETER_REPEATED).
    """
    dependant: Dependant = request.scope["route"].dependant
    fields = [field for one in _flat(dependant) for field in one.query_params]
    known = {name for field in fields for name in _names(field)}
    # A tenant's own fields are known to the list only: `custom.colour`.
    open_prefixes = tuple(
        prefix for one in _flat(dependant) for prefix in getattr(one.call, "open_prefixes", ())
    )
    unknown = [
        name
        for name in dict.fromkeys(request.query_params)
        if name not in known and not name.startswith(open_prefixes)
    ]
    many = {name for field in fields for name in _lists(field)}
    twice = [
        name
        for name in dict.fromkeys(request.query_params)
        if name not in (*unknown, *many) and len(request.query_params.getlist(name)) > 1
    ]
    if unknown or twice:
        _values, errors = request_params_to_args(fields, request.query_params)
        more = [{"type": "extra_forbidden", "loc": ("query", name)} for name in unknown]
        more += [{"type": "PARAMETER_REPEATED", "loc": ("query", name)} for name in twice]
        raise RequestValidationError([*errors, *more])


def _lists(field: Any) -> Iterator[str]:
    """The names of a parameter, or of a model's, that may be given more than once."""
    annotation = field.field_info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        members = zip(_names(field), annotation.model_fields.values(), strict=True)
        yield from (name for name, info in members if _is_list(info.annotation))
    elif _is_list(annotation):
        yield from _names(field)


def _is_list(annotation: Any) -> bool:
    inner = get_args(annotation)
    return get_origin(annotation) in (list, tuple, Sequence) or any(map(_is_list, inner))


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _flat(inner)


def _names(field: Any) -> list[str]:
    annotation = field.field_info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return [str(info.validation_alias or info.alias or name) for name, info in fields]
    return [field.validation_alias or field.alias]


async def _requested(
    request: Request,
    _: Annotated[None, Depends(reject_unknown_parameters)],
    limit: Annotated[
        int, Query(ge=1, description=f"Rows a page; above {MAX_LIMIT} means {MAX_LIMIT}")
    ] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(description="`next_cursor` of the page before; with the same filters")
    ] = None,
) -> PageRequest:
    pairs = sorted(p for p in request.query_params.multi_items() if p[0] not in _NOT_FILTERS)
    return PageRequest(
        limit=min(limit, MAX_LIMIT),
        cursor=cursor,
        filters=orjson.dumps([request.url.path, pairs]).decode(),
        key=request.app.state.cursor_key,
    )


PageParams = Annotated[PageRequest, Depends(_requested)]


async def fetch_page(
    tx: AsyncConnection,
    query: Select[Any],
    page: PageParams,
    *,
    sort: Sort = (),
    shape: Callable[[Mapping[str, Any]], T],
) -> Page[T]:
    """The page of an unordered query whose columns include `id` and all columns sorted by.

    Newest first (by UUIDv7 id) unless `sort` says otherwise; `id` breaks ties. Sorted columns are
    NOT NULL and of a type an index serves under a policy: not numeric.

    Raises Invalid (CURSOR_INVALID): not a cursor of ours, or of another list, filter or sort.
    """
    order = _with_tie_break(query, sort)
    if page.cursor is not None:
        query = query.where(after_cursor(order, decode_cursor(page, order)))
    query = query.order_by(*order_by_clauses(order))
    rows = (await tx.execute(query.limit(page.limit + 1))).mappings().all()
    shown, more = rows[: page.limit], len(rows) > page.limit
    cursor = encode_cursor(page, order, [shown[-1][c] for c, _ in order]) if more else None
    return Page(items=[shape(row) for row in shown], next_cursor=cursor)


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
    """The order, as SQL says it."""
    return [column.desc() if way is DESC else column.asc() for column, way in order]


def after_cursor(order: Sort, values: Sequence[Any]) -> ColumnElement[bool]:
    """What comes after these values in this order."""
    bounds = [(c, way, literal(v, c.type)) for (c, way), v in zip(order, values, strict=True)]
    if len({way for _, way in order}) == 1:
        left, right = tuple_(*(c for c, _, _ in bounds)), tuple_(*(v for _, _, v in bounds))
        return left < right if order[0][1] is DESC else left > right
    *leading, (column, way, value) = bounds
    condition = _past(column, way, value)
    for column, way, value in reversed(leading):
        condition = or_(_past(column, way, value), and_(column == value, condition))
    column, way, value = bounds[0]  # said once more, so that an index on it bounds the scan
    return and_(column <= value if way is DESC else column >= value, condition)


def _past(
    column: Column[Any], way: SortDirection, value: ColumnElement[Any]
) -> ColumnElement[bool]:
    return column < value if way is DESC else column > value


def encode_cursor(page: PageRequest, order: Sort, values: Sequence[Any]) -> str:
    """The cursor behind a row of these values, signed for this list and order."""
    assert None not in values, "an outer join made a NOT NULL column null"
    content = orjson.dumps(values, default=str)  # asyncpg's UUID is a subclass
    return _encoded(_mac(page, order, content) + content)


def decode_cursor(page: PageRequest, order: Sort) -> list[Any]:
    """The values that a cursor stands behind. Raises Invalid (CURSOR_INVALID)."""
    refused = Invalid([Violation("?cursor", "CURSOR_INVALID")])
    cursor = page.cursor or ""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise refused from None
    mac, content = raw[:MAC_BYTES], raw[MAC_BYTES:]
    # The last letter has spare bits: only the spelling that we write is ours.
    if _encoded(raw) != cursor or not hmac.compare_digest(mac, _mac(page, order, content)):
        raise refused
    return [_read(c, value) for (c, _), value in zip(order, orjson.loads(content), strict=True)]


def _mac(page: PageRequest, order: Sort, content: bytes) -> bytes:
    purpose = orjson.dumps([page.filters, [[str(column), way] for column, way in order]])
    return hmac.digest(page.key, purpose + b"\0" + content, hashlib.sha256)[:MAC_BYTES]


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_FROM_JSON: dict[type, Callable[[Any], Any]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def _read(column: Column[Any], value: Any) -> Any:
    kind = column.type.python_type
    return kind(value) if issubclass(kind, Enum) else _FROM_JSON.get(kind, kind)(value)
