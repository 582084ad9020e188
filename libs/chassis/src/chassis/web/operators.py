"""Routes of operators: the people of one tenant who look after all the others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import acting_for
from chassis.foundation.settings import Settings
from chassis.web.auth import Caller, Principal, allow
from kernel.errors import Forbidden, NotFound


async def _ensure_operator(request: Request, caller: Caller) -> None:
    """Check the tenant as well, because another tenant's scope `*` covers the operators' scope."""
    settings: Settings = request.app.state.settings
    if settings.operator_tenant is None or caller.tenant_id != settings.operator_tenant:
        raise Forbidden("OPERATORS_ONLY")


def operators_only(scope: str) -> list[Any]:
    """Return the dependencies of a route for operators who hold this scope."""
    return [allow(scope), Depends(_ensure_operator)]


async def _operated_tenant(
    request: Request,
    caller: Caller,
    tenant_id: Annotated[
        UUID | None, Query(description="For operators: another tenant than their own")
    ] = None,
) -> UUID:
    """Return the tenant that a request is about. Raises Forbidden (OPERATORS_ONLY)."""
    if tenant_id is None or tenant_id == caller.tenant_id:
        return caller.tenant_id
    await _ensure_operator(request, caller)
    return tenant_id


# The tenant of a route that operators may use for every tenant, others for their own.
OperatedTenant = Annotated[UUID, Depends(_operated_tenant)]


@asynccontextmanager
async def operating(tx: AsyncConnection, caller: Principal, tenant: UUID) -> AsyncIterator[None]:
    """Run the block as the tenant that the request is about.

    Raises NotFound for another tenant that the service does not know.
    """
    if tenant == caller.tenant_id:
        yield
        return
    async with acting_for(tx, tenant):
        if (await tx.execute(select(tenant_settings.c.status))).first() is None:
            raise NotFound("tenant", tenant)
        yield
