"""Reads and maps rows to frozen dataclasses by column name.

A field `x: Money` maps to the columns `x` and `x_currency`, every other field to the column of
its name. The tenant is never a field: the database fills it in and the policies guard it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache, partial
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    any_,
    bindparam,
    cast,
    func,
    select,
    tuple_,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import NAME_KEY_OF
from chassis.database.encryption.columns import digests_of
from kernel.errors import NotFound
from kernel.money import Money
from kernel.names import comparable_name


class Row(Protocol):
    """A frozen dataclass whose fields carry the names of its table's columns."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class Entity(Row, Protocol):
    """A row with an id and a version that grows with every save."""

    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...


RECKONED_LENGTH = 10  # of an array whose values the planner does not know
R = TypeVar("R", bound=Row)
T = TypeVar("T")
E = TypeVar("E", bound=Entity)


def to_columns(table: Table, row: Row) -> dict[str, Any]:
    """Return the column values of a dataclass, without fields that have no column (lines)."""
    plain, money = _fields_with_columns(type(row), table)
    values = {name: getattr(row, name) for name in plain}
    for name, currency in money:
        value: Money | None = getattr(row, name)
        values[name] = None if value is None else value.amount
        values[currency] = None if value is None else value.currency
    for column, name in _name_keys(table):
        values[column] = comparable_name(values[name])
    return values | digests_of(table, values)


@cache
def _fields_with_columns(
    kind: type[Row], table: Table
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return what `_fields_by_type` does, without the fields that have no column."""
    columns = frozenset(table.c.keys())
    plain, money = _fields_by_type(kind, columns)
    return tuple(name for name in plain if name in columns), money


@cache
def _name_keys(table: Table) -> tuple[tuple[str, str], ...]:
    """Return the columns that hold a name's comparable form, with the field of the name."""
    return tuple((c.name, c.info[NAME_KEY_OF]) for c in table.c if NAME_KEY_OF in c.info)


def from_columns(kind: type[R], mapping: Mapping[str, Any], **more: Any) -> R:
    """Build a dataclass from a row; `more` gives the fields stored in other tables."""
    names, money = _fields_by_type(kind, frozenset(mapping))
    values = {name: more[name] if name in more else mapping[name] for name in names}
    for name, currency in money:
        values[name] = more[name] if name in more else _money(mapping, name, currency)
    return kind(**values)


def row_reader(
    kind: type[Row], table: Table, names: Collection[str]
) -> Callable[[Mapping[str, Any]], Any]:
    """Return what makes rows of a table hold what a dataclass has under these names.

    Rows stay mappings, with amounts of money in one value, unless a name is computed or held by
    another table: a dataclass of each row would only pass on its columns.
    """
    own = table.c.keys()
    of_dataclass = {*dir(kind), *kind.__dataclass_fields__}
    if any(one in of_dataclass for one in names if one not in own):
        return partial(from_columns, kind)
    money = _money_columns(own, own)
    return partial(_with_money, money) if money else _as_it_is


def _with_money(
    columns: Iterable[tuple[str, str]], mapping: Mapping[str, Any]
) -> Mapping[str, Any]:
    return {**mapping, **{name: _money(mapping, name, currency) for name, currency in columns}}


def _as_it_is(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping


def _money_columns(names: Iterable[str], columns: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return those names that are amounts of money, each with the column of its currency."""
    return tuple((name, f"{name}_currency") for name in names if f"{name}_currency" in columns)


def _money(mapping: Mapping[str, Any], name: str, currency: str) -> Money | None:
    amount = mapping[name]
    return None if amount is None else Money(amount, mapping[currency])


@cache
def _fields_by_type(
    kind: type[Row], columns: frozenset[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return the plain fields, and those of money with their currency's column.

    A list builds many rows of one kind from the same columns.
    """
    names = [field.name for field in fields(kind)]
    money = _money_columns(names, columns)
    plain = tuple(name for name in names if f"{name}_currency" not in columns)
    return plain, money


async def fetch_row(
    tx: AsyncConnection,
    table: Table,
    key: UUID,
    kind: type[E],
    *,
    lock: bool = False,
    with_deleted: bool = False,
    what: str = "",
    **more: Any,
) -> E:
    """Fetch the entity with this id; `lock` locks its row against other writers.

    Raises NotFound, also for rows of other tenants and, without `with_deleted`, deleted rows; its
    code is `<WHAT>_NOT_FOUND`, by default after the class.
    """
    query: Select[Any] = select(table).where(table.c.id == key)
    if "deleted_at" in table.c and not with_deleted:
        query = query.where(table.c.deleted_at.is_(None))
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound(what or kind.__name__.lower(), key)
    return from_columns(kind, row._mapping, **more)


def is_one_of(one: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of these values.

    They are one array: with `in_` PostgreSQL would prepare a statement for each number of values.
    """
    return one == any_(cast(list(values), ARRAY(one.type)))


def is_among(one: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values in an array parameter.

    It is that of `is_one_of` for a statement that is built once.
    """
    return one == any_(bindparam(parameter, type_=ARRAY(one.type)))


def planned_once(values: Collection[T], nothing: T) -> list[T]:
    """Return the values of an array parameter, filled up so that PostgreSQL keeps one plan.

    Without values a plan reckons with ten. For fewer it would make a cheaper plan at each call,
    which takes longer than the query: they are repeated, or `nothing`, which no row has.
    """
    filler = next(iter(values), nothing)
    return [*values, *[filler] * (RECKONED_LENGTH - len(values))]


def is_among_pairs(
    columns: tuple[ColumnElement[Any], ColumnElement[Any]], parameters: tuple[str, str]
) -> ColumnElement[bool]:
    """Return the condition that two columns have one of the pairs in two array parameters.

    With `IN` PostgreSQL would prepare a statement for each number of pairs, and SQLAlchemy would
    build it each time.
    """
    types = [column.type for column in columns]
    arrays = [bindparam(n, type_=ARRAY(t)) for n, t in zip(parameters, types, strict=True)]
    values = func.unnest(*arrays).table_valued(
        sql_column("first", types[0]), sql_column("second", types[1])
    )
    pairs = values.render_derived(name="pairs")
    return tuple_(*columns).in_(select(pairs.c.first, pairs.c.second))


async def fetch_mappings(
    tx: AsyncConnection, query: Select[Any], parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Fetch all rows as dictionaries by column name, which are read faster than row mappings."""
    result = await tx.execute(query, parameters)
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]


async def fetch_rows(
    tx: AsyncConnection, key: Column[UUID], ids: Sequence[UUID], *order: Column[Any]
) -> Sequence[Mapping[str, Any]]:
    """Fetch the rows with one of these values in the column `key`, deleted ones included."""
    query: Select[Any] = select(key.table).where(is_one_of(key, ids))
    return await fetch_mappings(tx, query.order_by(*(order or (key,))))


async def fetch_parts(
    tx: AsyncConnection, parent: Column[UUID], parent_ids: Sequence[UUID], *order: Column[Any]
) -> Mapping[UUID, Sequence[Mapping[str, Any]]]:
    """Fetch the rows of a table that belong to these parents, by parent; none for most is fine."""
    parts: defaultdict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await fetch_rows(tx, parent, parent_ids, *order):
        parts[row[parent.name]].append(row)
    return parts


async def ensure_row(tx: AsyncConnection, table: Table, key: UUID, what: str) -> None:
    """Raise NotFound unless the table has this id; deleted rows count as existing."""
    if (await tx.execute(select(table.c.id).where(table.c.id == key))).one_or_none() is None:
        raise NotFound(what, key)
