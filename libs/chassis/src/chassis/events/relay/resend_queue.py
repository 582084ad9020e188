"""The queue of aggregates whose events an operator wants sent again, read by the relay.

The relay that owns an aggregate's bucket sends its events between two windows, all at once: so an
event committed meanwhile follows them and never comes in between. An aggregate leaves the queue
after its events are acknowledged; after a crash they are sent once more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database.connections import SharedConnection
from chassis.database.write_cause import write_cause
from chassis.foundation.context import Context

BATCH_AGGREGATES = 50  # what the relay sends between two windows: live events wait that long


@dataclass(frozen=True)
class ResendBatch:
    """Some aggregates of one request; an aggregate is its type and its id."""

    tenant_id: UUID
    resend_id: UUID
    since: datetime
    aggregates: list[tuple[str, UUID]]


class ResendQueue:
    """The queue, read and written in the session that owns the buckets."""

    def __init__(self, session: SharedConnection) -> None:
        self._session = session

    async def next(self, buckets: Collection[int]) -> ResendBatch | None:
        """Return the next aggregates of these buckets; None when none is queued."""
        async with self._session.use() as connection:
            request = await connection.fetchrow(
                "SELECT r.tenant_id, r.id, r.since FROM event_resend_keys AS k"
                " JOIN event_resends AS r ON r.tenant_id = k.tenant_id AND r.id = k.resend_id"
                " WHERE k.bucket = ANY($1::smallint[]) LIMIT 1",
                list(buckets),
            )
            if request is None:
                return None
            rows = await connection.fetch(
                "SELECT aggregatetype, aggregateid FROM event_resend_keys"
                " WHERE tenant_id = $1 AND resend_id = $2 AND bucket = ANY($3::smallint[])"
                " LIMIT $4",
                request["tenant_id"],
                request["id"],
                list(buckets),
                BATCH_AGGREGATES,
            )
        aggregates = [(row["aggregatetype"], row["aggregateid"]) for row in rows]
        return ResendBatch(request["tenant_id"], request["id"], request["since"], aggregates)

    async def finish(self, batch: ResendBatch, *, sent: int, quarantined: int) -> None:
        """Remove the aggregates from the queue and count their events.

        Two relays may finish batches of one request at once: the row's lock lets the later one see
        that nothing is left. A request that was cancelled meanwhile stays as it ended.
        """
        request = batch.tenant_id, batch.resend_id
        async with self._session.use() as connection, connection.transaction():
            requested_by = await connection.fetchval(
                "SELECT requested_by FROM event_resends"
                " WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
                *request,
            )
            cause = write_cause(Context(actor=requested_by))
            await connection.execute("SELECT set_config('app.cause', $1, true)", cause)
            await connection.execute(
                "DELETE FROM event_resend_keys USING unnest($3::text[], $4::uuid[]) AS done(t, k)"
                " WHERE tenant_id = $1 AND resend_id = $2"
                " AND aggregatetype = done.t AND aggregateid = done.k",
                *request,
                [kind for kind, _ in batch.aggregates],
                [key for _, key in batch.aggregates],
            )
            await connection.execute(
                "UPDATE event_resends SET sent = sent + $3, quarantined = quarantined + $4,"
                " progressed_at = clock_timestamp(),"
                " finished_at = CASE WHEN finished_at IS NULL AND NOT EXISTS ("
                "  SELECT FROM event_resend_keys WHERE tenant_id = $1 AND resend_id = $2)"
                "  THEN clock_timestamp() ELSE finished_at END"
                " WHERE tenant_id = $1 AND id = $2",
                *request,
                sent,
                quarantined,
            )
