"""An import's progress as a stream; no transaction is open while it waits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from fastapi import Request
from fastapi.sse import ServerSentEvent

from chassis.access.guards import check_access
from chassis.access.reach import Access, Scoped
from chassis.auth import Caller
from chassis.clock import Now
from chassis.db import Database
from chassis.imports import store
from chassis.imports.answers import shown
from chassis.imports.runs import Import
from chassis.operations.waiter import OperationWaiter

STREAM_SECONDS, POLL_SECONDS = 300.0, 0.5  # then the browser connects again, with a fresh token


def seen_by_caller(scoped: Scoped) -> Callable[..., Awaitable[None]]:
    """A dependency: the caller sees this import. Its transaction is over before the stream."""

    async def seen(import_id: UUID, request: Request, caller: Caller, now: Now) -> None:
        database: Database = request.app.state.database
        async with database.begin(caller.tenant_id) as tx:
            await check_access(tx, caller, scoped, import_id, Access.READ, now)
            await store.get(tx, import_id)

    return seen


async def import_events(
    request: Request, import_id: UUID, caller: Caller
) -> AsyncIterator[ServerSentEvent]:
    """An import's progress as server-sent events, until it has ended."""
    database: Database = request.app.state.database
    loop = asyncio.get_running_loop()
    until, run = loop.time() + STREAM_SECONDS, None
    while (run is None or not run.has_ended) and loop.time() < until and not _is_stopping(request):
        known, run = run, await _look(database, caller.tenant_id, import_id)
        if known is None or known.version != run.version:
            yield ServerSentEvent(event="import", data=shown(request, run), retry=2000)
        if not run.has_ended:
            await asyncio.sleep(POLL_SECONDS)


def _is_stopping(request: Request) -> bool:
    waiter: OperationWaiter | None = getattr(request.app.state, "operation_waiter", None)
    return waiter is not None and waiter.closed


async def _look(database: Database, tenant: UUID, import_id: UUID) -> Import:
    async with database.begin(tenant) as tx:
        return await store.get(tx, import_id)
