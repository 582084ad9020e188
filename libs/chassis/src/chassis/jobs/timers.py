"""What recurs whoever the tenants are: pruning, say. One process does it at a time.

Deadlines of a tenant's records are jobs, not timers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

import asyncpg
import structlog
from prometheus_client import Counter

from chassis.database.connections import connected
from chassis.database.engine import Database
from chassis.foundation.context import Context, entered
from chassis.foundation.waits import wait_or_timeout

log = structlog.get_logger()

RUNS = Counter("l2c_timer_runs_total", "Runs of recurring timers", ["timer", "outcome"])


@dataclass(frozen=True)
class Timer:
    """Work to do every so often, in short transactions of its own."""

    name: str
    every: timedelta
    run: Callable[[Database], Awaitable[None]]


class TimerRunner:
    """Runs these timers on one database, each in whichever process holds its advisory lock."""

    def __init__(self, database: Database, timers: Sequence[Timer]) -> None:
        self._database = database
        self._timers = timers

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; a timer's work that is running then is finished first."""
        async with asyncio.TaskGroup() as tasks:
            for timer in self._timers:
                tasks.create_task(self._watch(timer, stop))

    async def _watch(self, timer: Timer, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._lead(timer, stop)
            except Exception as error:  # noqa: BLE001  # the beat goes on
                RUNS.labels(timer.name, "failed").inc()
                await log.aerror("timer_failed", timer=timer.name, exc_info=error)
            await wait_or_timeout(stop, timer.every.total_seconds())

    async def _lead(self, timer: Timer, stop: asyncio.Event) -> None:
        """Keep the lock and the beat for as long as this process and its connection live."""
        async with connected(self._database.url, name=f"timer {timer.name}") as connection:
            while not stop.is_set() and await _locked(connection, timer.name):
                await self._once(timer)
                await wait_or_timeout(stop, timer.every.total_seconds())

    async def _once(self, timer: Timer) -> None:
        with entered(Context(actor=f"system:{timer.name}")):
            await timer.run(self._database)
        RUNS.labels(timer.name, "done").inc()


async def _locked(connection: asyncpg.Connection, name: str) -> bool:
    """Whether this session has the timer's lock; asking again also proves that it still lives."""
    key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
    got: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", key)
    return got
