"""Whether this is still the database whose events the subscribers have seen.

A restore or a failover takes back events that are already out, and counts transactions and
versions on from an earlier point. Nothing inside the database can tell, save its identity:

- the system identifier changes when a dump is loaded into another cluster (or by pg_upgrade);
- the timeline changes when a standby is promoted or a backup is recovered;
- the database's and the outbox's oid change when a dump is loaded into the same cluster.

All four can be read by every role: `pg_control_system`, `pg_walfile_name` and the catalogs are
executable by PUBLIC in PostgreSQL 15 to 18, so nobody has to grant anything. Only a disk image
put back without recovery keeps them all; after that the operator rebases without being asked to.
"""

import asyncio
from dataclasses import dataclass

import asyncpg

from chassis.database.advisory_locks import RELAY_BUCKET_LOCKS
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
FROZEN_XID = "2"  # an xid before every real one: such a row counts as long committed
RELAY_STOP_SECONDS = 10


class EpochMismatch(RuntimeError):
    """The database is not the one the cursors are about: a person must rebase it."""


class RelayRunning(RuntimeError):
    """Somebody ships this database's events; stop the relay first."""


@dataclass(frozen=True)
class DatabaseEpoch:
    """Which database this is, and the epoch its events are published in."""

    identity: str
    epoch: int


async def read_snapshot(connection: asyncpg.Connection) -> Snapshot:
    """What is committed now."""
    return Snapshot.parse(await connection.fetchval("SELECT pg_current_snapshot()::text"))


async def verify_epoch(connection: asyncpg.Connection, service: str) -> DatabaseEpoch:
    """The standing of a database as a relay may trust it; a new one begins with epoch 1.

    Raises EpochMismatch.
    """
    identity = await connection.fetchval(IDENTITY_QUERY)
    await connection.execute(
        "INSERT INTO database_epoch (id, system_identifier, epoch) VALUES (1, $1, 1)"
        " ON CONFLICT DO NOTHING",
        identity,
    )
    known = await connection.fetchrow("SELECT system_identifier, epoch FROM database_epoch")
    standing = DatabaseEpoch(known["system_identifier"], known["epoch"])
    if standing.identity != identity:
        raise _refusal(service, f"it was {standing.identity} and is {identity}")
    wrong = await _misfit(connection, standing)
    if wrong:
        raise _refusal(service, wrong)
    return standing


def _refusal(service: str, why: str) -> EpochMismatch:
    return EpochMismatch(
        f"The database of {service} was restored or failed over ({why}): "
        f"run `python -m chassis events rebase {service}`, then start the relay again."
    )


async def _misfit(connection: asyncpg.Connection, standing: DatabaseEpoch) -> str | None:
    """What is wrong with the cursors, read before the snapshot that must reach them all."""
    rows = await connection.fetch(
        "SELECT bucket, system_identifier, epoch, lo, hi FROM relay_cursors ORDER BY bucket"
    )
    now = await read_snapshot(connection)
    for row in rows:
        if DatabaseEpoch(row["system_identifier"], row["epoch"]) != standing:
            return f"the cursor of bucket {row['bucket']} is of epoch {row['epoch']}"
        if not all(now.reaches(Snapshot.parse(at)) for at in (row["lo"], row["hi"]) if at):
            return f"the cursor of bucket {row['bucket']} is ahead of the database"
    return None


async def rebase_database(
    owner_url: str, *, above: int = 0, patience_seconds: float = RELAY_STOP_SECONDS
) -> int:
    """Raise the epoch by one and make the cursors fit the database; returns the new epoch.

    In the same cluster (promoted, recovered to a point in time, or a dump loaded into it) rows and
    cursors went back together, and transaction ids only grow. What `lo` does not see is what was
    not known to be sent, old rows and new ones alike, so the cursors stay as they are. In another
    cluster, or where a cursor is ahead all the same, everything begins again: `_start_over`.

    Sending again is harmless: event ids stay, so inboxes drop them; replicas take them in order in
    the higher epoch. What subscribers saw of the time that was taken back is overruled by the next
    event. `above` is for a backup from before an earlier rebase: the highest epoch ever published,
    when that is more than the backup knows.

    Takes the owner's URL, as the worker may not change the outbox. Raises RelayRunning.
    """
    async with open_connection(owner_url, name="rebase", lock_timeout="30s") as connection:
        await _keep_relays_out(connection, patience_seconds)
        async with connection.transaction():
            identity = await connection.fetchval(IDENTITY_QUERY)
            if await _must_start_over(connection, identity):
                await _start_over(connection)
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


async def _keep_relays_out(connection: asyncpg.Connection, patience_seconds: float) -> None:
    for _ in range(1 + int(patience_seconds * 2)):
        taken = await connection.fetchval(
            "SELECT count(*) FILTER (WHERE pg_try_advisory_lock($1, bucket))"
            " FROM generate_series(0, $2::int - 1) AS bucket",
            RELAY_BUCKET_LOCKS,
            BUCKETS,
        )
        if taken == BUCKETS:
            return
        await connection.execute("SELECT pg_advisory_unlock_all()")
        await asyncio.sleep(0.5)
    raise RelayRunning("A relay is still running on this database: stop it, then rebase.")


async def _must_start_over(connection: asyncpg.Connection, identity: str) -> bool:
    known = await connection.fetchrow("SELECT system_identifier, epoch FROM database_epoch")
    if known is None or known["system_identifier"].split("/")[0] != identity.split("/")[0]:
        return True
    places = await connection.fetch("SELECT lo, hi FROM relay_cursors")
    now = await read_snapshot(connection)
    return not all(now.reaches(Snapshot.parse(at)) for row in places for at in row if at)


async def _start_over(connection: asyncpg.Connection) -> None:
    """Have every retained row sent again, in its order.

    Another cluster counts its transactions from elsewhere, so `lo` says nothing about it: an old
    row may carry an id of the future, which would surface days later, and a new row an id far
    below `lo`, which would be lost. Writers are locked out, so every row of this cluster is over
    and seen; a row not seen is an old one and gets an id from before all others. Then the cursors
    return to the beginning, and what commits from now on is found like in a new database.
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
