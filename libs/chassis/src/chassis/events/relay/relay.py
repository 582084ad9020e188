"""The relay: publishes outbox rows through a transport, in order per aggregate, without loss.

Crash-only: any error of the database or the transport ends the session and starts another one,
which reads the cursors again. At worst, a crash sends a page twice (at-least-once).
"""

import asyncio
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
from chassis.foundation.waits import Backoff, wait_or_timeout

OUTBOX_CHANNEL = "l2c_outbox"
FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.2, 10.0

# Errors a new session may overcome. Anything else, EpochMismatch above all, needs an operator.
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
    """Seconds between two passes: `fast` after one that sent rows, then growing to `slow`."""

    fast: float = 0.02
    slow: float = 1.0


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
        self._notified = asyncio.Event()

    @property
    def health(self) -> RelayHealth:
        """The state of this relay at its last pass, for /readyz."""
        return self._meter.health

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set. Raises EpochMismatch: then an operator must rebase."""
        backoff = Backoff(FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS)
        while not stop.is_set():
            progress_before = self.health.last_progress
            try:
                await self._run_session(stop)
            except* RESTARTABLE_ERRORS as group:
                if self.health.last_progress != progress_before:
                    backoff.reset()
                await self._back_off(group, backoff, stop)
        self._meter.stopped()

    async def drain(self) -> int:
        """Publish once until no row is left; returns how many rows and resends were handled.

        Waits for buckets that another relay owns. Raises the errors that `run` survives.
        """
        total = 0
        never = asyncio.Event()
        async with self._open_session(idle_session_timeout="0") as session:
            await session.take_over(await session.buckets.acquire_all(), never)
            while handled := await session.publish_windows(never) + await session.resend_next(
                never
            ):
                total += handled
            await session.save_idle_cursors()
        return total

    async def _run_session(self, stop: asyncio.Event) -> None:
        async with (
            self._open_session(idle_session_timeout="3s") as session,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(session.run_heartbeat())
            await self._publish_until(session, stop)
            session.end()

    async def _publish_until(self, session: RelaySession, stop: asyncio.Event) -> None:
        interval = self._poll.fast
        while not stop.is_set():
            await session.housekeeping(stop)
            handled = await session.publish_windows(stop)
            session.report_progress()
            if not stop.is_set():  # else a window may be unfinished
                handled += await session.resend_next(stop)
            if handled:
                interval = self._poll.fast
                continue
            interval = await self._wait_for_rows(interval)
        await session.save_idle_cursors()

    async def _wait_for_rows(self, seconds: float) -> float:
        """Wait for a notification, at most so long; returns how long to wait the next time."""
        await wait_or_timeout(self._notified, seconds)
        if self._notified.is_set():
            self._notified.clear()
            return self._poll.fast
        return min(seconds * 1.5, self._poll.slow)

    @asynccontextmanager
    async def _open_session(self, *, idle_session_timeout: str) -> AsyncIterator[RelaySession]:
        """Connect, verify the database's epoch, and release the buckets at the end.

        The cursor may be committed without waiting for the disk: after a crash of the server the
        last positions are missing, so the relay sends their rows again.
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
            database_epoch = await verify_epoch(owner, self._service)
            await owner.add_listener(OUTBOX_CHANNEL, self._on_notification)
            pages = WindowPages(reader, max_rows=self._page_rows)
            session = RelaySession(owner, pages, database_epoch, self._transport, self._meter)
            await session.buckets.join()
            yield session
            await session.buckets.leave()
            await owner.remove_listener(OUTBOX_CHANNEL, self._on_notification)

    def _on_notification(self, *_: Any) -> None:
        self._notified.set()

    async def _back_off(
        self, group: BaseExceptionGroup[Exception], backoff: Backoff, stop: asyncio.Event
    ) -> None:
        error = group.exceptions[0]
        self._meter.failed(f"{type(error).__name__}: {error}")
        delay, failures = backoff.next(), backoff.failures
        log.warning("relay_restarts", error=repr(error), failures=failures, seconds=round(delay, 2))
        await wait_or_timeout(stop, delay)
