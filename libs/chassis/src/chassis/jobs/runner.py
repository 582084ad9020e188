"""The job runner: finds due jobs of all tenants and runs several at once.

Crash-only: a chunk that fails rolls back with its transaction, and the job's row is still there.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import timedelta
from random import uniform
from secrets import token_hex
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import Text, Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database.backbone_tables import jobs
from chassis.database.engine import Database
from chassis.database.error_texts import error_text
from chassis.database.transient import is_transient
from chassis.foundation.context import SYSTEM_ACTOR, Context, use_context
from chassis.foundation.waits import backoff_seconds, wait_or_timeout
from chassis.jobs.claims import DueJob, change_of, claimed, observe_lateness, settle
from chassis.jobs.queue import FAILED, WAITING, Again, Done, GivenUpHandler, JobHandler
from chassis.jobs.split_jobs import (
    AnyJobHandler,
    LeasedJob,
    SplitJob,
    finish_split,
    prepare_split,
    release_lease,
)

log = structlog.get_logger()

CHUNKS = Counter("l2c_job_chunks_total", "Chunks of jobs", ["kind", "outcome"])

BATCH, BATCH_SECONDS = 100, 1.0
OLDEST = 20_000  # due jobs among which tenants share fairly; more would slow the query down
LONGEST_IDLE = 1.0
# Round-robin over tenants, four jobs each turn; shuffled so that runners rarely collide.
DUE = text("""
    SELECT tenant_id, id, kind, run_at, attempts, correlationid, traceparent, actor, origin FROM (
        SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY run_at) AS turn FROM (
            SELECT tenant_id, id, kind, run_at, attempts, correlationid, traceparent, actor, origin
            FROM jobs
            WHERE status = 'WAITING' AND run_at <= now()
            AND kind = ANY(:kinds) AND id <> ALL(:running)
            ORDER BY run_at LIMIT :oldest
        ) AS oldest
    ) AS due
    ORDER BY (turn - 1) / 4, random() LIMIT :batch
