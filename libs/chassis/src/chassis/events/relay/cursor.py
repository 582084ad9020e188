"""Where each bucket of the outbox stands: a pair of snapshots and the last row sent between them.

`hi` is saved before the first row of a window is sent. After a crash the same window is read again
from `last`; were its end looked up anew, rows with a lower number than `last` would be lost.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from chassis.database.connections import SharedConnection
from chassis.events.relay.epoch import DatabaseEpoch
from chassis.events.relay.quarantine import QuarantinedRecord, quarantine_records
from chassis.events.relay.windows import BEGINNING, Snapshot, Window

# The first by transaction is the oldest but for moments, and either half finds it by the index.
OLDEST_UNSENT = """
SELECT min(created) FROM (
 (SELECT created FROM outbox
  WHERE xid >= $1::text::xid8 AND bucket = ANY($2::smallint[])
    AND (seq > $3 OR NOT pg_visible_in_snapshot(xid, $4::text::pg_snapshot))
  ORDER BY xid LIMIT 1)
 UNION ALL
 (SELECT created FROM outbox
  WHERE xid = ANY($5::text[]::xid8[]) AND bucket = ANY($2::smallint[])
    AND (seq > $3 OR NOT pg_visible_in_snapshot(xid, $4::text::pg_snapshot))
  ORDER BY xid LIMIT 1)
) AS first_rows
"""


class CursorLost(RuntimeError):
    """A cursor row is gone or of another epoch: somebody rebased under a running relay."""


@dataclass(frozen=True)
class CursorPosition:
    """All that `lo` sees is sent; of what `hi` sees beyond it, the rows up to `last` are."""

    lo: Snapshot
    hi: Snapshot | None = None
    last: int = 0

    def window(self, now: Snapshot) -> Window:
        """The window under way, or a fresh one up to now."""
        return Window(self.lo, self.hi or now)


class CursorStore:
    """The cursor rows, read and written in the session that owns their buckets."""

    def __init__(self, session: SharedConnection, standing: DatabaseEpoch) -> None:
        self._session = session
        self._standing = standing

    async def load(self, buckets: Collection[int]) -> dict[int, CursorPosition]:
        """The places of buckets just acquired; a new one stands at the beginning."""
        async with self._session.held() as connection:
            await connection.execute(
                "INSERT INTO relay_cursors (bucket, system_identifier, epoch, lo)"
                " SELECT bucket, $2, $3, $4 FROM unnest($1::smallint[]) AS bucket"
                " ON CONFLICT DO NOTHING",
                list(buckets),
                self._standing.identity,
                self._standing.epoch,
                str(BEGINNING),
            )
            rows = await connection.fetch(
                "SELECT bucket, lo, hi, last FROM relay_cursors WHERE bucket = ANY($1::smallint[])",
                list(buckets),
            )
        return {row["bucket"]: _place(row) for row in rows}

    async def oldest_unsent(
        self, place: CursorPosition, buckets: Collection[int]
    ) -> datetime | None:
        """When the oldest event of these buckets beyond their place was written, if any was."""
        async with self._session.held() as connection:
            created: datetime | None = await connection.fetchval(
                OLDEST_UNSENT,
                str(place.lo.xmax),
                list(buckets),
                place.last,
                str(place.hi or place.lo),
                [str(xid) for xid in place.lo.running],
            )
        return created

    async def save(
        self,
        buckets: Collection[int],
        place: CursorPosition,
        held: Sequence[QuarantinedRecord] = (),
    ) -> None:
        """Write the place of buckets that stand together, with what was quarantined on the way.

        Raises CursorLost, and KeyFreed as `quarantine_records` does.
        """
        async with self._session.held() as connection, connection.transaction():
            if held:
                await quarantine_records(connection, held)
            status = await connection.execute(
                "UPDATE relay_cursors SET lo = $2, hi = $3, last = $4"
                " WHERE bucket = ANY($1::smallint[]) AND epoch = $5",
                list(buckets),
                str(place.lo),
                None if place.hi is None else str(place.hi),
                place.last,
                self._standing.epoch,
            )
            if status != f"UPDATE {len(buckets)}":
                raise CursorLost(f"{status} instead of {len(buckets)} cursors")


def _place(row: asyncpg.Record) -> CursorPosition:
    hi = row["hi"]
    return CursorPosition(
        Snapshot.parse(row["lo"]), Snapshot.parse(hi) if hi else None, row["last"]
    )
