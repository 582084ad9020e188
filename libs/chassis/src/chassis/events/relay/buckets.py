"""Bucket leases: which relay owns which buckets of the outbox, and how relays share them fairly.

A lease is an advisory lock of the session that also writes the bucket's cursor: a relay that loses
the session can move no cursor any more. PostgreSQL keeps advisory locks apart per database, so the
keys are the same everywhere. A connection pooler that shares sessions between transactions must
not stand between a relay and its database.
"""

import random
from collections.abc import Collection
from math import ceil
from uuid import UUID

import asyncpg

from chassis.database.advisory_locks import (
    LOCK_BUCKET,
    TRY_BUCKET_LOCK,
    UNLOCK_ALL,
    UNLOCK_BUCKETS,
    LockClass,
)
from chassis.database.connections import SharedConnection
from chassis.events.outbox import BUCKETS

ALIVE_SECONDS = 3
FROZEN_SECONDS = 5
MEMBER_EXPIRY_SECONDS = 60

TERMINATE_FROZEN_OWNERS = f"""
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM (
  SELECT DISTINCT locks.pid FROM pg_locks AS locks
  JOIN pg_database AS here ON here.oid = locks.database AND here.datname = current_database()
  JOIN relay_members AS member ON member.backend_pid = locks.pid
  WHERE locks.locktype = 'advisory' AND locks.granted
    AND locks.classid = {LockClass.RELAY_BUCKET:d} AND locks.objsubid = 2
    AND locks.pid <> pg_backend_pid()
    AND member.heartbeat_at < clock_timestamp() - make_interval(secs => {FROZEN_SECONDS})
) AS frozen
"""  # noqa: S608  # constants


def fair_share(members: int) -> int:
    """Return how many buckets one of so many relays may own."""
    return ceil(BUCKETS / max(1, members))


class BucketLeases:
    """The bucket leases of one relay; every statement runs in the session that holds the locks."""

    def __init__(self, session: SharedConnection, member: UUID) -> None:
        self._session = session
        self._member = member
        self.owned: set[int] = set()

    async def join(self) -> None:
        """Register as a member before taking a lock: a frozen owner is found through its row."""
        async with self._session.use() as connection:
            await connection.execute(
                "INSERT INTO relay_members (id, backend_pid, heartbeat_at)"
                " VALUES ($1, pg_backend_pid(), clock_timestamp())",
                self._member,
            )

    async def heartbeat(self) -> None:
        """Renew this member's heartbeat; this also keeps the session from being idle."""
        async with self._session.use() as connection:
            await connection.execute(
                "UPDATE relay_members SET heartbeat_at = clock_timestamp() WHERE id = $1",
                self._member,
            )

    async def surplus(self) -> set[int]:
        """Return the buckets owned beyond the fair share, chosen at random; usually none."""
        excess = len(self.owned) - await self._share()
        return set(random.sample(sorted(self.owned), excess)) if excess > 0 else set()

    async def release(self, buckets: Collection[int]) -> None:
        """Release these buckets; their cursors must be saved before."""
        async with self._session.use() as connection:
            await connection.execute(UNLOCK_BUCKETS, list(buckets))
        self.owned -= set(buckets)

    async def acquire(self) -> set[int]:
        """Lease free buckets up to the fair share; returns the new ones."""
        missing = await self._share() - len(self.owned)
        acquired: set[int] = set()
        candidates = [bucket for bucket in range(BUCKETS) if bucket not in self.owned]
        random.shuffle(candidates)
        async with self._session.use() as connection:
            for bucket in candidates if missing > 0 else ():
                if await _try_lock(connection, bucket):
                    acquired.add(bucket)
                if len(acquired) == missing:
                    break
        self.owned |= acquired
        return acquired

    async def acquire_all(self) -> set[int]:
        """Lease every bucket, waiting for the relays that own some."""
        async with self._session.use() as connection:
            for bucket in range(BUCKETS):
                await connection.execute(LOCK_BUCKET, bucket)
                self.owned.add(bucket)
        return set(self.owned)

    async def leave(self) -> None:
        """Release every bucket at once, so that the other relays need not wait for a timeout."""
        async with self._session.use() as connection:
            await connection.execute(UNLOCK_ALL)
            await connection.execute("DELETE FROM relay_members WHERE id = $1", self._member)
        self.owned.clear()

    async def terminate_frozen_owners(self) -> int:
        """End the sessions of owners without a recent heartbeat; returns how many were ended.

        `idle_session_timeout` ends most of them, but not a session that froze while it was reading
        a result. The worker's role may end its own sessions. Only holders of bucket locks are
        ended, as a process id may be reused.
        """
        async with self._session.use() as connection:
            ended: int = await connection.fetchval(TERMINATE_FROZEN_OWNERS)
            await connection.execute(
                "DELETE FROM relay_members"
                " WHERE heartbeat_at < clock_timestamp() - make_interval(secs => $1)",
                MEMBER_EXPIRY_SECONDS,
            )
        return ended

    async def _share(self) -> int:
        async with self._session.use() as connection:
            alive: int = await connection.fetchval(
                "SELECT count(*) FROM relay_members"
                " WHERE heartbeat_at > clock_timestamp() - make_interval(secs => $1)",
                ALIVE_SECONDS,
            )
        return fair_share(alive)


async def _try_lock(connection: asyncpg.Connection, bucket: int) -> bool:
    locked: bool = await connection.fetchval(TRY_BUCKET_LOCK, bucket)
    return locked
