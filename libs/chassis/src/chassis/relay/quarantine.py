"""Events the broker refuses for good, kept back with all later ones of their keys.

The relay goes on with the other keys. When the cause is removed (a topic's limit raised), an
operator has the key sent again in order, or skips it: `retry`, `skip`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chassis.connections import connected
from chassis.envelope import Envelope
from chassis.relay.epoch import settle
from chassis.relay.transport import BEHIND, Record, Transport

PAGE = 50


@dataclass(frozen=True)
class Held:
    """One row kept back, and why."""

    tenant_id: UUID
    seq: int
    key: str
    bucket: int
    reason: str

    @property
    def is_cause(self) -> bool:
        """Refused itself, not just behind a refused one."""
        return self.reason != BEHIND


async def hold(connection: asyncpg.Connection, held: Sequence[Held]) -> None:
    """Keep rows back; one that is kept already stays as it is."""
    await connection.executemany(
        "INSERT INTO quarantined_events (tenant_id, seq, key, bucket, reason)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        [(row.tenant_id, row.seq, row.key, row.bucket, row.reason) for row in held],
    )


async def blocked_keys(connection: asyncpg.Connection, buckets: Collection[int]) -> frozenset[str]:
    """The keys whose events must not be sent."""
    rows = await connection.fetch(
        "SELECT DISTINCT key FROM quarantined_events WHERE bucket = ANY($1::smallint[])",
        list(buckets),
    )
    return frozenset(row["key"] for row in rows)


async def retry(worker_url: str, transport: Transport, *, service: str, key: str) -> int:
    """Send a key's quarantined events again, in order; returns how many were sent.

    Stops at the first that is refused again. What the running relay puts behind them meanwhile is
    sent in the same go; once no row of the key is left, the relay lets it flow.
    """
    sent = 0
    async with connected(worker_url, name=f"{service}-quarantine") as connection:
        epoch = (await settle(connection, service)).epoch
        while rows := await _oldest(connection, key):
            records = [Record.of(Envelope.from_outbox_row(row, epoch), row["seq"]) for row in rows]
            refused = {refusal.record.seq for refusal in await transport.send(records)}
            done = [record.seq for record in records if record.seq not in refused]
            await connection.execute(
                "DELETE FROM quarantined_events WHERE key = $1 AND seq = ANY($2::bigint[])",
                key,
                done,
            )
            sent += len(done)
            if refused:
                break
    return sent


async def _oldest(connection: asyncpg.Connection, key: str) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(
        "SELECT o.* FROM quarantined_events AS q JOIN outbox AS o USING (tenant_id, seq)"
        " WHERE q.tenant_id = $1 AND q.key = $2 ORDER BY q.seq LIMIT $3",
        UUID(key.partition(":")[0]),
        key,
        PAGE,
    )
    return rows


async def skip(worker_url: str, *, service: str, key: str) -> int:
    """Give a key's quarantined events up, so that later ones flow; returns how many were lost."""
    async with connected(worker_url, name=f"{service}-quarantine") as connection:
        lost = await connection.fetch(
            "DELETE FROM quarantined_events WHERE tenant_id = $1 AND key = $2 RETURNING seq",
            UUID(key.partition(":")[0]),
            key,
        )
    return len(lost)
