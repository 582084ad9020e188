"""The epoch of a database: detects that it was restored, and lets the relay start again.

A restore or a failover takes back events that subscribers have already received, and continues
transaction ids and versions from an earlier point. Only the identity of the database shows it:

- the system identifier changes when a dump is loaded into another cluster (or by pg_upgrade);
- the timeline changes when a standby is promoted or a backup is recovered;
- the database's and the outbox's oid change when a dump is loaded into the same cluster.

Every role can read all four: `pg_control_system`, `pg_walfile_name` and the catalogs are
executable by PUBLIC in PostgreSQL 15 to 18, so no grant is needed. Only a disk image that is put
back without recovery keeps them all; after that the operator must rebase on their own initiative.
"""

import asyncio
from dataclasses import dataclass

import asyncpg

from chassis.database.advisory_locks import TRY_ALL_BUCKET_LOCKS, UNLOCK_ALL
from chassis.database.connections import open_connection
from chassis.events.outbox import BUCKETS
from chassis.events.relay.windows import BEGINNING, Snapshot

IDENTITY_QUERY = """
SELECT concat_ws('/',
  (SELECT system_identifier FROM pg_control_system()),
  substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
  (SELECT oid FROM pg_database WHERE datname = current_database()),
  'outbox'::regclass::oid)
"""
FROZEN_XID = "2"  # PostgreSQL's FrozenTransactionId: it precedes every real transaction id
RELAY_STOP_SECONDS = 10


class EpochMismatch(RuntimeError):
    """The database is not the one the cursors were written for: an operator must rebase it."""


class RelayRunning(RuntimeError):
    """A relay is publishing this database's events; stop it first."""


@dataclass(frozen=True)
class DatabaseEpoch:
    """The identity of a database, and the epoch its events are published in."""

    identity: str
    epoch: int


async def read_snapshot(connection: asyncpg.Connection) -> Snapshot:
    """Return the current snapshot: which transactions have ended."""
    return Snapshot.parse(await connection.fetchval("SELECT pg_current_snapshot()::text"))


async def verify_epoch(connection: asyncpg.Connection, service: str) -> DatabaseEpoch:
    """Return the epoch of a database whose cursors fit it; a new database begins with epoch 1.

    Raises EpochMismatch.
    """
    identity = await connection.fetchval(IDENTITY_QUERY)
    await connection.execute(
        "INSERT INTO database_epoch (id, system_identifier, epoch) VALUES (1, $1, 1)"
        " ON CONFLICT DO NOTHING",
        identity,
    )
    stored = await connection.fetchrow("SELECT system_identifier, epoch FROM database_epoch")
    database_epoch = DatabaseEpoch(stored["system_identifier"], stored["epoch"])
    if database_epoch.identity != identity:
        raise _mismatch(service, f"it was {database_epoch.identity} and is {identity}")
    problem = await _cursor_problem(connection, database_epoch)
    if problem:
        raise _mismatch(service, problem)
    return database_epoch


def _mismatch(service: str, reason: str) -> EpochMismatch:
    return EpochMismatch(
        f"The database of {service} was restored or failed over ({reason}): "
        f"run `python -m chassis events rebase {service}`"
        f" (under make: `make run ARGS='events rebase {service}'`). Its workers wait for that."
    )


async def _cursor_problem(
    connection: asyncpg.Connection, database_epoch: DatabaseEpoch
) -> str | None:
    """Return why a cursor does not fit the database, or None.

    The cursors are read before the snapshot, which must include every one of them.
    """
    rows = await connection.fetch(
        "SELECT bucket, system_identifier, epoch, lo, hi FROM relay_cursors ORDER BY bucket"
    )
    now = await read_snapshot(connection)
    for row in rows:
        if DatabaseEpoch(row["system_identifier"], row["epoch"]) != database_epoch:
            return f"the cursor of bucket {row['bucket']} is of epoch {row['epoch']}"
        if not all(now.includes(Snapshot.parse(text)) for text in (row["lo"], row["hi"]) if text):
            return f"the cursor of bucket {row['bucket']} is ahead of the database"
    return None


