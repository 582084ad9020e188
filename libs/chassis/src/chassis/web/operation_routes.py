"""Routes to follow an operation, by polling or as a stream of server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chassis.web.auth import Caller, Principal
from chassis.web.operations.responses import RETRY_AFTER_SECONDS, OperationOut, operation_out
from chassis.web.operations.store import Operation, get_operation
from chassis.web.operations.waiter import QUICK_POLL_SECONDS, OperationWaiter
from chassis.web.routing import new_router
from chassis.web.streams import NO_LONGER_ADMITTED, admit_stream, readmit_stream
from chassis.web.transaction import Tx
from kernel.errors import NotFound

STREAM_SECONDS = 300  # then the stream ends, and the browser reconnects with a fresh token
READMIT_SECONDS = 5.0  # how often a waiting stream checks that its caller is still admitted


def operation_router() -> APIRouter:
    """Build the routes under `/operations` of a service.

    An operation is visible to the person who started it and to holders of `<service>.event.admin`.
    """
    router = new_router("/operations", tag="operations")
    router.get("/{operation_id}", summary="Get an operation and its status")(operation_get)
    router.get(
        "/{operation_id}/events",
        summary="Follow an operation as server-sent events until it has ended",
        response_class=EventSourceResponse,
    )(operation_events)
    return router


async def operation_get(
    operation_id: UUID, request: Request, response: Response, caller: Caller, tx: Tx
) -> OperationOut:
    """Get an operation; the response is always 200, the outcome is in `status`."""
    operation = _ensure_visible(request, caller, await get_operation(tx, operation_id))
    if not operation.ended:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return operation_out(request, operation)


def _ensure_visible(request: Request, caller: Principal, operation: Operation) -> Operation:
    """Return the operation. Raises NotFound when it is not visible to the caller."""
    service = request.app.state.settings.service
    if operation.created_by == caller.subject or caller.may(f"{service}.event.admin"):
        return operation
    raise NotFound("operation", operation.id)


async def _visible_operation(operation_id: UUID, request: Request, caller: Caller) -> Operation:
    """Admit the stream and read the operation, before the first byte of the response."""
    async with admit_stream(request, caller) as tx:
        return _ensure_visible(request, caller, await get_operation(tx, operation_id))


async def operation_events(
    request: Request, caller: Caller, operation: Annotated[Operation, Depends(_visible_operation)]
) -> AsyncIterator[ServerSentEvent]:
    """Send the present state and the final one: `event: operation` with the operation as data."""
    yield ServerSentEvent(event="operation", data=operation_out(request, operation), retry=2000)
    if operation.ended:
        return
    ended = await _wait_for_end(request, caller, operation.id)
    if ended is not None:
        yield ServerSentEvent(event="operation", data=operation_out(request, ended), retry=2000)


async def _wait_for_end(
    request: Request, caller: Principal, operation_id: UUID
) -> Operation | None:
    """Return the operation once it has ended.

    None when the stream's time is over, the process stops or the caller is no longer admitted.
    """
    waiter: OperationWaiter = request.app.state.operation_waiter
    loop, quick_seconds = asyncio.get_running_loop(), QUICK_POLL_SECONDS
    deadline = loop.time() + STREAM_SECONDS
    while (remaining := deadline - loop.time()) > 0 and not waiter.closed:
        ended = await waiter.wait_for_end(
            caller.tenant_id,
            operation_id,
            within=min(READMIT_SECONDS, remaining),
            quick_seconds=quick_seconds,
        )
        if not await _is_still_admitted(request, caller):
            return None
        if ended is not None:
            return ended
        quick_seconds = 0.0
    return None


async def _is_still_admitted(request: Request, caller: Principal) -> bool:
    try:
        async with readmit_stream(request, caller):
            return True
    except NO_LONGER_ADMITTED:
        return False
