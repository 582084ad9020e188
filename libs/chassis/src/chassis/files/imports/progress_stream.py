"""The progress of an import as server-sent events; no transaction is open while waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from fastapi import Request
from fastapi.sse import ServerSentEvent

from chassis.files.imports import store
from chassis.files.imports.model import Import
from chassis.files.imports.responses import import_out
from chassis.foundation.clock import Now
from chassis.records.access.guards import check_access
from chassis.records.access.visibility import Access, ScopedResource
from chassis.web.auth import Caller, Principal
from chassis.web.operations.waiter import OperationWaiter
from chassis.web.streams import NO_LONGER_ADMITTED, admit_stream, readmit_stream

STREAM_SECONDS, POLL_SECONDS = 300.0, 0.5  # after which the browser reconnects with a fresh token


def require_readable_import(scoped: ScopedResource) -> Callable[..., Awaitable[None]]:
    """Return a dependency that checks read access, in a transaction that ends before the stream."""

    async def check(import_id: UUID, request: Request, caller: Caller, now: Now) -> None:
        async with admit_stream(request, caller) as tx:
            await check_access(tx, caller, scoped, import_id, Access.READ, now)
            await store.get(tx, import_id)

    return check


async def import_events(
    request: Request, import_id: UUID, caller: Caller
) -> AsyncIterator[ServerSentEvent]:
    """An import's progress as server-sent events, until it has ended."""
    loop = asyncio.get_running_loop()
    until, sent_version = loop.time() + STREAM_SECONDS, 0
    while loop.time() < until and not _is_stopping(request):
        run = await _read_import(request, caller, import_id)
        if run is None:
            return
        if run.version != sent_version:
            sent_version = run.version
            yield ServerSentEvent(event="import", data=import_out(request, run), retry=2000)
        if run.has_ended:
            return
        await asyncio.sleep(POLL_SECONDS)


def _is_stopping(request: Request) -> bool:
    waiter: OperationWaiter | None = getattr(request.app.state, "operation_waiter", None)
    return waiter is not None and waiter.closed


async def _read_import(request: Request, caller: Principal, import_id: UUID) -> Import | None:
    """Read the import; None when the caller is no longer admitted."""
    try:
        async with readmit_stream(request, caller) as tx:
            return await store.get(tx, import_id)
    except NO_LONGER_ADMITTED:
        return None
