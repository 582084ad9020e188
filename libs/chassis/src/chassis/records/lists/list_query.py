"""The query of a list: its parameters, read and validated."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

from contracts.resources import covers

MAX_NUMBERED_ROWS = 10_000  # what pages by number reach; further rows need a cursor
CUSTOM_PREFIX = "custom."  # the prefix of filters by custom fields


def searched_text(q: str | None) -> str | None:
    """Return the text to search for; None for blanks alone, which select all records."""
    return q if q and q.strip() else None


@dataclass(frozen=True, kw_only=True)
class FilterGroup:
    """Conditions of a search that hold together, with those of nested groups.

    `values` and `custom` are filters as in a `ListQuery`; any of `any_of` and all of `all_of` hold
    too. `pointer` says where the group stands in the request body.
    """

    pointer: str
    values: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    any_of: "tuple[FilterGroup, ...]" = ()
    all_of: "tuple[FilterGroup, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """The filters, search text, sort and fields that a caller asks for.

    `values` are the filters by parameter name, `custom` the filters by custom fields, `subject`
    is the caller, `scopes` what the caller may do (of other queries, nothing). `expand` are the
    paths of records to show as well. Of `groups`, if there are any, one holds. `page` counts from
    1; `count_by` is the field whose values are counted.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[FilterGroup, ...] = ()
    q: str | None = None
    sort: str | None = None
    fields: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    include_total: bool = False
    page: int | None = None
    count_by: str | None = None
    deleted: bool = False
    view: UUID | None = None
    subject: str = ""
    scopes: frozenset[str] = frozenset()

    def may(self, scope: str) -> bool:
        """Return whether the caller of the query holds a scope."""
        return covers(self.scopes, scope)

    def merged_over(self, view: "ListQuery") -> "ListQuery":
        """Return a saved view's query, overridden by this one parameter by parameter."""
        return replace(
            self,
            values={**view.values, **self.values},
            custom={**view.custom, **self.custom},
            q=self.q if self.q is not None else view.q,
            sort=self.sort or view.sort,
            fields=self.fields or view.fields,
            expand=self.expand or view.expand,
            deleted=self.deleted or view.deleted,
            count_by=self.count_by or view.count_by,
            view=None,
        )

    @property
    def is_filtered(self) -> bool:
        """Whether the query selects some of the rows."""
        return bool(self.values or self.custom or self.groups or self.q)

    @property
    def cursor_scope(self) -> str:
        """The parameters that decide the rows and their order; cursors are bound to them."""
        values = sorted(self.values.items())
        custom = sorted(self.custom.items())
        parameters = [values, custom, self.q, self.sort, self.deleted, self.groups]
        return orjson.dumps(parameters, default=str).decode()
