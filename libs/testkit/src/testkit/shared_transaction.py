"""Requests that share a test's transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import SETTINGS_KEY
from chassis.database.transaction_tenant import enter_tenant, within_tenant
from chassis.database.write_cause import attribute_writes

PrepareTenant = Callable[[AsyncConnection], Awaitable[None]]


async def set_tenant(tx: AsyncConnection, tenant: UUID | None) -> None:
    """Set the tenant for the rest of the transaction."""
    enter_tenant(tenant)
    tx.info.pop(SETTINGS_KEY, None)
    value = str(tenant) if tenant else ""
    await tx.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": value})


@asynccontextmanager
async def shared_transaction(
    app: FastAPI, tx: AsyncConnection, tenant: UUID, prepare_tenant: PrepareTenant
) -> AsyncIterator[None]:
    """Let requests run in savepoints of the test's transaction, as their own tenant.

    FastAPI's `dependency_overrides` would rebuild every dependency in every request.
    """

    @asynccontextmanager
    async def begin(caller_tenant: UUID | None) -> AsyncIterator[AsyncConnection]:
        with within_tenant(caller_tenant):
            async with tx.begin_nested():
                await set_tenant(tx, caller_tenant)
                if caller_tenant not in (tenant, None):
                    await prepare_tenant(tx)
                await attribute_writes(tx)
                yield tx
                await set_tenant(tx, tenant)

    own = app.state.begin_transaction
    app.state.begin_transaction = begin
    yield
    app.state.begin_transaction = own
    app.dependency_overrides.clear()  # a test's clock
