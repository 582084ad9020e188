"""The relay: carries outbox rows to the transport, in order, losing none.

Crash-only: any error of the database or the transport ends this life and begins another, which
reads the cursors again. The worst a crash does is to send a page twice.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from chassis.database.connections import open_connection
from chassis.events.relay.cursor import CursorLost
from chassis.events.relay.epoch import verify_epoch
from chassis.events.relay.metrics import RelayHealth, RelayMeter
from chassis.events.relay.quarantine import KeyFreed
from chassis.events.relay.relay_session import RelaySession
from chassis.events.relay.transport import Transport, TransportFailed
from chassis.events.relay.window_pages import PAGE_ROWS, WindowPages
from chassis.foundation.waits import wait_or_timeout

OUTBOX_CHANNEL = "l2c_outbox"
MAX_BACKOFF_SECONDS = 10.0

# What a new life may put right. Anything else, EpochMismatch above all, is for a person.
RESTARTABLE_ERRORS = (
    TransportFailed,
    CursorLost,
    KeyFreed,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PollInterval:
    """Seconds between looks: `fast` after there was something, growing to `slow`."""

    fast: float = 0.02
    slow: float = 0.2


class Relay:
    """One relay of a service's outbox; any number may run, they share the buckets."""

    def __init__(
        self,
        service: str,
        worker_url: str,
        transport: Transport,
        *,
        poll: PollInterval | None = None,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self._service = service
        self._url = worker_url
        self._transport = transport
        self._poll = poll or PollInterval()
        self._page_rows = page_rows
        self._meter = RelayMeter(service)
        self._rung = asyncio.Event()

    @property
    def health(self) -> RelayHealth:
        return self._meter.health

    async def run(self, stop: asyncio.Event) -> None:
        """Ship until stopped. Raises EpochMismatch: then a person must rebase."""
        failures = 0
        while not stop.is_set():
            begun = self.health.last_progress
            try:
                await self._live(stop)
            except* RESTARTABLE_ERRORS as group:
                failures = 1 if self.health.last_progress != begun else failures + 1
                await self._back_off(group, failures, stop)
        self._meter.stopped()

    async def drain(self) -> int:
        """Ship until nothing is left, once; returns the number of rows dealt with.

        Waits for buckets another relay owns. Errors come through.
        """
        total = 0
        never = asyncio.Event()
        async with self._life(idle_session_timeout="0") as life:
            await life.own(await life.buckets.acquire_all())
            while rows := await life.ship_all(never):
                total += rows
            await life.save_idle()
        return total

    async def _live(self, stop: asyncio.Event) -> None:
        async with self._life(idle_session_timeout="3s") as life, asyncio.TaskGroup() as tasks:
            tasks.create_task(life.beat())
            await self._work(life, stop)
            life.end()

    async def _work(self, life: RelaySession, stop: asyncio.Event) -> None:
        idle = self._poll.fast
        while not stop.is_set():
            await life.keep_house()
            rows = await life.ship_all(stop)
            life.progressed()
            if rows:
                idle = self._poll.fast
                continue
            idle = await self._rest(idle)
        await life.save_idle()

    async def _rest(self, seconds: float) -> float:
        """Wait for a bell or the next look; returns how long to wait the next time."""
        await wait_or_timeout(self._rung, seconds)
        if self._rung.is_set():
            self._rung.clear()
            return self._poll.fast
        return min(seconds * 1.5, self._poll.slow)

    @asynccontextmanager
    async def _life(self, *, idle_session_timeout: str) -> AsyncIterator[RelaySession]:
        """Connect, check that the database is the known one, and leave in good order at the end.

        The cursor may be committed without waiting for the disk: after a crash of the server the
        last of them are missing from the end, which means sending again.
        """
        owning = open_connection(
            self._url,
            name=f"{self._service}-relay",
            idle_session_timeout=idle_session_timeout,
            statement_timeout="10s",
            synchronous_commit="off",
        )
        reading = open_connection(
            self._url,
            name=f"{self._service}-relay-reader",
            idle_in_transaction_session_timeout="120s",
        )
        async with owning as owner, reading as reader:
            standing = await verify_epoch(owner, self._service)
            await owner.add_listener(OUTBOX_CHANNEL, self._ring)
            pages = WindowPages(reader, most=self._page_rows)
            life = RelaySession(owner, pages, standing, self._transport, self._meter)
            await life.buckets.join()
            yield life
            await life.buckets.leave()
            await owner.remove_listener(OUTBOX_CHANNEL, self._ring)

    def _ring(self, *_: Any) -> None:
        self._rung.set()

    async def _back_off(
        self, group: BaseExceptionGroup[Exception], failures: int, stop: asyncio.Event
    ) -> None:
        error = group.exceptions[0]
        self._meter.failed(f"{type(error).__name__}: {error}")
        delay = min(0.1 * 2**failures, MAX_BACKOFF_SECONDS) * random.uniform(0.5, 1)  # noqa: S311  # jitter
        log.warning("relay_restarts", error=repr(error), failures=failures, seconds=round(delay, 2))
        await wait_or_timeout(stop, delay)
