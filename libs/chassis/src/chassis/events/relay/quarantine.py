"""Quarantine: events that the broker refuses permanently, and all later events of their keys.

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
    """One outbox row in quarantine, and the reason."""

    tenant_id: UUID
    seq: int
    key: str
    bucket: int
    reason: str

    @property
    def is_refused(self) -> bool:
        """Whether the broker refused this record itself, not one before it."""
        return self.reason != BEHIND


class KeyFreed(RuntimeError):
    """An operator freed a key meanwhile: records that were to queue behind it must be sent."""


@dataclass(frozen=True)
class QuarantinedKey:
    """A quarantined key: how many events it holds, since when, and the first one's reason."""

    key: str
    events: int
    since: datetime
    reason: str


async def quarantine_records(
    connection: asyncpg.Connection, records: Sequence[QuarantinedRecord]
) -> None:
    """Put records into quarantine; records already in quarantine stay as they are.

    Raises KeyFreed: a record behind others may be quarantined only while these are. One of them is
    locked until the commit, so that an operator's retry or skip sees the new record before it
    considers the key free.
    """
    refused = {record.key for record in records if record.is_refused}
    behind = {record.key: record.tenant_id for record in records if record.key not in refused}
    if freed := behind.keys() - await _lock_keys(connection, behind):
        raise KeyFreed(f"{', '.join(sorted(freed))}: no event is quarantined any more")
    await connection.executemany(
        "INSERT INTO quarantined_events (tenant_id, seq, key, bucket, reason)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        [(one.tenant_id, one.seq, one.key, one.bucket, one.reason) for one in records],
    )


async def _lock_keys(connection: asyncpg.Connection, tenants: Mapping[str, UUID]) -> set[str]:
    """Lock the last row of each key and return the keys that have rows; `tenants` is by key."""
    keys = sorted(tenants)
    rows = await connection.fetch(
        "SELECT last.key FROM unnest($1::uuid[], $2::text[]) AS requested(tenant_id, key)"
        " CROSS JOIN LATERAL (SELECT q.key FROM quarantined_events AS q"
        "  WHERE q.tenant_id = requested.tenant_id AND q.key = requested.key"
        "  ORDER BY q.seq DESC LIMIT 1 FOR KEY SHARE) AS last",
        [tenants[key] for key in keys],
        keys,
    )
    return {row["key"] for row in rows}


async def list_quarantined(worker_url: str, service: str) -> list[QuarantinedKey]:
    """Return the quarantined keys of all tenants, the oldest first."""
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
    """Return the keys of these buckets whose events must not be sent."""
    rows = await connection.fetch(
        "SELECT DISTINCT key FROM quarantined_events WHERE bucket = ANY($1::smallint[])",
        list(buckets),
    )
    return frozenset(row["key"] for row in rows)


async def retry_quarantined(
    worker_url: str, transport: Transport, *, service: str, key: str
) -> int:
    """Send a key's quarantined events again, in order; returns how many were sent.

    Stops at the first that is refused again. Events that the running relay quarantines behind them
    meanwhile are sent too; once the key has no row left, the relay sends its events as usual.
    """
    sent = 0
    async with open_connection(worker_url, name=f"{service}-quarantine") as connection:
        epoch = (await verify_epoch(connection, service)).epoch
        while rows := await _oldest_rows(connection, key):
            records = [
                ProducerRecord.of(Envelope.from_outbox_row(row, epoch), row["seq"]) for row in rows
            ]
            refused = {one.record.seq: one.reason for one in await transport.send(records)}
            delivered = [record.seq for record in records if record.seq not in refused]
            await _update_reasons(connection, key, refused)
            await connection.execute(
                "DELETE FROM quarantined_events WHERE key = $1 AND seq = ANY($2::bigint[])",
                key,
                delivered,
            )
            sent += len(delivered)
            if refused:
                break
    return sent


async def _update_reasons(
    connection: asyncpg.Connection, key: str, refused: Mapping[int, str]
) -> None:
    """Save why rows stay: one that was behind another may now be refused itself."""
    await connection.executemany(
        "UPDATE quarantined_events SET reason = $4 WHERE tenant_id = $1 AND key = $2 AND seq = $3",
        [(UUID(key.partition(":")[0]), key, seq, reason) for seq, reason in refused.items()],
    )


async def _oldest_rows(connection: asyncpg.Connection, key: str) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(
        "SELECT o.* FROM quarantined_events AS q JOIN outbox AS o USING (tenant_id, seq)"
        " WHERE q.tenant_id = $1 AND q.key = $2 ORDER BY q.seq LIMIT $3",
        UUID(key.partition(":")[0]),
        key,
        RETRY_PAGE_ROWS,
    )
    return rows


async def skip_quarantined(worker_url: str, *, service: str, key: str) -> int:
    """Drop a key's quarantined events, so that later ones are sent; returns how many were lost."""
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
