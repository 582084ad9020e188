"""The list of a resource, declared once beside its table."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy import Column, ColumnElement, Index, Label, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_mappings, row_reader
from chassis.records.access.visibility import (
    EVERYTHING,
    ScopedResource,
    UnownedResource,
    Visibility,
)
from chassis.records.lists import indexing, sorts
from chassis.records.lists.counts import (
    ValueCount,
    count_values,
    countable_fields,
    declared_values,
    without_field,
)
from chassis.records.lists.filter_groups import GroupConditions
from chassis.records.lists.filters import ID_IN, DeclaredFilter, filter_parameters, id_parameter
from chassis.records.lists.items import Expander, complete_items
from chassis.records.lists.list_page import ListPage
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.list_search import ListSearch, Preparation, plan_each_search
from chassis.records.lists.owner_filters import owner_tests, possible_owners
from chassis.records.lists.page_start import page_start, rows_before
from chassis.records.lists.parameters import ListOptions, ListParameters, sort_type
from chassis.records.lists.parent_filters import scope_of_list
from chassis.records.lists.restricted import UNRESTRICTED, RestrictedFields
from chassis.records.lists.saved_views import query_of_view
from chassis.records.search.record_keys import KeysOf
from chassis.records.search.words import match_words, searched_columns
from chassis.web.pages import PageRequest, encode_cursor
from chassis.web.references import expandable_paths, shown_fields

T = TypeVar("T", bound=BaseModel)
ListRow = Mapping[str, Any]
RowShape = Callable[[ListRow], Any]
# Turns filters by custom fields into conditions:
# `await custom(tx, resource, id column, {"custom.colour": "red"})`.
CustomFieldFilter = Callable[
    [AsyncConnection, str, Column[UUID], Mapping[str, str]],
    Awaitable[Sequence[ColumnElement[bool]]],
]


class Listing(Generic[T]):
    """The declaration of a list: what it shows and what it can be filtered, sorted and searched by.

    `of` is a resource, or a table whose rows everybody sees (then `resource` is its name). Rows
    become `shows` by `shape`, or else from the dataclass `entity` or the row;
    `by_day` returns the `shape` of rows that depend on the tenant's business day. `sorts` are NOT
    NULL columns or have a `sort_column`. `words` are the searched columns; `contact_points` are
    columns of numbers and mail addresses, found whole or by their end; `keys` make the keys under
    which like records are found (`records.search.record_keys`). `extra_columns` are
    selected from other tables. `personal` names the column of the only subject who sees a row,
    whatever their scopes; such a list is not exported. `restricted` are fields for some callers
    only. A `technical` list, of runs and requests, is neither exported nor saved as a view.
    `prepare` is done in each transaction before the rows are read. The indexes that the list needs
    are attached to the table.
    """

    def __init__(
        self,
        of: ScopedResource | UnownedResource | Table,
        shows: type[T],
        *,
        resource: str = "",
        collection: str = "",
        entity: type[Any] | None = None,
        shape: Callable[[ListRow], T] | None = None,
        by_day: Callable[[date], Callable[[ListRow], T]] | None = None,
        filters: Sequence[DeclaredFilter] = (),
        sorts: Sequence[str] = (),
        words: Sequence[str] = (),
        contact_points: Sequence[str] = (),
        keys: Mapping[str, KeysOf] = MappingProxyType({}),
        custom: CustomFieldFilter | None = None,
        extra_columns: Sequence[Label[Any]] = (),
        personal: str = "",
        restricted: RestrictedFields = UNRESTRICTED,
        technical: bool = False,
        prepare: Preparation = plan_each_search,
    ) -> None:
        self.scoped = of if isinstance(of, ScopedResource) else None
        self.table = of if isinstance(of, Table) else of.table
        self.resource = resource if isinstance(of, Table) else of.resource
        assert self.resource, "a list of a bare table names its resource"
        self.collection = collection or self.table.name.replace("_", "-")
        self.shows, self.sorts, self.filters = shows, tuple(sorts), tuple(filters)
        self.extra_columns, self.prepare = tuple(extra_columns), prepare
        self._entity, self._shape, self._custom = entity, shape, custom
        self.personal, self.restricted, self.by_day = personal, restricted, by_day
        own = (each for field in filters for each in filter_parameters(self.table, field))
        self.parameters = [id_parameter(self.table), *own]
        self._conditions = {each.name: each.where for each in self.parameters}
        self.options = self._options(words=bool(words), views=not technical)
        self._indexes = indexing.attach_indexes(
            self.table, self.scoped, self.filters, self.sorts, personal=personal
        )
        self._searched = searched_columns(self.resource, self.table, words, contact_points, keys)
        self._declare(technical=technical)

    def _declare(self, *, technical: bool) -> None:
        self._query = ListParameters(self.options)
        self._owner_tests = owner_tests(self.scoped, self.parameters)
        if self.options.words:
            self.table.info["words"] = self._searched
        if not technical:
            _LISTINGS[self.resource.split(".")[0], self.resource] = self

    def _options(self, *, words: bool, views: bool) -> ListOptions:
        return ListOptions(
            filters=self.parameters,
            sort=sort_type(lambda s: sorts.is_sort_allowed(self.table, self.sorts, s), self.sorts),
            sorts=self.sorts,
            fields=shown_fields(self.shows),
            expandable=expandable_paths(self.shows),
            countable=countable_fields(self.table, self.filters),
            words=words,
            deletable="deleted_at" in self.table.c,
            custom=self._custom is not None,
            views=views,
        )

    @property
    def query(self) -> Any:
        """The route's dependency: `query: Annotated[ListQuery, LISTING.query]`."""
        return Depends(self._query.dependency)

    @property
    def selection(self) -> Any:
        """The dependency of routes that sum the list's records: its filters, and no more."""
        return Depends(self._query.selection)

    def parse_query(
        self, query: str, *, subject: str = "", scopes: frozenset[str] = frozenset()
    ) -> ListQuery:
        """Parse the query string of a saved view or an export. Raises Invalid with all errors."""
        return self._query.parse(query, subject, scopes)

    @property
    def noun(self) -> str:
        """The last part of the resource's name: `price_book`."""
        return self.resource.rpartition(".")[2]

    def indexes(self) -> list[Index]:
        """Return the indexes that this list needs beside the primary key."""
        return self._indexes

    def shape(self, row: ListRow) -> T:
        """Return a row as the API shows it; not for lists with `by_day`."""
        assert self.by_day is None, f"the shape of {self.collection} depends on the day"
        if self._shape is not None:
            return self._shape(row)
        if self._entity is None:
            return self.shows.model_validate(row)
        return self.shows.model_validate(self._values(row), from_attributes=True)

    @cached_property
    def _values(self) -> RowShape:
        assert self._entity is not None
        return row_reader(self._entity, self.table, self.shows.model_fields)

    async def page(
        self,
        tx: AsyncConnection,
        page: PageRequest,
        query: ListQuery,
        visibility: Visibility = EVERYTHING,
        *,
        shape: Callable[[ListRow], T] | None = None,
        where: Sequence[ColumnElement[bool]] = (),
        expander: Expander | None = None,
    ) -> ListPage[T]:
        """Return a page of the rows that the caller sees and that meet all conditions in `where`.

        `expander` reads the records of `query.expand` into the items.

        Raises Invalid (CURSOR_INVALID, CURSOR_WITH_PAGE, TOO_LARGE, SAVED_VIEW_UNKNOWN, and what
        `custom` raises).
        """
        query = await self.with_view(tx, query)
        skipped = rows_before(page, query.page)
        search = await self.search(tx, query, visibility, where)
        shape = self.restricted.shape(query, shape or self.shape)
        page = replace(page, filters=page.filters + query.cursor_scope)
        after = page_start(page, search)
        rows = await fetch_mappings(tx, search.page(after, page.limit + 1, skipped=skipped))
        rows, has_more = rows[: page.limit], len(rows) > page.limit
        last = [rows[-1][column.name] for column, _ in search.order] if has_more else None
        counted = query.include_total or query.page is not None
        return ListPage(
            items=await complete_items(tx, [shape(row) for row in rows], query, expander),
            next_cursor=None if last is None else encode_cursor(page, search.order, last),
            total=(await tx.execute(search.total())).scalar_one() if counted else None,
            counts=await self._counts(tx, query, visibility, where),
        )

    async def _counts(
        self,
        tx: AsyncConnection,
        query: ListQuery,
        visibility: Visibility,
        where: Sequence[ColumnElement[bool]],
    ) -> list[ValueCount] | None:
        if query.count_by is None:
            return None
        others = without_field(query, query.count_by)
        search = await self.search(tx, others, visibility, where)
        declared = declared_values(self.table, self.filters).get(query.count_by, ())
        return await count_values(tx, search, query.count_by, declared, shows=self.shows)

    async def conditions(
        self, tx: AsyncConnection, query: ListQuery, visibility: Visibility
    ) -> list[ColumnElement[bool]]:
        """Return the conditions of these rows, for sums over them. Raises what `page` raises."""
        search = await self.search(tx, await self.with_view(tx, query), visibility)
        return search.all_conditions

    async def with_view(self, tx: AsyncConnection, query: ListQuery) -> ListQuery:
        """Return the query merged over the saved view that it names, if any. Raises Forbidden."""
        if query.view is not None:
            stored, fields = await query_of_view(tx, query.view, self.resource, query.subject)
            view = self.parse_query(stored, subject=query.subject)
            query = query.merged_over(replace(view, fields=view.fields or fields))
        self.restricted.ensure_unused(query)
        return query

    async def search(
        self,
        tx: AsyncConnection,
        query: ListQuery,
        visibility: Visibility,
        where: Sequence[ColumnElement[bool]] = (),
    ) -> ListSearch:
        """Return the query as SQL; a saved view must have been merged in already."""
        await self.prepare(tx)
        conditions = [*where, *(self._conditions[n](v) for n, v in query.values.items())]
        if self.personal:
            conditions.append(self.table.c[self.personal] == query.subject)
        if "deleted_at" in self.table.c:
            deleted_at = self.table.c.deleted_at
            conditions.append(deleted_at.is_not(None) if query.deleted else deleted_at.is_(None))
        conditions += await self._custom_conditions(tx, query.custom)
        if query.groups:
            of_group = GroupConditions(self._conditions, partial(self._custom_conditions, tx))
            conditions.append(await of_group.any_of(query.groups))
        few = ID_IN in query.values
        if query.q is not None:
            match = await match_words(tx, self.table.c.id, self._searched, query.q)
            conditions.append(match.condition)
            few = few or match.few
        return ListSearch(
            table=self.table,
            scoped=scope_of_list(self.scoped, query, self.parameters),
            conditions=conditions,
            visibility=visibility,
            owners=possible_owners(visibility.owners, query, self._owner_tests),
            order=sorts.list_order(self.table, self.sorts, query.sort, query.values),
            few=few,
            extra_columns=self.extra_columns,
            by_owner=not (where or query.is_filtered or query.sort),
        )

    async def _custom_conditions(
        self, tx: AsyncConnection, custom: Mapping[str, str]
    ) -> Sequence[ColumnElement[bool]]:
        if not custom or self._custom is None:
            return ()
        return await self._custom(tx, self.resource, self.table.c.id, custom)


_LISTINGS: dict[tuple[str, str], Listing[Any]] = {}


def find_listing(service: str, resource: str) -> Listing[Any] | None:
    """Return the list of a service's resource, such as `l2o.account`; None if there is none.

    Lists are declared when their modules are imported.
    """
    return _LISTINGS.get((service, resource))


def listings_of(service: str) -> list[Listing[Any]]:
    """Return all lists of a service."""
    return [listing for (name, _), listing in _LISTINGS.items() if name == service]
