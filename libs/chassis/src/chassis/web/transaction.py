"""The transaction of a request: opened for the caller's tenant, committed before the answer."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.web.admission import admission_of
from chassis.web.auth import Principal, authenticate
from chassis.web.idempotency import idempotency_key, replay_stored_answer


async def request_transaction(
    request: Request, principal: Annotated[Principal, Depends(authenticate)]
) -> AsyncIterator[AsyncConnection]:
    """The request's transaction. Answers at once when its idempotency key is known.

    Raises what `Admission.enter` raises: the tenant is unknown, suspended, deleted or over its
    quota of requests; the person is inactive.
    """
    database: Database = request.app.state.database
    if idempotency_key(request) is not None:
        await request.body()  # its hash is wanted; no transaction waits for a slow network
    async with database.begin(principal.tenant_id) as tx:
        await admission_of(request).enter(tx, principal, request.method)
        await replay_stored_answer(request, tx, principal)
        request.state.tx = tx
        yield tx


# scope="function": commit before the response leaves, so that 2xx means "saved".
Tx = Annotated[AsyncConnection, Depends(request_transaction, scope="function")]
