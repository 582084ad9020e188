"""Relay cursors: how far each bucket of the outbox is published.

A cursor is a pair of snapshots and the last row sent between them. `hi` is saved before the first
row of a window is sent. After a crash the same window is read again from `last`; with a newer end
of the window, rows with a lower number than `last` would be lost.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import asyncpg

from chassis.database.connections import SharedConnection
from chassis.events.relay.epoch import DatabaseEpoch
from chassis.events.relay.quarantine import QuarantinedRecord, quarantine_records
from chassis.events.relay.windows import BEGINNING, Snapshot, Window


class CursorLost(RuntimeError):
    """A cursor row is missing or of another epoch: the database was rebased under this relay."""


@dataclass(frozen=True)
class CursorPosition:
    """Every row that `lo` sees is sent; of the rows that only `hi` sees, those up to `last`."""

    lo: Snapshot
    hi: Snapshot | None = None
    last: int = 0

    def window(self, now: Snapshot) -> Window:
        """Return the window already begun, or a new one up to now."""
        return Window(self.lo, self.hi or now)


class CursorStore:
    """The cursor rows, read and written in the session that owns their buckets."""

    def __init__(self, session: SharedConnection, database_epoch: DatabaseEpoch) -> None:
        self._session = session
        self._database_epoch = database_epoch

    async def load(self, buckets: Collection[int]) -> dict[int, CursorPosition]:
        """Return the positions of buckets just acquired; a new bucket is at the beginning."""
        async with self._session.use() as connection:
            await connection.execute(
                "INSERT INTO relay_cursors (bucket, system_identifier, epoch, lo)"
                " SELECT bucket, $2, $3, $4 FROM unnest($1::smallint[]) AS bucket"
                " ON CONFLICT DO NOTHING",
                list(buckets),
                self._database_epoch.identity,
                self._database_epoch.epoch,
                str(BEGINNING),
            )
            rows = await connection.fetch(
                "SELECT bucket, lo, hi, last FROM relay_cursors WHERE bucket = ANY($1::smallint[])",
                list(buckets),
            )
        return {row["bucket"]: _position(row) for row in rows}

    async def save(
        self,
        buckets: Collection[int],
        position: CursorPosition,
        quarantined: Sequence[QuarantinedRecord] = (),
    ) -> None:
        """Save one position for these buckets, with the records quarantined on the way to it.

        Raises CursorLost, and KeyFreed as `quarantine_records` does.
        """
        async with self._session.use() as connection, connection.transaction():
            if quarantined:
                await quarantine_records(connection, quarantined)
            status = await connection.execute(
                "UPDATE relay_cursors SET lo = $2, hi = $3, last = $4"
                " WHERE bucket = ANY($1::smallint[]) AND epoch = $5",
                list(buckets),
                str(position.lo),
                None if position.hi is None else str(position.hi),
                position.last,
                self._database_epoch.epoch,
            )
            if status != f"UPDATE {len(buckets)}":
                raise CursorLost(f"{status} instead of {len(buckets)} cursors")


def _position(row: asyncpg.Record) -> CursorPosition:
    hi = row["hi"]
    return CursorPosition(
        Snapshot.parse(row["lo"]), Snapshot.parse(hi) if hi else None, row["last"]
    )
