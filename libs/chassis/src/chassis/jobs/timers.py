"""Timers: recurring work over all tenants, such as pruning; one process runs a timer at a time.

Deadlines of single records are jobs, not timers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog
from prometheus_client import Counter

from chassis.database.advisory_locks import TRY_TIMER_LOCK, timer_lock_key
from chassis.database.connections import open_connection
from chassis.database.engine import Database
from chassis.foundation.context import SYSTEM_ACTOR, Context, use_context
from chassis.foundation.waits import wait_or_timeout

log = structlog.get_logger()

RUNS = Counter("l2c_timer_runs_total", "Runs of recurring timers", ["timer", "outcome"])


@dataclass(frozen=True)
class Timer:
    """Recurring work: its name, its interval, and a function with transactions of its own."""

    name: str
    every: timedelta
    run: Callable[[Database], Awaitable[None]]


class TimerRunner:
    """Runs timers on one database; a timer runs in the process that holds its advisory lock."""

    def __init__(self, database: Database, timers: Sequence[Timer]) -> None:
        self._database = database
        self._timers = timers

    async def run(self, stop: asyncio.Event) -> None:
        """Run timers until `stop` is set; running work is finished first."""
        async with asyncio.TaskGroup() as tasks:
            for timer in self._timers:
                tasks.create_task(self._watch(timer, stop))

    async def _watch(self, timer: Timer, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._lead(timer, stop)
            except Exception as error:  # noqa: BLE001  # the timer continues
                RUNS.labels(timer.name, "failed").inc()
                await log.aerror("timer_failed", timer=timer.name, exc_info=error)
            await wait_or_timeout(stop, timer.every.total_seconds())

    async def _lead(self, timer: Timer, stop: asyncio.Event) -> None:
        """Hold the lock and run the timer for as long as this process and connection live."""
        async with open_connection(self._database.url, name=f"timer {timer.name}") as connection:
            while not stop.is_set() and await _locked(connection, timer.name):
                await self._once(timer)
                await wait_or_timeout(stop, timer.every.total_seconds())

    async def _once(self, timer: Timer) -> None:
        with use_context(Context(actor=f"{SYSTEM_ACTOR}{timer.name}")):
            await timer.run(self._database)
        RUNS.labels(timer.name, "done").inc()


async def _locked(connection: asyncpg.Connection, name: str) -> bool:
    """Take the timer's lock; called again, it also proves that the session is alive."""
    locked: bool = await connection.fetchval(TRY_TIMER_LOCK, timer_lock_key(name))
    return locked
