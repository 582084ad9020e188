"""Where a client asks how far an operation is: by polling, or as a stream."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chassis.auth import Caller, Principal
from chassis.db import Database
from chassis.operations.answers import RETRY_AFTER, OperationOut, shaped
from chassis.operations.store import Operation, get_operation
from chassis.operations.waiter import OperationWaiter
from chassis.routing import new_router
from chassis.transaction import Tx
from kernel.errors import NotFound

STREAM_SECONDS = 300  # then the browser connects again, with a fresh token


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
        response.headers["Retry-After"] = RETRY_AFTER
    return shaped(request, operation)


def _shown(request: Request, caller: Principal, operation: Operation) -> Operation:
    """Raises NotFound for others than its creator, unless they look after the service's events."""
    service = request.app.state.settings.service
    if operation.created_by == caller.subject or caller.may(f"{service}.event.admin"):
        return operation
    raise NotFound("operation", operation.id)


async def _seen(operation_id: UUID, request: Request, caller: Caller) -> Operation:
    """The operation, in a transaction that is over before the stream begins."""
    database: Database = request.app.state.database
    async with database.begin(caller.tenant_id) as tx:
        return _shown(request, caller, await get_operation(tx, operation_id))


async def operation_events(
    request: Request, caller: Caller, operation: Annotated[Operation, Depends(_seen)]
) -> AsyncIterator[ServerSentEvent]:
    """The state now and the final one: `event: operation`, the operation as data."""
    yield ServerSentEvent(event="operation", data=shaped(request, operation), retry=2000)
    if operation.ended:
        return
    waiter: OperationWaiter = request.app.state.operation_waiter
    ended = await waiter.ended(caller.tenant_id, operation.id, within=STREAM_SECONDS)
    if ended is not None:
        yield ServerSentEvent(event="operation", data=shaped(request, ended))
