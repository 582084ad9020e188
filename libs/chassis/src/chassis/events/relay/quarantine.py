"""Events the broker refuses for good, kept back with all later ones of their keys.

The relay goes on with the other keys. When the cause is removed (a topic's limit raised), an
operator has the key sent again in order, or skips it: `retry_quarantined`, `skip_quarantined`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database.connections import open_connection
from chassis.events.envelope import Envelope
from chassis.events.relay.epoch import verify_epoch
from chassis.events.relay.transport import BEHIND, ProducerRecord, Transport

RETRY_PAGE_ROWS = 50


@dataclass(frozen=True)
class QuarantinedRecord:
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


class KeyFreed(RuntimeError):
    """An operator freed a key meanwhile: what was to queue up behind it must be sent instead."""


@dataclass(frozen=True)
class QuarantinedKey:
    """A key whose events are kept back: how many, since when, and why the first one is."""

    key: str
    events: int
    since: datetime
    reason: str


async def quarantine_records(
    connection: asyncpg.Connection, held: Sequence[QuarantinedRecord]
) -> None:
    """Keep rows back; one that is kept already stays as it is.

    Raises KeyFreed: a row behind others may be kept only while these are. One of them is locked
    until the commit, so that `retry_quarantined` and `skip_quarantined` see the new row before they call a key free.
    """
    causes = {row.key for row in held if row.is_cause}
    behind = {row.key: row.tenant_id for row in held if row.key not in causes}
    if freed := behind.keys() - await _locked_keys(connection, behind):
        raise KeyFreed(f"{', '.join(sorted(freed))}: no event is kept back any more")
    await connection.executemany(
        "INSERT INTO quarantined_events (tenant_id, seq, key, bucket, reason)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        [(row.tenant_id, row.seq, row.key, row.bucket, row.reason) for row in held],
    )


async def _locked_keys(connection: asyncpg.Connection, keys: Mapping[str, UUID]) -> set[str]:
    """Those of the keys (with their tenants) that have rows, the last row of each locked."""
    wanted = sorted(keys)
    rows = await connection.fetch(
        "SELECT last.key FROM unnest($1::uuid[], $2::text[]) AS wanted(tenant_id, key)"
        " CROSS JOIN LATERAL (SELECT q.key FROM quarantined_events AS q"
        "  WHERE q.tenant_id = wanted.tenant_id AND q.key = wanted.key"
        "  ORDER BY q.seq DESC LIMIT 1 FOR KEY SHARE) AS last",
        [keys[key] for key in wanted],
        wanted,
    )
    return {row["key"] for row in rows}


async def list_quarantined(worker_url: str, service: str) -> list[QuarantinedKey]:
    """The keys that are kept back, of all tenants, the oldest first."""
    async with open_connection(worker_url, name=f"{service}-quarantine") as connection:
        rows = await connection.fetch(
            "SELECT key, count(*) AS events, min(quarantined_at) AS since,"
            " (array_agg(reason ORDER BY seq))[1] AS reason"
            " FROM quarantined_events GROUP BY tenant_id, key ORDER BY since, key"
        )
    return [QuarantinedKey(**row) for row in rows]


async def quarantined_keys(
    connection: asyncpg.Connection, buckets: Collection[int]
) -> frozenset[str]:
    """The keys whose events must not be sent."""
    rows = await connection.fetch(
        "SELECT DISTINCT key FROM quarantined_events WHERE bucket = ANY($1::smallint[])",
        list(buckets),
    )
    return frozenset(row["key"] for row in rows)


async def retry_quarantined(
    worker_url: str, transport: Transport, *, service: str, key: str
) -> int:
    """Send a key's quarantined events again, in order; returns how many were sent.

    Stops at the first that is refused again. What the running relay puts behind them meanwhile is
    sent in the same go; once no row of the key is left, the relay lets it flow.
    """
    sent = 0
    async with open_connection(worker_url, name=f"{service}-quarantine") as connection:
        epoch = (await verify_epoch(connection, service)).epoch
        while rows := await _oldest(connection, key):
            records = [
                ProducerRecord.of(Envelope.from_outbox_row(row, epoch), row["seq"]) for row in rows
            ]
            refused = {one.record.seq: one.reason for one in await transport.send(records)}
            done = [record.seq for record in records if record.seq not in refused]
            await _tell(connection, key, refused)
            await connection.execute(
                "DELETE FROM quarantined_events WHERE key = $1 AND seq = ANY($2::bigint[])",
                key,
                done,
            )
            sent += len(done)
            if refused:
                break
    return sent


async def _tell(connection: asyncpg.Connection, key: str, refused: Mapping[int, str]) -> None:
    """Say why rows are kept: one that was behind another may now be refused itself."""
    await connection.executemany(
        "UPDATE quarantined_events SET reason = $4 WHERE tenant_id = $1 AND key = $2 AND seq = $3",
        [(UUID(key.partition(":")[0]), key, seq, reason) for seq, reason in refused.items()],
    )


async def _oldest(connection: asyncpg.Connection, key: str) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(
        "SELECT o.* FROM quarantined_events AS q JOIN outbox AS o USING (tenant_id, seq)"
        " WHERE q.tenant_id = $1 AND q.key = $2 ORDER BY q.seq LIMIT $3",
        UUID(key.partition(":")[0]),
        key,
        RETRY_PAGE_ROWS,
    )
    return rows


async def skip_quarantined(worker_url: str, *, service: str, key: str) -> int:
    """Give a key's quarantined events up, so that later ones flow; returns how many were lost."""
    lost = 0
    async with open_connection(worker_url, name=f"{service}-quarantine") as connection:
        while rows := await _delete_all(connection, key):  # the relay may add one meanwhile
            lost += len(rows)
    return lost


async def _delete_all(connection: asyncpg.Connection, key: str) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(
        "DELETE FROM quarantined_events WHERE tenant_id = $1 AND key = $2 RETURNING seq",
        UUID(key.partition(":")[0]),
        key,
    )
    return rows
