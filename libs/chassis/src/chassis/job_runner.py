"""The worker's side of jobs: finds what is due for whom and runs it, several at once.

Crash-only: whatever happens in a chunk rolls back with its transaction, and the row is still there.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import uniform
from secrets import token_hex
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import Update, bindparam, case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from chassis.context import Context, entered
from chassis.db import Database
from chassis.jobs import FAILED, WAITING, Again, Done, Job, JobHandler
from chassis.tables import jobs
from chassis.transient import is_transient

log = structlog.get_logger()

CHUNKS = Counter("l2c_job_chunks_total", "Chunks of jobs", ["kind", "outcome"])
LATE = Histogram(
    "l2c_job_late_seconds",
    "From run_at to the start of a chunk",
    ["kind"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800),
)

BATCH, BATCH_SECONDS = 100, 1.0
OLDEST = 20_000  # tenants share fairly among this many due jobs; more would slow down the look
LONGEST_IDLE = 1.0
# Shorter than PostgreSQL's deadlock_timeout: a job that holds what a request waits for, and waits
# for what the request holds, gives up before the request is chosen as the victim.
LOCK_TIMEOUT = "500ms"

# A few jobs of each tenant, then a few more of each; shuffled so that runners do not all meet.
DUE = text("""
    SELECT tenant_id, id, kind, run_at, attempts FROM (
        SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY run_at) AS turn FROM (
            SELECT tenant_id, id, kind, run_at, attempts FROM jobs
            WHERE status = 'WAITING' AND run_at <= now()
            AND kind = ANY(:kinds) AND id <> ALL(:running)
            ORDER BY run_at LIMIT :oldest
        ) AS oldest
    ) AS due
    ORDER BY (turn - 1) / 4, random() LIMIT :batch
""").bindparams(bindparam("kinds", type_=ARRAY(Text)), bindparam("running", type_=ARRAY(Uuid)))


@dataclass(frozen=True)
class Ticket:
    """A due job as it was seen, before it is claimed."""

    tenant_id: UUID
    id: UUID
    kind: str
    run_at: datetime
    attempts: int


def doubling(attempts: int) -> timedelta:
    """How long to rest after so many failures in a row: 2 s, 4 s, ... at most 10 minutes."""
    return timedelta(seconds=min(2**attempts, 600) * uniform(0.75, 1.25))  # noqa: S311  # jitter


class JobRunner:
    """Runs the jobs of these kinds for all tenants of one service, as its worker role."""

    def __init__(
        self,
        database: Database,
        kinds: Mapping[str, JobHandler],
        *,
        concurrency: int = 4,
        poll: float = 0.2,
        attempts: int = 8,
        backoff: Callable[[int], timedelta] = doubling,
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._concurrency = concurrency
        self._poll = poll
        self._attempts = attempts
        self._backoff = backoff
        self._batch: deque[Ticket] = deque()
        self._batch_ends = 0.0
        self._idle = poll
        self._looking = asyncio.Lock()
        self._running: set[UUID] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; chunks that are running then are finished first."""
        async with asyncio.TaskGroup() as slots:
            for _ in range(self._concurrency):
                slots.create_task(self._slot(stop))

    async def _slot(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                ticket = await self._next(stop)
                if ticket is not None:
                    await self._serve(ticket)
            except Exception as error:  # noqa: BLE001  # the database is away: the loop stays
                await log.aerror("job_runner_failed", exc_info=error)
                await pause(stop, uniform(0.5, 1.5))  # noqa: S311  # jitter

    async def _next(self, stop: asyncio.Event) -> Ticket | None:
        async with self._looking:
            if not self._batch or time.monotonic() > self._batch_ends:
                self._batch = deque(await self._due())
                self._batch_ends = time.monotonic() + BATCH_SECONDS
            if self._batch:
                self._idle = self._poll
                ticket = self._batch.popleft()
                self._running.add(ticket.id)
                return ticket
            await pause(stop, self._idle)
            self._idle = min(self._idle * 2, LONGEST_IDLE)
            return None

    async def _due(self) -> list[Ticket]:
        asked = {
            "kinds": list(self._kinds),
            "running": list(self._running),
            "oldest": OLDEST,
            "batch": BATCH,
        }
        async with self._database.begin(None) as tx:
            return [Ticket(*row) for row in await tx.execute(DUE, asked)]

    async def _serve(self, ticket: Ticket) -> None:
        try:
            await self._chunk(ticket)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            await self._failed(ticket, error)  # cancelled from within: the job's own fault
        except Exception as error:  # noqa: BLE001  # one job's failure must not stop the others
            if is_transient(error):
                await self._postponed(ticket, error)
            else:
                await self._failed(ticket, error)
        finally:
            self._running.discard(ticket.id)

    async def _chunk(self, ticket: Ticket) -> None:
        """One transaction: the row locked, the handler run, the row gone or moved on."""
        async with self._database.begin(ticket.tenant_id) as tx:
            job = await _claimed(tx, ticket)
            if job is None:  # another runner has it, or it was cancelled or moved
                return
            LATE.labels(job.kind).observe(max((job.now - job.run_at).total_seconds(), 0))
            with entered(_context_of(job)):
                outcome = await self._kinds[job.kind](tx, job)
            await _settle(tx, job, outcome)
        CHUNKS.labels(ticket.kind, "done" if isinstance(outcome, Done) else "again").inc()

    async def _postponed(self, ticket: Ticket, error: Exception) -> None:
        CHUNKS.labels(ticket.kind, "postponed").inc()
        await log.awarning("job_postponed", kind=ticket.kind, job=str(ticket.id), error=repr(error))
        rest = timedelta(seconds=uniform(0.2, 1.0))  # noqa: S311  # jitter
        await self._write_down(_as_seen(ticket).values(run_at=func.now() + rest), ticket)

    async def _failed(self, ticket: Ticket, error: BaseException) -> None:
        attempts = ticket.attempts + 1
        final = attempts >= self._attempts
        CHUNKS.labels(ticket.kind, "failed" if final else "retried").inc()
        await log.aerror(
            "job_failed" if final else "job_retried",
            kind=ticket.kind,
            job=str(ticket.id),
            tenant=str(ticket.tenant_id),
            attempts=attempts,
            exc_info=error,
        )
        change = _as_seen(ticket).values(
            attempts=attempts,
            last_error=repr(error)[:2000].replace("\0", ""),
            status=FAILED if final else WAITING,
            run_at=case((text("true" if final else "false"), jobs.c.run_at), else_=func.now() + self._backoff(attempts)),
        )
        await self._write_down(change, ticket)

    async def _write_down(self, change: Update, ticket: Ticket) -> None:
        async with self._database.begin(ticket.tenant_id) as tx:
            await tx.execute(change)
