"""Whose rows a list of parts shows: all of the records that it names, else only the caller's own.

Without a record that is named, every row of everybody would have to be looked up in the table of
the records of which the rows are parts.
"""

from collections.abc import Sequence

from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.filters import EQUAL, IN, FilterParameter
from chassis.records.lists.list_query import ListQuery


def scope_of_list(
    scoped: ScopedResource | None, query: ListQuery, parameters: Sequence[FilterParameter]
) -> ScopedResource | None:
    """Return the resource as the list of a query sees it."""
    if scoped is None or not scoped.seen_with:
        return scoped
    parents = [column for _, column in scoped.seen_under]
    names_parents = any(
        each.operation in (EQUAL, IN) and any(each.column is one for one in parents)
        for each in parameters
        if each.name in query.values
    )
    return scoped if names_parents else scoped.by_itself
