"""The transaction of a request: opened for the caller's tenant, committed before the response."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.admission import admission_of, admitted_method
from chassis.web.auth import Principal, authenticate
from chassis.web.idempotency import idempotency_key, replay_stored_answer
from chassis.web.inner_requests import outer_transaction

# Opens a transaction of a tenant, or of none: `Database.begin` of the service's pool.
BeginTransaction = Callable[[UUID | None], AbstractAsyncContextManager[AsyncConnection]]


def begin_transaction(request: Request) -> BeginTransaction:
    """Return what opens a transaction for this request."""
    begin: BeginTransaction = request.app.state.begin_transaction
    return begin


async def request_transaction(
    request: Request, principal: Annotated[Principal, Depends(authenticate)]
) -> AsyncIterator[AsyncConnection]:
    """Open the request's transaction; use it as `Tx`.

    An inner request (`call_route`) runs in a savepoint of the outer one, which is admitted already.
    The stored response is sent at once if the idempotency key has been used before. Raises what
    `Admission.admit` raises: the tenant is unknown, suspended, deleted or over its request quota,
    or the person is inactive.
    """
    outer = outer_transaction(request)
    if outer is not None:
        async with outer.begin_nested():
            request.state.tx = outer
            yield outer
        return
    if idempotency_key(request) is not None:
        await request.body()  # hashed later; read now, so that no transaction waits for the network
    async with begin_transaction(request)(principal.tenant_id) as tx:
        await admission_of(request).admit(tx, principal, admitted_method(request))
        await replay_stored_answer(request, tx, principal)
        request.state.tx = tx
        yield tx


# scope="function" commits before the response is sent, so that a 2xx means "saved".
Tx = Annotated[AsyncConnection, Depends(request_transaction, scope="function")]
