"""Prunes rows the backbone no longer needs, in small transactions; the worker runs it hourly.

No partitions are dropped: DDL at run time stops all writes behind one open transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from chassis.database.engine import Database

OUTBOX_DAYS = 14
INBOX_DAYS = 35
PARKED_DAYS = 35
OPERATION_DAYS = 35
RUN_DAYS = 35  # of snapshots, rebuilds and resends, after their end
EXPORT_DAYS = 7
ACCESS_KEY_DAYS = 35  # after the expiry, so that lists still show it
CHUNK = 1000

# Rows in the order of their transactions, which is nearly their age: pruning ends at the first
# chunk without an old row. A chunk is a range of transaction ids, the only index there is.
RANGE_END = """
SELECT max(xid)::text FROM (
  SELECT xid FROM outbox WHERE xid > cast(cast(:after AS text) AS xid8)
  ORDER BY xid LIMIT :chunk) AS next_rows
"""
# Events that were sent (the cursor of their bucket is past them) and are not quarantined. The
# deleted events stay counted in `outbox_pruned`, with the last of them for the pull feed.
OLD_EVENTS = """
WITH deleted AS (DELETE FROM outbox WHERE ctid = ANY(ARRAY(
  SELECT event.ctid FROM outbox AS event
  JOIN relay_cursors AS place ON place.bucket = event.bucket
  WHERE event.xid > cast(cast(:after AS text) AS xid8)
    AND event.xid <= cast(cast(:until AS text) AS xid8) AND event.created < :before
    AND pg_visible_in_snapshot(event.xid, place.lo::pg_snapshot)
    AND NOT EXISTS (SELECT FROM quarantined_events AS quarantined
                    WHERE quarantined.tenant_id = event.tenant_id AND quarantined.seq = event.seq)
  LIMIT :chunk)) RETURNING tenant_id, aggregatetype, xid, seq),
counted AS (
  INSERT INTO outbox_pruned AS total (tenant_id, aggregatetype, events, last_xid, last_seq)
  SELECT tenant_id, aggregatetype, count(*), max(xid), max(seq)
  FROM deleted GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (tenant_id, aggregatetype) DO UPDATE SET events = total.events + excluded.events,
    last_xid = greatest(total.last_xid, excluded.last_xid),
    last_seq = greatest(total.last_seq, excluded.last_seq))
SELECT 1 FROM deleted
"""
ANY_OLD = """
SELECT EXISTS (SELECT FROM outbox
  WHERE xid > cast(cast(:after AS text) AS xid8) AND xid <= cast(cast(:until AS text) AS xid8)
    AND created < :before)
"""
OLD_INBOX_ROWS = """
DELETE FROM inbox WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM inbox WHERE received_at < :before LIMIT :chunk))
"""
EXPIRED_KEYS = """
DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM idempotency_keys WHERE expires_at < :before LIMIT :chunk))
"""
RESOLVED_EVENTS = """
DELETE FROM parked_events WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM parked_events WHERE resolved_at < :before AND status <> 'PARKED' LIMIT :chunk))
"""
ENDED_OPERATIONS = """
DELETE FROM operations WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM operations WHERE finished_at < :before AND status <> 'RUNNING' LIMIT :chunk))
"""
FINISHED_RESENDS = """
DELETE FROM event_resends WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM event_resends WHERE finished_at < :before LIMIT :chunk))
"""
ENDED_SNAPSHOTS = """
DELETE FROM event_snapshots WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM event_snapshots WHERE finished_at < :before LIMIT :chunk))
"""
# The worker finds the staged states of an ended rebuild by its row, so they are deleted first.
ENDED_REBUILDS = """
DELETE FROM replica_rebuilds WHERE ctid = ANY(ARRAY(
  SELECT run.ctid FROM replica_rebuilds AS run WHERE finished_at < :before
    AND NOT EXISTS (SELECT FROM staged_states AS staged
                    WHERE staged.tenant_id = run.tenant_id AND staged.rebuild_id = run.id)
  LIMIT :chunk))
"""
OLD_EXPORTS = """
DELETE FROM tenant_exports WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM tenant_exports WHERE created_at < :before LIMIT :chunk))
"""
EXPIRED_ACCESS_KEYS = """
DELETE FROM access_keys WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM access_keys WHERE expires_at < :before LIMIT :chunk))
"""


@dataclass(frozen=True)
class Pruned:
    """How many rows were deleted, by table."""

    outbox: int
    inbox: int
    idempotency_keys: int
    parked_events: int
    operations: int
    tenant_exports: int = 0
    event_resends: int = 0
    access_keys: int = 0
    event_snapshots: int = 0
    replica_rebuilds: int = 0


async def prune(worker: Database, *, now: datetime) -> Pruned:
    """Delete expired rows of all tenants, as the worker's role."""
    parked_before = now - timedelta(days=PARKED_DAYS)
    ended_before = now - timedelta(days=OPERATION_DAYS)
    runs_before = now - timedelta(days=RUN_DAYS)
    return Pruned(
        outbox=await _prune_outbox(worker, now - timedelta(days=OUTBOX_DAYS)),
        inbox=await _prune(worker, OLD_INBOX_ROWS, before=now - timedelta(days=INBOX_DAYS)),
        idempotency_keys=await _prune(worker, EXPIRED_KEYS, before=now),
        parked_events=await _prune(worker, RESOLVED_EVENTS, before=parked_before),
        event_resends=await _prune(worker, FINISHED_RESENDS, before=runs_before),
        event_snapshots=await _prune(worker, ENDED_SNAPSHOTS, before=runs_before),
        replica_rebuilds=await _prune(worker, ENDED_REBUILDS, before=runs_before),
        operations=await _prune(worker, ENDED_OPERATIONS, before=ended_before),
        tenant_exports=await _prune(worker, OLD_EXPORTS, before=now - timedelta(days=EXPORT_DAYS)),
        access_keys=await _prune(
            worker, EXPIRED_ACCESS_KEYS, before=now - timedelta(days=ACCESS_KEY_DAYS)
        ),
    )


async def _prune(worker: Database, statement: str, **values: object) -> int:
    total = 0
    while True:
        async with worker.begin(None) as tx:
            deleted = (await tx.execute(text(statement), {**values, "chunk": CHUNK})).rowcount
        total += deleted
        if deleted < CHUNK:
            return total


async def _prune_outbox(worker: Database, before: datetime) -> int:
    total, after = 0, "0"
    while True:
        async with worker.begin(None) as tx:
            chunk = {"after": after, "chunk": CHUNK}
            until = await tx.scalar(text(RANGE_END), chunk)
            if until is None:
                return total
            bounds = {"after": after, "until": until, "before": before}
            any_old = await tx.scalar(text(ANY_OLD), bounds)
        if not any_old:
            return total
        total += await _prune(worker, OLD_EVENTS, **bounds)
        after = until
