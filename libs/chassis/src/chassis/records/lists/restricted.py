"""Fields of a list that only callers with a further scope see, and may select rows by."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chassis.records.lists.list_query import FilterGroup, ListQuery
from kernel.errors import Forbidden


@dataclass(frozen=True, kw_only=True)
class RestrictedFields:
    """The fields that a list shows as null to callers without a scope, such as user names.

    `filters` are the filters by which such a caller could learn the fields; by default the fields.
    """

    scope: str
    fields: Sequence[str]
    filters: Sequence[str] = ()

    def ensure_unused(self, query: ListQuery) -> None:
        """Ensure that the query selects, counts or sorts by what its caller may see.

        Raises Forbidden (SCOPE_MISSING).
        """
        if query.may(self.scope):
            return
        hidden = {*self.fields, *self.filters}
        used = {name.partition("__")[0] for name in _parameters(query)}
        if used & hidden:
            raise Forbidden("SCOPE_MISSING", scopes=[self.scope])

    def shape(self, query: ListQuery, shape: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return the shape of rows as the caller of the query may see them."""
        if not self.fields or query.may(self.scope):
            return shape
        return lambda row: self.hide(shape(row))

    def hide(self, item: Any) -> Any:
        """Return the item with the restricted fields null."""
        return item.model_copy(update=dict.fromkeys(self.fields))


UNRESTRICTED: Final = RestrictedFields(scope="", fields=())


def _parameters(query: ListQuery) -> Iterator[str]:
    yield from query.values
    yield from (query.count_by or "", (query.sort or "").removeprefix("-"))
    for group in query.groups:
        yield from _names_in(group)


def _names_in(group: FilterGroup) -> Iterator[str]:
    yield from group.values
    for nested in (*group.any_of, *group.all_of):
        yield from _names_in(nested)
