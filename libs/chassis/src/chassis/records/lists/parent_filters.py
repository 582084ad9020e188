"""Whose rows a list of parts shows: all of the records that it names, else only the caller's own.

Without a record that is named, every row of everybody would have to be looked up in the table of
the records that the rows hang on.
"""

from collections.abc import Sequence
from dataclasses import replace

from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.filters import EQUAL, IN, FilterParameter
from chassis.records.lists.list_query import ListQuery


def scope_of_list(
    scoped: ScopedResource | None, query: ListQuery, parameters: Sequence[FilterParameter]
) -> ScopedResource | None:
    """Return the resource as the list of a query sees it."""
    if scoped is None or not scoped.seen_with:
        return scoped
    named = {
        each.column
        for each in parameters
        if each.name in query.values and each.operation in (EQUAL, IN)
    }
    parents = tuple(one for one in scoped.seen_with if scoped.table.c[one[1]] in named)
    return replace(scoped, seen_with=parents)
