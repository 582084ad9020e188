"""Which relay owns which buckets of the outbox, and how they come to a fair share.

A bucket is owned through an advisory lock of the session that also writes the bucket's cursor:
whoever loses the session can move no cursor any more. PostgreSQL keeps advisory locks apart per
database by itself, so the keys are the same everywhere. A connection pooler that shares sessions
between transactions must not stand in between.
"""

import random
from collections.abc import Collection
from math import ceil
from uuid import UUID

import asyncpg

from chassis.database.connections import SharedConnection
from chassis.events.outbox import BUCKETS

LOCK_CLASS = 7264  # the first half of every lock's key; the bucket is the second
ALIVE_SECONDS = 3
FROZEN_SECONDS = 5
MEMBER_EXPIRY_SECONDS = 60

TERMINATE_FROZEN_OWNERS = f"""
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM (
  SELECT DISTINCT locks.pid FROM pg_locks AS locks
  JOIN pg_database AS here ON here.oid = locks.database AND here.datname = current_database()
  JOIN relay_members AS member ON member.backend_pid = locks.pid
  WHERE locks.locktype = 'advisory' AND locks.granted
    AND locks.classid = {LOCK_CLASS} AND locks.objsubid = 2
    AND locks.pid <> pg_backend_pid()
    AND member.heartbeat_at < clock_timestamp() - make_interval(secs => {FROZEN_SECONDS})
) AS frozen
"""  # noqa: S608  # constants


def fair_share(members: int) -> int:
    """How many buckets one of so many members may own."""
    return ceil(BUCKETS / max(1, members))


class BucketLeases:
    """One member's part in sharing the buckets; every statement runs in the owning session."""

    def __init__(self, session: SharedConnection, member: UUID) -> None:
        self._session = session
        self._member = member
        self.owned: set[int] = set()

    async def join(self) -> None:
        """Become a member, before the first lock: a frozen one is found through its row."""
        async with self._session.held() as connection:
            await connection.execute(
                "INSERT INTO relay_members (id, backend_pid, heartbeat_at)"
                " VALUES ($1, pg_backend_pid(), clock_timestamp())",
                self._member,
            )

    async def beat(self) -> None:
        """Say that this member lives; keeps the session from being idle, too."""
        async with self._session.held() as connection:
            await connection.execute(
                "UPDATE relay_members SET heartbeat_at = clock_timestamp() WHERE id = $1",
                self._member,
            )

    async def surplus(self) -> set[int]:
        """Buckets beyond the fair share, chosen at random; empty when there are none."""
        excess = len(self.owned) - await self._share()
        return set(random.sample(sorted(self.owned), excess)) if excess > 0 else set()

    async def release(self, buckets: Collection[int]) -> None:
        """Give buckets away; their cursors must be saved."""
        async with self._session.held() as connection:
            await connection.execute(
                "SELECT pg_advisory_unlock($1, bucket) FROM unnest($2::int[]) AS bucket",
                LOCK_CLASS,
                list(buckets),
            )
        self.owned -= set(buckets)

    async def acquire(self) -> set[int]:
        """Take free buckets up to the fair share; returns the new ones."""
        missing = await self._share() - len(self.owned)
        gained: set[int] = set()
        candidates = [bucket for bucket in range(BUCKETS) if bucket not in self.owned]
        random.shuffle(candidates)
        async with self._session.held() as connection:
            for bucket in candidates if missing > 0 else ():
                if await _try_lock(connection, bucket):
                    gained.add(bucket)
                if len(gained) == missing:
                    break
        self.owned |= gained
        return gained

    async def acquire_all(self) -> set[int]:
        """Take every bucket, waiting for whoever has one."""
        async with self._session.held() as connection:
            for bucket in range(BUCKETS):
                await connection.execute("SELECT pg_advisory_lock($1, $2)", LOCK_CLASS, bucket)
                self.owned.add(bucket)
        return set(self.owned)

    async def leave(self) -> None:
        """Give everything back at once, so that the others need not wait for a timeout."""
        async with self._session.held() as connection:
            await connection.execute("SELECT pg_advisory_unlock_all()")
            await connection.execute("DELETE FROM relay_members WHERE id = $1", self._member)
        self.owned.clear()

    async def free_frozen(self) -> int:
        """End the sessions of owners that stopped beating; returns how many there were.

        `idle_session_timeout` ends most of them, but not one that froze amid a result. The role is
        the owner's own, so it may. Only holders of our locks are meant: a pid may be reused.
        """
        async with self._session.held() as connection:
            freed: int = await connection.fetchval(TERMINATE_FROZEN_OWNERS)
            await connection.execute(
                "DELETE FROM relay_members"
                " WHERE heartbeat_at < clock_timestamp() - make_interval(secs => $1)",
                MEMBER_EXPIRY_SECONDS,
            )
        return freed

    async def _share(self) -> int:
        async with self._session.held() as connection:
            living: int = await connection.fetchval(
                "SELECT count(*) FROM relay_members"
                " WHERE heartbeat_at > clock_timestamp() - make_interval(secs => $1)",
                ALIVE_SECONDS,
            )
        return fair_share(living)


async def _try_lock(connection: asyncpg.Connection, bucket: int) -> bool:
    taken: bool = await connection.fetchval(
        "SELECT pg_try_advisory_lock($1, $2)", LOCK_CLASS, bucket
    )
    return taken
