"""Requests that share a test's transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.write_cause import attribute_writes
from chassis.records.access_keys.entry import FindAccessKey, access_key_finder
from chassis.records.access_keys.store import find_by_digest
from chassis.web import transaction as transactions
from chassis.web.admission import admitted_method
from chassis.web.auth import Principal, authenticate
from chassis.web.idempotency import replay_stored_answer

PrepareTenant = Callable[[AsyncConnection], Awaitable[None]]


async def set_tenant(tx: AsyncConnection, tenant: UUID | None) -> None:
    """Set the tenant for the rest of the transaction."""
    value = str(tenant) if tenant else ""
    await tx.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": value})


@asynccontextmanager
async def shared_transaction(
    app: FastAPI, tx: AsyncConnection, tenant: UUID, prepare_tenant: PrepareTenant
) -> AsyncIterator[None]:
    """Let requests run in savepoints of the test's transaction, as their own tenant."""

    async def inner(
        request: Request, principal: Annotated[Principal, Depends(authenticate)]
    ) -> AsyncIterator[AsyncConnection]:
        async with tx.begin_nested():
            await set_tenant(tx, principal.tenant_id)
            if principal.tenant_id != tenant:
                await prepare_tenant(tx)
            await app.state.admission.admit(tx, principal, admitted_method(request))
            await attribute_writes(tx)
            await replay_stored_answer(request, tx, principal)
            request.state.tx = tx
            yield tx
            await set_tenant(tx, tenant)

    def finder() -> FindAccessKey:
        return partial(find_by_digest, tx)

    app.dependency_overrides[transactions.request_transaction] = inner
    app.dependency_overrides[access_key_finder] = finder
    yield
    app.dependency_overrides.clear()
