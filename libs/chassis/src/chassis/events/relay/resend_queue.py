"""The queue of aggregates whose events an operator wants sent again, read by the relay.

The relay that owns an aggregate's bucket sends its events between two windows, all at once: so an
event committed meanwhile follows them and never comes in between. An aggregate leaves the queue
after its events are acknowledged; after a crash they are sent once more, before any later event:
that is what `begun` is for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database.connections import SharedConnection
from chassis.database.write_cause import write_cause
from chassis.foundation.context import Context

BATCH_AGGREGATES = 50  # what the relay sends between two windows: live events wait that long

REQUEST = """
SELECT r.tenant_id, r.id, r.since FROM event_resend_keys AS k
JOIN event_resends AS r ON r.tenant_id = k.tenant_id AND r.id = k.resend_id
WHERE k.bucket = ANY($1::smallint[]) AND (k.begun OR NOT $2) LIMIT 1
"""
# The mark must survive a crash of the server, unlike the cursors of this session.
BEGIN = """
UPDATE event_resend_keys AS k SET begun = true FROM (
  SELECT bucket, aggregatetype, aggregateid FROM event_resend_keys
  WHERE tenant_id = $1 AND resend_id = $2 AND bucket = ANY($3::smallint[]) AND (begun OR NOT $4)
  LIMIT $5) AS next
WHERE k.tenant_id = $1 AND k.resend_id = $2 AND k.bucket = next.bucket
  AND k.aggregatetype = next.aggregatetype AND k.aggregateid = next.aggregateid
RETURNING k.aggregatetype, k.aggregateid
"""


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

    async def next(
        self, buckets: Collection[int], *, only_begun: bool = False
    ) -> ResendBatch | None:
        """Mark the next aggregates of these buckets as begun and return them; None without any.

        `only_begun` leaves out those of which no event was sent yet.
        """
        async with self._session.use() as connection, connection.transaction():
            request = await connection.fetchrow(REQUEST, list(buckets), only_begun)
            if request is None:
                return None
            await connection.execute("SET LOCAL synchronous_commit = on")
            which = request["tenant_id"], request["id"], list(buckets), only_begun
            rows = await connection.fetch(BEGIN, *which, BATCH_AGGREGATES)
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
