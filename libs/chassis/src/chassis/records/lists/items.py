"""The items of a list: with the names and records to which they refer, and the chosen fields."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.lists.list_query import ListQuery
from chassis.web.reference_names import fill_names
from chassis.web.references import has_name_fields

T = TypeVar("T", bound=BaseModel)


class Expander(Protocol):
    """Reads the records at some paths of an answer into it."""

    async def expand(
        self, tx: AsyncConnection, answer: Any, paths: Sequence[str] | None = None
    ) -> None: ...


async def complete_items(
    tx: AsyncConnection, items: list[T], query: ListQuery, expander: Expander | None = None
) -> list[T]:
    """Return the items with the names and the records that the query includes, and no others."""
    if expander is not None and query.expand:
        await expander.expand(tx, items, query.expand)
    if query.expand or not query.fields or has_name_fields(items, query.fields):
        await fill_names(tx, items)
    if not query.fields:
        return items
    included = {"id", *query.fields, *(path.partition(".")[0] for path in query.expand)}
    return [_selected(item, included) for item in items]


def _selected(item: T, included: Collection[str]) -> T:
    """Return the item with only these fields; the response omits all others."""
    selected = item.model_copy()
    for name in type(item).model_fields.keys() - included:
        del selected.__dict__[name]
    return selected