""").bindparams(bindparam("kinds", type_=ARRAY(Text)), bindparam("running", type_=ARRAY(Uuid)))


def exponential_backoff(attempts: int) -> timedelta:
    """Return the delay after this many failures in a row: 2 s, 4 s, ... at most 10 minutes."""
    return timedelta(seconds=backoff_seconds(attempts, 2, 600))


def _name_of(outcome: Done | Again) -> str:
    return "done" if isinstance(outcome, Done) else "again"


def _jitter(least: float, most: float) -> float:
    return uniform(least, most)  # noqa: S311  # spreads load; no secret


class JobRunner:
    """Runs jobs of the given kinds for all tenants of one service, as its worker role."""

    def __init__(
        self,
        database: Database,
        kinds: Mapping[str, AnyJobHandler],
        *,
        failure_handlers: Mapping[str, GivenUpHandler] | None = None,
        concurrency: int = 4,
        poll: float = 0.2,
        attempts: int = 8,
        backoff: Callable[[int], timedelta] = exponential_backoff,
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._failure_handlers = failure_handlers or {}
        self._concurrency = concurrency
        self._poll = poll
        self._attempts = attempts
        self._backoff = backoff
        self._batch: deque[DueJob] = deque()
        self._batch_ends = 0.0
        self._idle = poll
        self._looking = asyncio.Lock()
        self._progress = asyncio.Event()
        self._running: set[UUID] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run jobs until `stop` is set; running chunks are finished first."""
        self._progress.set()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._concurrency):
                tasks.create_task(self._slot(stop))
            await stop.wait()
            self._progress.set()

    async def _slot(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                ticket = await self._next(stop)
                if ticket is not None:
                    await self._serve(ticket)
            except Exception as error:  # noqa: BLE001  # the database is away; the loop stays
                await log.aerror("job_runner_failed", exc_info=error)
                await wait_or_timeout(stop, _jitter(0.5, 1.5))

    async def _next(self, stop: asyncio.Event) -> DueJob | None:
        async with self._looking:
            if not stop.is_set() and (not self._batch or time.monotonic() > self._batch_ends):
                await self._look()
            return self._batch.popleft() if self._batch and not stop.is_set() else None

    async def _look(self) -> None:
        """Fetch a batch of due jobs; wait before it unless a chunk has finished since."""
        await wait_or_timeout(self._progress, self._idle)
        self._progress.clear()
        values = {
            "kinds": list(self._kinds),
            "running": list(self._running),
            "oldest": OLDEST,
            "batch": BATCH,
        }
        async with self._database.begin(None) as tx:
            self._batch = deque(DueJob(*row) for row in await tx.execute(DUE, values))
        self._batch_ends = time.monotonic() + BATCH_SECONDS
        self._idle = self._poll if self._batch else min(self._idle * 2, LONGEST_IDLE)

    async def _serve(self, ticket: DueJob) -> None:
        self._running.add(ticket.id)
        try:
            with use_context(_context_of(ticket)):
                await self._attempt(ticket)
        finally:
            self._running.discard(ticket.id)

    async def _attempt(self, ticket: DueJob) -> None:
        handler = self._kinds[ticket.kind]
        try:
            if isinstance(handler, SplitJob):
                await self._split(handler, ticket)
            else:
                await self._chunk(handler, ticket)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            await self._failed(ticket, RuntimeError("the handler was cancelled from within"))
        except Exception as error:  # noqa: BLE001  # one job must not stop the others
            if is_transient(error):
                await self._postponed(ticket, error)
            else:
                await self._failed(ticket, error)

    async def _split(self, handler: SplitJob[Any, Any], ticket: DueJob) -> None:
        """Run a job in its three steps; an error after the first one is a failed attempt."""
        outcome = await prepare_split(self._database, handler, ticket)
        if isinstance(outcome, LeasedJob):
            leased = outcome
            try:
                outcome = await finish_split(self._database, handler, leased)
            except Exception as error:  # noqa: BLE001  # one job must not stop the others
                released = await release_lease(self._database, ticket, leased.job)
                await self._failed(released, error)
                return
        if outcome is not None:
            self._progress.set()
            CHUNKS.labels(ticket.kind, _name_of(outcome)).inc()

    async def _chunk(self, handler: JobHandler, ticket: DueJob) -> None:
        """Run one chunk in one transaction: lock the row, run the handler, settle the row."""
        async with self._database.begin(ticket.tenant) as tx:
            job = await claimed(tx, ticket)
            if job is None:  # another runner has it, or it was cancelled or moved
                return
            observe_lateness(job)
            outcome = await handler(tx, job)
            await settle(tx, job, outcome)
        self._progress.set()
        CHUNKS.labels(job.kind, _name_of(outcome)).inc()

    async def _postponed(self, ticket: DueJob, error: Exception) -> None:
        CHUNKS.labels(ticket.kind, "postponed").inc()
        await log.awarning("job_postponed", kind=ticket.kind, error=error_text(error))
        delay = timedelta(seconds=_jitter(0.2, 1.0))
        await self._reschedule(
            ticket, delay, attempts=ticket.attempts, last_error=error_text(error)
        )

    async def _failed(self, ticket: DueJob, error: Exception) -> None:
        attempts = ticket.attempts + 1
        final = attempts >= self._attempts
        CHUNKS.labels(ticket.kind, "failed" if final else "retried").inc()
        write = log.aerror if final else log.awarning
        event = "job_failed" if final else "job_retried"
        await write(event, kind=ticket.kind, attempts=attempts, exc_info=error)
        if final and await self._gave_up(ticket, attempts, error):
            return
        status, delay = FAILED if final else WAITING, self._backoff(attempts)
        await self._reschedule(
            ticket, delay, attempts=attempts, last_error=error_text(error), status=status
        )

    async def _gave_up(self, ticket: DueJob, attempts: int, error: Exception) -> bool:
        """Mark the job as failed and call its failure handler in one transaction.

        Returns whether nothing is left to do.
        """
        on_failure = self._failure_handlers.get(ticket.kind)
        if on_failure is None:
            return False
        ending = {"status": FAILED, "attempts": attempts, "last_error": error_text(error)}
        try:
            async with self._database.begin(ticket.tenant) as tx:
                job = await claimed(tx, ticket)
                if job is not None and job.attempts == ticket.attempts:
                    await tx.execute(change_of(job).values(ending))
                    await on_failure(tx, job)
        except Exception as failure:  # noqa: BLE001  # the job ends in any case
            if is_transient(failure):
                await self._postponed(ticket, failure)
                return True
            await log.aerror("job_given_up_badly", kind=ticket.kind, exc_info=failure)
            return False
        return True

    async def _reschedule(self, ticket: DueJob, delay: timedelta, **values: str | int) -> None:
        """Reschedule the job, unless it was changed since it was read."""
        as_seen = select(jobs.c.id).where(
            jobs.c.tenant_id == ticket.tenant,
            jobs.c.id == ticket.id,
            jobs.c.run_at == ticket.run_at,
            jobs.c.attempts == ticket.attempts,
        )
        free = as_seen.with_for_update(skip_locked=True).scalar_subquery()
        mine = (jobs.c.tenant_id == ticket.tenant) & (jobs.c.id == free)
        async with self._database.begin(ticket.tenant) as tx:
            await tx.execute(update(jobs).where(mine).values(run_at=func.now() + delay, **values))


def _context_of(ticket: DueJob) -> Context:
    version, trace, _span, flags = ticket.traceparent.split("-")
    return Context(
        request_id=ticket.correlation_id,  # a job carries the id of the request that enqueued it
        correlation_id=ticket.correlation_id,
        job_id=str(ticket.id),
        origin=ticket.origin,
        traceparent=f"{version}-{trace}-{token_hex(8)}-{flags}",
        actor=ticket.actor or f"{SYSTEM_ACTOR}{ticket.kind}",
        tenant=str(ticket.tenant),
    )
