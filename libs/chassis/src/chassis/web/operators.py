"""Routes of operators: the people of one tenant who look after all the others."""

from typing import Any

from fastapi import Depends, Request

from chassis.foundation.settings import Settings
from chassis.web.auth import Caller, allow
from kernel.errors import Forbidden


async def _ensure_operator(request: Request, caller: Caller) -> None:
    """Check the tenant as well, because another tenant's scope `*` covers the operators' scope."""
    settings: Settings = request.app.state.settings
    if settings.operator_tenant is None or caller.tenant_id != settings.operator_tenant:
        raise Forbidden("OPERATORS_ONLY")


def operators_only(scope: str) -> list[Any]:
    """Return the dependencies of a route for operators who hold this scope."""
    return [allow(scope), Depends(_ensure_operator)]
