"""Reads outbox rows page by page, through a server-side cursor: windows, and events sent before.

`seq > last LIMIT n` would read and sort the window again for every page.
"""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.events.relay.windows import Window

PAGE_ROWS = 500
PAGE_BYTES = 16_000_000
FIRST_PAGE_ROWS = 32

# Both halves are ranges of an index, so the cost is that of the rows read, whatever is still open.
COLUMNS = """seq, tenant_id, bucket, id, aggregatetype, aggregateid, aggversion, type, payload,
 correlationid, causationid, actor, traceparent, created"""
WINDOW = f"""
SELECT * FROM (
 SELECT {COLUMNS} FROM outbox
 WHERE xid >= $1::text::xid8 AND xid < $2::text::xid8
   AND pg_visible_in_snapshot(xid, $3::text::pg_snapshot)
   AND bucket = ANY($4::smallint[]) AND seq > $5
 UNION ALL
 SELECT {COLUMNS} FROM outbox
 WHERE xid = ANY($6::text[]::xid8[]) AND bucket = ANY($4::smallint[]) AND seq > $5
) AS window_rows ORDER BY seq
"""  # noqa: S608  # constants
# Facts, without the snapshots of states: those are published again instead, by a command.
IS_FACT = "type NOT LIKE '%.snapshot.v%'"
# Of these aggregates, the facts written since then that their bucket's cursor has passed. For one
# aggregate the order of `seq` is that of its versions. OFFSET 0 keeps the planner from reading the
# whole outbox instead of a range of an index for each aggregate.
SENT_BEFORE = f"""
SELECT {COLUMNS} FROM unnest($2::text[], $3::uuid[]) WITH ORDINALITY AS requested(kind, key, place)
CROSS JOIN LATERAL (
  SELECT {COLUMNS} FROM outbox JOIN relay_cursors USING (bucket)
  WHERE tenant_id = $1 AND aggregatetype = kind AND aggregateid = key
    AND created >= $4 AND {IS_FACT} AND pg_visible_in_snapshot(xid, lo::pg_snapshot)
  OFFSET 0) AS events
ORDER BY place, seq
"""  # noqa: S608  # constants


@dataclass(frozen=True)
class WindowPage:
    """Outbox rows in order; `is_last` when there are no more."""

    rows: list[asyncpg.Record]
    is_last: bool


class WindowPages:
    """Reads rows on a connection of its own, and remembers how many rows a page may have.

    Pages begin small and double, because the size of rows is not known before they are read, and
    500 rows of 8 MB would not fit into memory.
    """

    def __init__(self, reader: asyncpg.Connection, *, max_rows: int = PAGE_ROWS) -> None:
        self._reader = reader
        self._max_rows = max_rows
        self._limit = min(FIRST_PAGE_ROWS, max_rows)

    async def read(
        self, window: Window, buckets: Collection[int], last: int
    ) -> AsyncGenerator[WindowPage, None]:
        """Yield the pages of these buckets' rows after `last`; the last page may be empty."""
        bounds = (str(window.since), str(window.until), str(window.hi))
        finished = [str(xid) for xid in window.finished]
        rows = self._read(WINDOW, *bounds, list(buckets), last, finished)
        async with aclosing(rows) as pages:
            async for page in pages:
                yield page

    async def read_sent(
        self, tenant: UUID, aggregates: Sequence[tuple[str, UUID]], since: datetime
    ) -> AsyncGenerator[WindowPage, None]:
        """Yield the pages of these aggregates' events that were sent before, in order for each.

        An aggregate is its type and its id. The last page may be empty.
        """
        types, ids = [kind for kind, _ in aggregates], [key for _, key in aggregates]
        async with aclosing(self._read(SENT_BEFORE, tenant, types, ids, since)) as pages:
            async for page in pages:
                yield page

    async def _read(self, statement: str, *values: object) -> AsyncGenerator[WindowPage, None]:
        async with self._reader.transaction(readonly=True):
            cursor = await self._reader.cursor(statement, *values)
            is_last = False
            while not is_last:
                limit = self._limit
                rows = await cursor.fetch(limit)
                is_last = len(rows) < limit
                self._adjust_limit(rows)
                yield WindowPage(rows, is_last)

    def _adjust_limit(self, rows: list[asyncpg.Record]) -> None:
        size = sum(len(row["payload"]) for row in rows)
        fitting = PAGE_BYTES * len(rows) // size if size else self._max_rows
        self._limit = max(1, min(self._max_rows, fitting, self._limit * 2))