async def rebase_database(
    owner_url: str, *, above: int = 0, wait_seconds: float = RELAY_STOP_SECONDS
) -> int:
    """Raise the epoch by one and make the cursors fit the database; returns the new epoch.

    In the same cluster (promoted, recovered to a point in time, or a dump loaded into it) rows and
    cursors went back together, and transaction ids only grow. A row that `lo` does not see is not
    known to be sent, whether old or new, so the cursors stay as they are. In another cluster, or
    where a cursor is ahead of the database, every row is sent again: see `_resend_all`.

    Sending again is harmless: event ids stay, so inboxes drop duplicates, and replicas take the
    events in order in the higher epoch. The next event of an aggregate overrides what subscribers
    saw of the time that was taken back. `above` is for a backup from before an earlier rebase: the
    highest epoch ever published, where it is higher than the one in the backup.

    Takes the owner's URL, because the worker may not change the outbox. Raises RelayRunning when a
    relay still runs after `wait_seconds`.
    """
    async with open_connection(owner_url, name="rebase", lock_timeout="30s") as connection:
        await _lock_out_relays(connection, wait_seconds)
        async with connection.transaction():
            identity = await connection.fetchval(IDENTITY_QUERY)
            if await _must_resend_all(connection, identity):
                await _resend_all(connection)
            return await _raise_epoch(connection, identity, above)


async def _raise_epoch(connection: asyncpg.Connection, identity: str, above: int) -> int:
    epoch: int = await connection.fetchval(
        "INSERT INTO database_epoch (id, system_identifier, epoch) VALUES (1, $1, $2 + 1)"
        " ON CONFLICT (id) DO UPDATE SET system_identifier = $1,"
        " epoch = greatest(database_epoch.epoch, $2) + 1, since = clock_timestamp()"
        " RETURNING epoch",
        identity,
        above,
    )
    await connection.execute(
        "UPDATE relay_cursors SET system_identifier = $1, epoch = $2", identity, epoch
    )
    return epoch


async def _lock_out_relays(connection: asyncpg.Connection, wait_seconds: float) -> None:
    for _ in range(1 + int(wait_seconds * 2)):
        locked = await connection.fetchval(TRY_ALL_BUCKET_LOCKS, BUCKETS)
        if locked == BUCKETS:
            return
        await connection.execute(UNLOCK_ALL)
        await asyncio.sleep(0.5)
    raise RelayRunning("A relay is still running on this database: stop it, then rebase.")


async def _must_resend_all(connection: asyncpg.Connection, identity: str) -> bool:
    stored = await connection.fetchrow("SELECT system_identifier, epoch FROM database_epoch")
    if stored is None or stored["system_identifier"].split("/")[0] != identity.split("/")[0]:
        return True
    cursors = await connection.fetch("SELECT lo, hi FROM relay_cursors")
    now = await read_snapshot(connection)
    return not all(now.includes(Snapshot.parse(text)) for row in cursors for text in row if text)


async def _resend_all(connection: asyncpg.Connection) -> None:
    """Reset the cursors, so that every retained row is sent again, in order.

    Another cluster counts its transactions from a different start, so `lo` says nothing about it:
    an old row may carry an id of the future, which would become visible days later, and a new row
    an id far below `lo`, which would be lost. Writers are locked out here, so every row written in
    this cluster is committed and visible; a row that is not visible is an old one and gets an id
    from before all others, as do the pruned ones. Then the cursors return to the beginning, and
    what commits from now on is found as in a new database.
    """
    await connection.execute("LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE")
    now = await read_snapshot(connection)
    await connection.execute(
        "UPDATE outbox SET xid = $1::text::xid8 WHERE xid >= $2::text::xid8"
        " AND NOT pg_visible_in_snapshot(xid, $3::text::pg_snapshot)",
        FROZEN_XID,
        str(now.xmin),
        str(now),
    )
    await connection.execute(
        "UPDATE relay_cursors SET lo = $1, hi = NULL, last = 0", str(BEGINNING)
    )
    await connection.execute("UPDATE outbox_pruned SET last_xid = $1::text::xid8", FROZEN_XID)
