"""One database poll per process for all requests and streams that wait for operations to end.

Waiting holds no connection, and the database is not polled while nothing waits.
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

# How long a wait polls quickly: a request does not wait longer, and a stream may be slower then.
QUICK_POLL_SECONDS = 1.0


@dataclass(eq=False)
class _Wait:
    tenant: UUID
    operation_id: UUID
    quick_deadline: float
    result: asyncio.Future[Operation | None]


class OperationWaiter:
    """Tells waiting requests and streams that their operations have ended.

    `budget` is how long a request may wait; `quick` is the time between polls while some wait is
    younger than its quick seconds, `slow` the time between polls after that. All are in seconds.
    """

    def __init__(
        self, database: Database, *, budget: float = 0.8, quick: float = 0.015, slow: float = 0.3
    ) -> None:
        self.budget = budget
        self._database = database
        self._quick = quick
        self._slow = slow
        self._waits: set[_Wait] = set()
        self._new_wait = asyncio.Event()
        self._poll: asyncio.Task[None] | None = None
        self._closed = False

    async def wait_for_end(
        self,
        tenant: UUID,
        operation_id: UUID,
        *,
        within: float,
        quick_seconds: float = QUICK_POLL_SECONDS,
    ) -> Operation | None:
        """Return the operation as soon as it has ended.

        None when `within` seconds are over or the process is stopping.
        """
        if self._closed:
            return None
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Operation | None] = loop.create_future()
        wait = _Wait(tenant, operation_id, loop.time() + quick_seconds, result)
        self._waits.add(wait)
        self._wake()
        try:
            async with asyncio.timeout(within):
                return await result
        except TimeoutError:
            return None
        finally:
            self._waits.discard(wait)

    @property
    def closed(self) -> bool:
        """Whether the process is stopping, so that streams must end."""
        return self._closed

    def close(self) -> None:
        """End every wait at once with None, because the process is stopping."""
        self._closed = True
        for wait in self._waits:
            if not wait.result.done():
                wait.result.set_result(None)
        if self._poll is not None:
            self._poll.cancel()

    def _wake(self) -> None:
        self._new_wait.set()
        if self._poll is None or self._poll.done():
            # A context of its own: the poll belongs to no single request.
            self._poll = asyncio.create_task(self._poll_while_waiting(), context=Context())

    async def _poll_while_waiting(self) -> None:
        while self._waits:
            self._new_wait.clear()
            try:
                await self._resolve_ended()
            except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
                await log.awarning("operations_not_seen", error=repr(error))
            now = asyncio.get_running_loop().time()
            if any(w.quick_deadline > now for w in self._waits):
                await asyncio.sleep(self._quick)
            else:
                await wait_or_timeout(self._new_wait, self._slow)

    async def _resolve_ended(self) -> None:
        by_tenant: dict[UUID, list[_Wait]] = defaultdict(list)
        for wait in self._waits:
            by_tenant[wait.tenant].append(wait)
        for tenant, waits in by_tenant.items():
            async with self._database.begin(tenant) as tx:
                ended = await ended_operations(tx, {wait.operation_id for wait in waits})
            for wait in waits:
                if wait.operation_id in ended and not wait.result.done():
                    wait.result.set_result(ended[wait.operation_id])
