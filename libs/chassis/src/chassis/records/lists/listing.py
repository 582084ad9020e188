"""A list of a resource, declared once beside its table."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel
from pydantic import Field as Described
from sqlalchemy import Column, ColumnElement, Index, Label, Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import EVERYTHING, ScopedResource, Visibility
from chassis.records.lists import indexing, sorts
from chassis.records.lists.filters import PREFIX, RANGE, Filter, filter_parameters
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.list_search import ListSearch
from chassis.records.lists.parameters import ListParameters, fields_type, sort_type
from chassis.records.lists.saved_views import query_of_view
from chassis.records.search import words
from chassis.web.pages import DESC, Page, PageRequest, decode_cursor, encode_cursor

T = TypeVar("T", bound=BaseModel)
ListRow = Mapping[str, Any]
# A tenant's own fields: `await custom(tx, resource, id column, {"custom.colour": "red"})`.
CustomFieldFilter = Callable[
    [AsyncConnection, str, Column[UUID], Mapping[str, str]],
    Awaitable[Sequence[ColumnElement[bool]]],
]
BATCH_ROWS = 500
# After five runs PostgreSQL would plan without looking at whose rows are asked for: 5 ms become 45.
_PLAN_EACH = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")


class ListPage(Page[T], Generic[T]):
    """A page of a declared list."""

    total: int | None = Described(None, description="All rows, where `include_total` asks for it")


class Listing(Generic[T]):
    """What a list shows, filters, sorts and searches by; declares the indexes of it all.

    `of` is a `ScopedResource` resource, or the table of one that everybody sees (then `resource` names
    it). Without `shape`, rows become `shows` by way of the dataclass `entity`, if given; `by_day`
    gives the `shape` of rows that look different on every business day of the tenant. Its
    indexes hang on the table from here on; `sorts` are NOT NULL columns, or have a `sort_column`.
    `more` are columns made of other tables' rows. `personal` names the column of the subject who
    alone sees a row, whatever else he may; such a list is not exported.
    """

    def __init__(
        self,
        of: ScopedResource | Table,
        shows: type[T],
        *,
        resource: str = "",
        collection: str = "",
        entity: type[Any] | None = None,
        shape: Callable[[ListRow], T] | None = None,
        by_day: Callable[[date], Callable[[ListRow], T]] | None = None,
        filters: Sequence[str | Filter] = (),
        sorts: Sequence[str] = (),
        words: Sequence[str] = (),
        custom: CustomFieldFilter | None = None,
        more: Sequence[Label[Any]] = (),
        personal: str = "",
    ) -> None:
        self.scoped = of if isinstance(of, ScopedResource) else None
        self.table = of.table if isinstance(of, ScopedResource) else of
        self.resource = of.resource if isinstance(of, ScopedResource) else resource
        assert self.resource, "a list of a bare table names its resource"
        self.collection = collection or self.table.name.replace("_", "-")
        self.shows, self.sorts, self.filters = shows, tuple(sorts), tuple(filters)
        self._entity, self._shape, self._custom = entity, shape, custom
        self.more, self.personal, self.by_day = tuple(more), personal, by_day
        self.parameters = [p for one in filters for p in filter_parameters(self.table, one)]
        self._conditions = {parameter.name: parameter.where for parameter in self.parameters}
        self._query = self._declared(words=bool(words))
        self._indexes = indexing.attach_indexes(
            self.table, self.scoped, self.filters, self.sorts, personal=personal
        )
        self.searchable, self.has_custom = bool(words), custom is not None
        if words:
            _register(self.table, self.resource, words)
        _DECLARED[self.resource.split(".")[0], self.collection] = self

    def _declared(self, *, words: bool) -> ListParameters:
        return ListParameters(
            self.parameters,
            sort=sort_type(lambda s: sorts.is_sort_allowed(self.table, self.sorts, s), self.sorts),
            sorts=self.sorts,
            fields=fields_type(self.shows.model_fields),
            words=words,
            deletable="deleted_at" in self.table.c,
            custom=self._custom is not None,
        )

    @property
    def query(self) -> Any:
        """The route's dependency: `asked: Annotated[Asked, LISTING.query]`."""
        return Depends(self._query.dependency)

    def asked(self, query: str, *, subject: str = "") -> ListQuery:
        """A query string, as a saved view or an export keeps it.

        Raises Invalid with every violation.
        """
        return self._query.parse(query, subject)

    def indexes(self) -> list[Index]:
        """The indexes this list needs beside the primary key; they hang on the table."""
        return self._indexes

    def shape(self, row: ListRow) -> T:
        """A row as the API shows it; of a list that has none `by_day`."""
        assert self.by_day is None, f"{self.collection} look different every day"
        if self._shape is not None:
            return self._shape(row)
        if self._entity is not None:
            return self.shows.model_validate(from_columns(self._entity, row), from_attributes=True)
        return self.shows.model_validate(dict(row))

    async def page(
        self,
        tx: AsyncConnection,
        page: PageRequest,
        asked: ListQuery,
        visibility: Visibility = EVERYTHING,
        *,
        shape: Callable[[ListRow], T] | None = None,
        where: Sequence[ColumnElement[bool]] = (),
    ) -> ListPage[T]:
        """A page of what the caller sees; `where` binds it to what the address names.

        Raises Invalid (CURSOR_INVALID, SAVED_VIEW_UNKNOWN, and what `custom` refuses).
        """
        asked = await self._resolved(tx, asked)
        search = await self.search(tx, asked, visibility, where)
        page = replace(page, filters=page.filters + asked.rows_meant)
        after = None if page.cursor is None else decode_cursor(page, search.order)
        rows = (await tx.execute(search.page(after, page.limit + 1))).mappings().all()
        shown, more = rows[: page.limit], len(rows) > page.limit
        last = [shown[-1][column.name] for column, _ in search.order] if more else None
        shaped = [_only(asked.fields, (shape or self.shape)(row)) for row in shown]
        return ListPage(
            items=shaped,
            next_cursor=None if last is None else encode_cursor(page, search.order, last),
            total=(await tx.execute(search.total())).scalar_one() if asked.include_total else None,
        )

    async def rows(
        self,
        tx: AsyncConnection,
        asked: ListQuery,
        visibility: Visibility,
        *,
        size: int = BATCH_ROWS,
    ) -> AsyncIterator[list[ListRow]]:
        """All rows that the caller sees, in batches; `shape` makes of a row what the API shows."""
        after: list[Any] | None = None
        while True:
            batch, after = await self.batch(tx, asked, visibility, after=after, size=size)
            if batch:
                yield batch
            if after is None:
                return

    async def batch(
        self,
        tx: AsyncConnection,
        asked: ListQuery,
        visibility: Visibility,
        *,
        after: Sequence[Any] | None = None,
        size: int = BATCH_ROWS,
    ) -> tuple[list[ListRow], list[Any] | None]:
        """The next rows, and where the batch after them begins; None there after the last.

        For jobs of a transaction per batch; `after` is what the batch before gave.
        """
        asked = await self._resolved(tx, asked)
        search = await self.search(tx, asked, visibility)
        rows = (await tx.execute(search.page(after, size))).mappings().all()
        if len(rows) < size:
            return list(rows), None
        return list(rows), [rows[-1][column.name] for column, _ in search.order]

    async def conditions(
        self, tx: AsyncConnection, asked: ListQuery, visibility: Visibility
    ) -> list[ColumnElement[bool]]:
        """Which rows are asked for and seen, for sums over them. Raises as `page` does."""
        return (await self.search(tx, await self._resolved(tx, asked), visibility)).met

    async def _resolved(self, tx: AsyncConnection, asked: ListQuery) -> ListQuery:
        """With the saved view that is asked for laid under it."""
        if asked.view is None:
            return asked
        query, fields = await query_of_view(tx, asked.view, self.collection, asked.subject)
        view = self.asked(query, subject=asked.subject)
        return asked.over(replace(view, fields=view.fields or fields))

    async def search(
        self,
        tx: AsyncConnection,
        asked: ListQuery,
        visibility: Visibility,
        where: Sequence[ColumnElement[bool]] = (),
    ) -> ListSearch:
        """What is asked, as SQL; its saved view is resolved already."""
        await tx.execute(_PLAN_EACH)
        order = self._order(asked)
        conditions = [*where, *(self._conditions[n](v) for n, v in asked.values.items())]
        if self.personal:
            conditions.append(self.table.c[self.personal] == asked.subject)
        if "deleted_at" in self.table.c:
            gone = self.table.c.deleted_at
            conditions.append(gone.is_not(None) if asked.deleted else gone.is_(None))
        if asked.custom and self._custom is not None:
            conditions += await self._custom(tx, self.resource, self.table.c.id, asked.custom)
        few = False
        if asked.q is not None:
            held = await words.match_words(tx, self.table.c.id, self.resource, asked.q)
            conditions.append(held.condition)
            few = held.few
        return ListSearch(
            table=self.table,
            scoped=self.scoped,
            conditions=conditions,
            visibility=visibility,
            order=order,
            few=few,
            more=self.more,
            by_owner=not (where or asked.values or asked.q or asked.custom or asked.sort),
        )

    def _order(self, asked: ListQuery) -> sorts.SortOrder:
        sort = asked.sort or self._along(asked)
        order = [] if sort is None else sorts.sort_columns(self.table, sort)
        key = self.table.c.id
        if key not in [column for column, _ in order]:
            order.append((key, order[-1][1] if order else DESC))
        return order

    def _along(self, asked: ListQuery) -> str | None:
        """The order of a list that is bounded and not sorted: along the first bounded field.

        Newest first, a page of the oldest dates would read past all others (40 ms of 200,000).
        """
        for name in asked.values:
            field, _, operation = name.partition("__")
            if operation in RANGE and field in self.sorts:
                return f"-{field}"
            if operation == PREFIX and field in self.sorts:
                return field
        return None


_DECLARED: dict[tuple[str, str], Listing[Any]] = {}


def find_listing(service: str, collection: str) -> Listing[Any] | None:
    """The list of this collection of a service, as far as its stores are imported."""
    return _DECLARED.get((service, collection))


def listings_of(service: str) -> list[Listing[Any]]:
    """All lists of a service."""
    return [listing for (name, _), listing in _DECLARED.items() if name == service]


def _only(fields: Sequence[str], item: T) -> T:
    """The item with these fields and its id; what is left out is not said at all."""
    if not fields:
        return item
    kept = {
        name: getattr(item, name) for name in type(item).model_fields if name in {*fields, "id"}
    }
    return type(item).model_construct(**kept)


def _register(table: Table, resource: str, columns: Sequence[str]) -> None:
    table.info["words"] = words.SearchedColumns(resource, tuple(columns))
