"""One poll per process for all requests and streams that wait for an operation to end.

Whoever waits holds no connection, and nobody asks while nobody waits.
"""

import asyncio
from collections import defaultdict
from contextvars import Context
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.database.engine import Database
from chassis.foundation.waits import wait_or_timeout
from chassis.web.operations.store import Operation, ended_operations

log = structlog.get_logger()

QUICK_POLL_SECONDS = 1.0  # seconds: a request waits no longer; a stream is in no hurry after it


@dataclass(eq=False)
class _Waiting:
    tenant: UUID
    operation_id: UUID
    quick_until: float
    answer: asyncio.Future[Operation | None]


class OperationWaiter:
    """`budget` is how long a request may wait, in seconds."""

    def __init__(
        self, database: Database, *, budget: float = 0.8, quick: float = 0.015, slow: float = 0.3
    ) -> None:
        self.budget = budget
        self._database = database
        self._quick = quick
        self._slow = slow
        self._waiting: set[_Waiting] = set()
        self._arrived = asyncio.Event()
        self._poll: asyncio.Task[None] | None = None
        self._closed = False

    async def ended(
        self,
        tenant: UUID,
        operation_id: UUID,
        *,
        within: float,
        quick_for: float = QUICK_POLL_SECONDS,
    ) -> Operation | None:
        """The operation as soon as it has ended; None when the time is over or we are closing."""
        if self._closed:
            return None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Operation | None] = loop.create_future()
        waiting = _Waiting(tenant, operation_id, loop.time() + quick_for, answer)
        self._waiting.add(waiting)
        self._wake()
        try:
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            return None
        finally:
            self._waiting.discard(waiting)

    @property
    def closed(self) -> bool:
        """Whether the process is about to stop, so that streams end."""
        return self._closed

    def close(self) -> None:
        """Send everybody home at once: the process is about to stop."""
        self._closed = True
        for waiting in self._waiting:
            if not waiting.answer.done():
                waiting.answer.set_result(None)
        if self._poll is not None:
            self._poll.cancel()

    def _wake(self) -> None:
        self._arrived.set()
        if self._poll is None or self._poll.done():
            # A context of its own: the poll belongs to no single request.
            self._poll = asyncio.create_task(self._poll_while_waiting(), context=Context())

    async def _poll_while_waiting(self) -> None:
        while self._waiting:
            self._arrived.clear()
            try:
                await self._look()
            except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
                await log.awarning("operations_not_seen", error=repr(error))
            now = asyncio.get_running_loop().time()
            if any(w.quick_until > now for w in self._waiting):
                await asyncio.sleep(self._quick)
            else:
                await wait_or_timeout(self._arrived, self._slow)

    async def _look(self) -> None:
        by_tenant: dict[UUID, list[_Waiting]] = defaultdict(list)
        for waiting in self._waiting:
            by_tenant[waiting.tenant].append(waiting)
        for tenant, group in by_tenant.items():
            async with self._database.begin(tenant) as tx:
                ended = await ended_operations(tx, {w.operation_id for w in group})
            for waiting in group:
                if waiting.operation_id in ended and not waiting.answer.done():
                    waiting.answer.set_result(ended[waiting.operation_id])
