"""Where a client asks how far an operation is: by polling, or as a stream."""

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

STREAM_SECONDS = 300  # then the browser connects again, with a fresh token
READMIT_SECONDS = 5.0  # how long a stream waits before it passes the gate again


def operation_router() -> APIRouter:
    """`/operations` of a service; who started one may ask, and who looks after events."""
    router = new_router("/operations", tag="operations")
    router.get("/{operation_id}", summary="How far an operation is")(operation_get)
    router.get(
        "/{operation_id}/events",
        summary="An operation's states as server-sent events, until it has ended",
        response_class=EventSourceResponse,
    )(operation_events)
    return router


async def operation_get(
    operation_id: UUID, request: Request, response: Response, caller: Caller, tx: Tx
) -> OperationOut:
    """How far an operation is; always 200, the outcome is in `status`."""
    operation = _shown(request, caller, await get_operation(tx, operation_id))
    if not operation.ended:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return operation_out(request, operation)


def _shown(request: Request, caller: Principal, operation: Operation) -> Operation:
    """Raises NotFound for others than its creator, unless they look after the service's events."""
    service = request.app.state.settings.service
    if operation.created_by == caller.subject or caller.may(f"{service}.event.admin"):
        return operation
    raise NotFound("operation", operation.id)


async def _seen(operation_id: UUID, request: Request, caller: Caller) -> Operation:
    """The operation, in a transaction that is over before the stream begins."""
    async with admit_stream(request, caller) as tx:
        return _shown(request, caller, await get_operation(tx, operation_id))


async def operation_events(
    request: Request, caller: Caller, operation: Annotated[Operation, Depends(_seen)]
) -> AsyncIterator[ServerSentEvent]:
    """The state now and the final one: `event: operation`, the operation as data."""
    yield ServerSentEvent(event="operation", data=operation_out(request, operation), retry=2000)
    if operation.ended:
        return
    ended = await _end_of(request, caller, operation.id)
    if ended is not None:
        yield ServerSentEvent(event="operation", data=operation_out(request, ended), retry=2000)


async def _end_of(request: Request, caller: Principal, operation_id: UUID) -> Operation | None:
    """The operation when it has ended; None when the time is over or the caller let in no more."""
    waiter: OperationWaiter = request.app.state.operation_waiter
    loop, quick_for = asyncio.get_running_loop(), QUICK_POLL_SECONDS
    until = loop.time() + STREAM_SECONDS
    while (left := until - loop.time()) > 0 and not waiter.closed:
        ended = await waiter.ended(
            caller.tenant_id, operation_id, within=min(READMIT_SECONDS, left), quick_for=quick_for
        )
        if not await _is_let_in(request, caller):
            return None
        if ended is not None:
            return ended
        quick_for = 0.0
    return None


async def _is_let_in(request: Request, caller: Principal) -> bool:
    try:
        async with readmit_stream(request, caller):
            return True
    except NO_LONGER_ADMITTED:
        return False
