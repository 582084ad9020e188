"""The SQL that finds the rows of a list, with one of three plans by how much the caller sees.

Measured with 200,000 rows of 100 owners: a query for the first rows of each owner is faster when
the list is sorted as the owners' index is (10 owners: 3 ms), and slower otherwise (10 owners sorted
by amount: 170 ms, against 3 ms with one condition that lets the planner choose the index).
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Label,
    Select,
    Table,
    Text,
    cast,
    column,
    func,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import (
    ListPlan,
    ScopedResource,
    Visibility,
    granted_record_ids,
    grants_of,
    is_owned,
    is_part_of_visible,
    is_visible,
    list_plan,
)
from chassis.records.lists.sorts import SortOrder
from chassis.web.pages import DESC, after_cursor, order_by_clauses

# Run in the transaction of a search: after five executions PostgreSQL would use a generic plan that
# ignores whose rows are requested: 45 ms instead of 5.
_CUSTOM_PLANS = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
# What a list does in each transaction before its rows are read.
Preparation = Callable[[AsyncConnection], Awaitable[None]]


async def plan_each_search(tx: AsyncConnection) -> None:
    """Let PostgreSQL plan each search by its values; every list is prepared so."""
    await tx.execute(_CUSTOM_PLANS)


@dataclass(frozen=True, kw_only=True)
class ListSearch:
    """The rows of a table that meet all conditions and that the caller sees, in this order.

    `owners` are those of the caller's owners whose rows can meet the conditions. `by_owner`: the
    list has no filters and the default order. `few`: a condition names the few rows that can match;
    they are fetched first and sorted then, instead of reading the sort index until they are found.
    `extra_columns` are selected beside those of the table.
    """

    table: Table
    scoped: ScopedResource | None
    conditions: Sequence[ColumnElement[bool]]
    visibility: Visibility
    owners: Sequence[str]
    order: SortOrder
    by_owner: bool = False
    few: bool = False
    extra_columns: Sequence[Label[Any]] = ()

    def page(self, after: Sequence[Any] | None, limit: int, *, skipped: int = 0) -> Select[Any]:
        """Return a query for `limit` rows after these values of the order and `skipped` rows."""
        if skipped:  # each part of a union has to return the skipped rows too
            return self.page(after, skipped + limit).offset(skipped)
        conditions = list(self.conditions)
        if after is not None:
            conditions.append(after_cursor(self.order, after))
        if self.scoped is None or list_plan(self.visibility) is ListPlan.ALL:
            return self._first(conditions, limit)
        if list_plan(self.visibility) is ListPlan.FILTER:
            # Owners of parents are others than those that a filter by owners asks for.
            whose = self.visibility if self.scoped.seen_with else self._narrowed
            return self._first([*conditions, is_visible(self.scoped, whose)], limit)
        return self._union(self.scoped, conditions, limit)

    @property
    def all_conditions(self) -> list[ColumnElement[bool]]:
        """All conditions, including that the caller sees the row."""
        visible = () if self.scoped is None else (is_visible(self.scoped, self.visibility),)
        return [*self.conditions, *visible]

    def total(self) -> Select[Any]:
        """Return a query that counts all rows; its duration grows with their number."""
        return select(func.count()).select_from(self.table).where(*self.all_conditions)

    def _first(self, conditions: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
        query = select(self.table, *self.extra_columns).where(*conditions)
        if not self.few:
            return query.order_by(*order_by_clauses(self.order)).limit(limit)
        rows = query.offset(0).subquery("few")  # OFFSET keeps the planner from merging the two
        return select(rows).order_by(*_order_of_subquery(self.order)).limit(limit)

    def _union(
        self, scoped: ScopedResource, conditions: Sequence[ColumnElement[bool]], limit: int
    ) -> Select[Any]:
        """Merge the first rows of the owners and the first of the granted records."""
        owners = cast(list(self.visibility.owners), ARRAY(Text))
        by_each = self.by_owner and len(self.visibility.owners) > 1
        if by_each:
            owner = func.unnest(owners).table_valued("subject").render_derived(name="owner")
            first = self._first([*conditions, scoped.owner_column == owner.c.subject], limit)
            owned: Any = first.lateral("owned")
            owned_rows = select(owned).select_from(owner.join(owned, true()))
        else:
            owned_rows = self._first([*conditions, self._is_owned(scoped)], limit)
        not_owned = scoped.owner_column.is_(None) | (scoped.owner_column != func.all(owners))
        granted_rows = [*self._granted_rows(scoped, [*conditions, not_owned], limit)]
        if not granted_rows and not by_each:
            return owned_rows
        rows = union_all(owned_rows, *granted_rows).subquery("rows")
        return select(rows).order_by(*_order_of_subquery(self.order)).limit(limit)

    def _granted_rows(
        self, scoped: ScopedResource, conditions: Sequence[ColumnElement[bool]], limit: int
    ) -> Iterator[Select[Any]]:
        """Yield a query for the first rows granted under each resource name.

        These are separate queries, because an OR of all grants would filter row by row.
        """
        not_in_earlier: list[ColumnElement[bool]] = []
        for resource, record_id in grants_of(scoped, self.visibility):
            rest = [*conditions, *not_in_earlier]
            granted = granted_record_ids(resource, self.visibility)
            if record_id.nullable and not self.few:
                yield self._first_of_each(granted, record_id, rest, limit)
            else:
                yield self._first([*rest, record_id.in_(granted)], limit)
            not_in_earlier.append(record_id.in_(granted).is_not(true()))
        for seen in is_part_of_visible(scoped, self.visibility):
            yield self._first([*conditions, *not_in_earlier, seen], limit)
            not_in_earlier.append(seen.is_not(true()))

    def _first_of_each(
        self,
        granted: Select[Any],
        record_id: Column[UUID],
        conditions: Sequence[ColumnElement[bool]],
        limit: int,
    ) -> Select[Any]:
        """Return a query for the first rows that belong to each granted record, such as a pool.

        Of one query for all of them PostgreSQL reads every row of the table in its order, if the
        granted records have few rows or none, as a pool from which all leads are claimed.
        """
        # As an array: of a join with DISTINCT, PostgreSQL 15 takes too few rows for parallel plans.
        ids = func.unnest(func.array(granted.distinct().scalar_subquery()))
        record = ids.table_valued("id").render_derived(name="record")
        first = self._first([*conditions, record_id == record.c.id], limit).lateral("first")
        return select(first).select_from(record.join(first, true()))

    def _is_owned(self, scoped: ScopedResource) -> ColumnElement[bool]:
        """One owner is compared with `=`: before PostgreSQL 17, `= ANY` does not keep the order."""
        if len(self.owners) == 1:
            return scoped.owner_column == self.owners[0]
        return is_owned(scoped, self._narrowed)

    @property
    def _narrowed(self) -> Visibility:
        return replace(self.visibility, owners=tuple(self.owners))


def _order_of_subquery(order: SortOrder) -> list[Any]:
    """Order by the names of selected columns: `subquery.c` would copy all of them every time."""
    return [
        column(each.name).desc() if direction is DESC else column(each.name).asc()
        for each, direction in order
    ]
