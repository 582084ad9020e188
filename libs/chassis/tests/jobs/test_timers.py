"""Tests of recurring timers: one process runs a timer, another takes over, errors are retried."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg

from chassis.database.engine import Database
from chassis.foundation.context import current
from chassis.jobs.timers import Timer, TimerRunner
from testkit.databases import admin_dsn
from testkit.plugin import Committed

BEAT = timedelta(milliseconds=50)


class Beats:
    """Counts the runs of one process's timer."""

    def __init__(self) -> None:
        self.count = 0
        self.actor: str | None = None
        self.broken = False

    async def run(self, database: Database) -> None:
        self.actor = current().actor
        async with database.begin(None):
            self.count += 1
            if self.broken:
                raise ZeroDivisionError


@asynccontextmanager
async def running_timer(committed: Committed, beats: Beats) -> AsyncIterator[None]:
    stop = asyncio.Event()
    runner = TimerRunner(committed.worker, [Timer("prune", BEAT, beats.run)])
    task = asyncio.create_task(runner.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def test_one_process_runs_a_timer_and_another_takes_over(committed: Committed) -> None:
    first, second = Beats(), Beats()
    async with AsyncExitStack() as stack:
        async with running_timer(committed, first):
            await asyncio.sleep(0.2)
            await stack.enter_async_context(running_timer(committed, second))
            await asyncio.sleep(0.4)
            assert (first.count >= 2, second.count) == (True, 0)
        stopped_at = first.count
        await asyncio.sleep(0.4)
        assert second.count >= 1
        assert first.count == stopped_at
    assert first.actor == "system:prune"


async def test_a_timer_continues_after_its_connection_is_lost(committed: Committed) -> None:
    beats = Beats()
    async with running_timer(committed, beats):
        await asyncio.sleep(0.2)
        admin = await asyncpg.connect(admin_dsn())
        killed = await admin.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'timer prune' AND datname = $1",
            committed.urls.name,
        )
        await admin.close()
        assert len(killed) == 1
        before = beats.count
        await asyncio.sleep(0.4)
        assert beats.count > before


async def test_a_timer_runs_again_after_an_error(
    committed: Committed, logs: list[MutableMapping[str, Any]]
) -> None:
    beats = Beats()
    beats.broken = True
    async with running_timer(committed, beats):
        async with asyncio.timeout(20):
            while beats.count < 2:  # noqa: ASYNC110  # a count sets no event
                await asyncio.sleep(0.05)
    assert {line["event"] for line in logs} == {"timer_failed"}
