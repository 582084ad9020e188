"""How the rows of a list are found: three plans, by how much the caller sees.

Measured at 200,000 rows of 100 owners: the first rows of each owner by themselves win where the
order is that of the owners' index (10 owners 3 ms) and lose where it is not (10 owners sorted by
amount 170 ms, and 3 ms by one condition that lets the planner choose the index).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    Select,
    Subquery,
    Table,
    Text,
    cast,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.records.access.visibility import (
    ListPlan,
    ScopedResource,
    Visibility,
    granted_record_ids,
    is_visible,
    list_plan,
)
from chassis.records.access.visibility import is_owned as owned_by
from chassis.records.lists.sorts import SortOrder
from chassis.web.pages import DESC, after_cursor, order_by_clauses


@dataclass(frozen=True, kw_only=True)
class ListSearch:
    """Rows of a table that meet all conditions and the caller sees, in this order.

    `by_owner` says that nothing but the default order is asked, `few` that a condition names the
    few rows there can be: they are fetched before they are sorted, never looked for along the sort.
    """

    table: Table
    scoped: ScopedResource | None
    conditions: Sequence[ColumnElement[bool]]
    visibility: Visibility
    order: SortOrder
    by_owner: bool = False
    few: bool = False
    more: Sequence[Label[Any]] = ()

    def page(self, after: Sequence[Any] | None, limit: int) -> Select[Any]:
        """The first rows beyond these values of the order."""
        met = list(self.conditions)
        if after is not None:
            met.append(after_cursor(self.order, after))
        if self.scoped is None or list_plan(self.visibility) is ListPlan.ALL:
            return self._first(met, limit)
        if list_plan(self.visibility) is ListPlan.FILTER:
            return self._first([*met, is_visible(self.scoped, self.visibility)], limit)
        return self._united(self.scoped, met, limit)

    @property
    def met(self) -> list[ColumnElement[bool]]:
        """All conditions, and that the caller sees the row."""
        seen = () if self.scoped is None else (is_visible(self.scoped, self.visibility),)
        return [*self.conditions, *seen]

    def total(self) -> Select[Any]:
        """How many rows there are; costs what it counts."""
        return select(func.count()).select_from(self.table).where(*self.met)

    def _first(self, met: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
        found = select(self.table, *self.more).where(*met)
        if not self.few:
            return found.order_by(*order_by_clauses(self.order)).limit(limit)
        rows = found.offset(0).subquery("few")
        return select(rows).order_by(*_turned_to(rows, self.order)).limit(limit)

    def _united(
        self, scoped: ScopedResource, met: Sequence[ColumnElement[bool]], limit: int
    ) -> Select[Any]:
        """The first rows of the owners and of what was granted, and of these the first."""
        owners = cast(list(self.visibility.owners), ARRAY(Text))
        if self.by_owner and len(self.visibility.owners) > 1:
            owner = func.unnest(owners).table_valued("subject").render_derived(name="owner")
            first = self._first([*met, scoped.owner_column == owner.c.subject], limit)
            owned: Any = first.lateral("owned")
            theirs = select(*owned.c).select_from(owner.join(owned, true()))
        else:
            owned = self._first([*met, self._theirs(scoped)], limit).subquery("owned")
            theirs = select(*owned.c)
        foreign = scoped.owner_column.is_(None) | (scoped.owner_column != func.all(owners))
        given = self._given(scoped, [*met, foreign], limit)
        rows = union_all(theirs, *given).subquery("rows")
        return select(rows).order_by(*_turned_to(rows, self.order)).limit(limit)

    def _given(
        self, scoped: ScopedResource, met: Sequence[ColumnElement[bool]], limit: int
    ) -> Iterator[Select[Any]]:
        """The first rows granted under each name: an OR of them would be read row by row."""
        before: list[ColumnElement[bool]] = []
        for place, (resource, column) in enumerate(scoped.granted_under):
            granted = column.in_(granted_record_ids(resource, self.visibility))
            part = self._first([*met, *before, granted], limit).subquery(f"given_{place}")
            yield select(*part.c)
            before.append(granted.is_not(true()))

    def _theirs(self, scoped: ScopedResource) -> ColumnElement[bool]:
        """Only for one value is an index read in its order (for a list's, from PostgreSQL 17)."""
        if len(self.visibility.owners) == 1:
            return scoped.owner_column == self.visibility.owners[0]
        return owned_by(scoped, self.visibility)


def _turned_to(rows: Subquery, order: SortOrder) -> list[Any]:
    return [
        rows.c[column.name].desc() if way is DESC else rows.c[column.name].asc()
        for column, way in order
    ]
