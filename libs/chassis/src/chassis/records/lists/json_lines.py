"""JSON Lines: a whole list as a stream, read in batches under one snapshot of the database."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request
from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import StreamingResponse
from starlette.types import Send

from chassis.database.engine import Database
from chassis.records.access.visibility import Visibility
from chassis.records.lists.batches import BATCH_ROWS, next_batch
from chassis.records.lists.items import Expander, complete_items
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.list_search import ListSearch, Preparation, plan_each_search
from chassis.records.lists.listing import Listing, RowShape
from chassis.records.lists.page_start import page_start
from chassis.web.pages import PageRequest

JSON_LINES = ("application/jsonl", "application/x-ndjson")
# A stream holds a connection and a snapshot, which keeps the database from removing dead rows: few
# at once, and not for ever. Longer lists are for exports.
MAX_STREAMS, MAX_SECONDS = 4, 600
_free_streams = asyncio.Semaphore(MAX_STREAMS)
# The OpenAPI of a route that answers JSON Lines beside JSON.
JSON_LINES_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            JSON_LINES[0]: {
                "schema": {
                    "type": "string",
                    "description": "Every record of the list, one JSON object per line, instead of"
                    " a page; `cursor` says where to begin",
                }
            }
        }
    }
}


def requested_json_lines(request: Request) -> str | None:
    """Return the media type of JSON Lines that the caller prefers to JSON; None without one."""
    for accepted in request.headers.get("accept", "").split(","):
        media_type = accepted.partition(";")[0].strip().lower()
        if media_type in JSON_LINES:
            return media_type
        if media_type in ("application/json", "application/*", "*/*"):
            return None
    return None


@dataclass(frozen=True, kw_only=True)
class LineStream:
    """The lines of a list: its rows after `after`, shown by `shape` and completed for `query`."""

    database: Database
    tenant: UUID
    search: ListSearch
    after: Sequence[Any] | None
    shape: RowShape
    query: ListQuery
    expander: Expander | None
    prepare: Preparation = plan_each_search

    async def batches(self, *, size: int = BATCH_ROWS) -> AsyncGenerator[bytes, None]:
        """Yield all lines in pieces of `size` rows; no more are held in memory."""
        after = self.after
        async with _free_streams, self.database.begin(self.tenant, snapshot=True) as tx:
            await self.prepare(tx)
            while True:
                rows, after = await next_batch(tx, self.search, after, size=size)
                if rows:
                    items = await asyncio.to_thread(lambda rows: [*map(self.shape, rows)], rows)
                    items = await complete_items(tx, items, self.query, self.expander)
                    yield await asyncio.to_thread(_encode, items)
                if after is None:
                    return


def _encode(items: Sequence[BaseModel]) -> bytes:
    return b"".join(orjson.dumps(item.model_dump(mode="json")) + b"\n" for item in items)


async def open_stream(
    tx: AsyncConnection,
    request: Request,
    listing: Listing[Any],
    query: ListQuery,
    page: PageRequest,
    visibility: Visibility,
    shape: RowShape,
    where: Sequence[ColumnElement[bool]],
    expander: Expander,
) -> LineStream:
    """Prepare the stream of a list while errors can still be answered.

    Raises Invalid as the list does.
    """
    query = await listing.with_view(tx, query)
    search = await listing.search(tx, query, visibility, where)
    page = replace(page, filters=page.filters + query.cursor_scope)
    shape = listing.restricted.shape(query, shape)
    return LineStream(
        database=request.app.state.database,
        tenant=request.state.principal.tenant_id,
        search=search,
        after=page_start(page, search),
        shape=shape,
        query=query,
        expander=expander,
        prepare=listing.prepare,
    )


class JsonLinesResponse(StreamingResponse):
    """A response of JSON Lines that ends its transaction at once when the caller goes away.

    It is cut short, which the caller notices, when the caller takes more than MAX_SECONDS to read.
    """

    def __init__(self, stream: LineStream, media_type: str) -> None:
        self._batches = stream.batches()
        super().__init__(self._batches, media_type=media_type)

    async def stream_response(self, send: Send) -> None:
        """Send the lines. Raises TimeoutError."""
        async with aclosing(self._batches), asyncio.timeout(MAX_SECONDS):
            await super().stream_response(send)
