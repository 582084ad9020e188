"""All rows of a list in batches, for files and streams."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_mappings
from chassis.records.access.visibility import Visibility
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.list_search import ListSearch
from chassis.records.lists.listing import Listing, ListRow

BATCH_ROWS = 500


async def list_rows(
    tx: AsyncConnection,
    listing: Listing[Any],
    query: ListQuery,
    visibility: Visibility,
    *,
    size: int = BATCH_ROWS,
) -> AsyncIterator[list[ListRow]]:
    """Yield all rows that the caller sees, in batches."""
    after: list[Any] | None = None
    while True:
        batch, after = await list_batch(tx, listing, query, visibility, after=after, size=size)
        if batch:
            yield batch
        if after is None:
            return


async def list_batch(
    tx: AsyncConnection,
    listing: Listing[Any],
    query: ListQuery,
    visibility: Visibility,
    *,
    after: Sequence[Any] | None = None,
    size: int = BATCH_ROWS,
) -> tuple[list[ListRow], list[Any] | None]:
    """Return the next rows, and the `after` of the following batch; None after the last.

    For jobs with a transaction per batch.
    """
    query = await listing.with_view(tx, query)
    return await next_batch(tx, await listing.search(tx, query, visibility), after, size=size)


async def next_batch(
    tx: AsyncConnection, search: ListSearch, after: Sequence[Any] | None, *, size: int = BATCH_ROWS
) -> tuple[list[ListRow], list[Any] | None]:
    """Return the next rows of a search, and the `after` of the following batch or None."""
    rows = await fetch_mappings(tx, search.page(after, size))
    if len(rows) < size:
        return list(rows), None
    return list(rows), [rows[-1][column.name] for column, _ in search.order]
