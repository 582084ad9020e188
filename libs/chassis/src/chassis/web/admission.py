"""The interface that admits requests by tenant and person; `tenancy` implements it."""

from typing import Any, Protocol

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.auth import Principal

_READ_ONLY = "x-read-only"
# The `openapi_extra` of a POST that only reads, such as a search: a suspended tenant may call it.
READ_ONLY: dict[str, Any] = {_READ_ONLY: True}


class Admission(Protocol):
    """Decides whether a caller's tenant and person may use the service now."""

    async def admit(self, tx: AsyncConnection, caller: Principal, method: str) -> None:
        """Admit a request and count it against the tenant's quota.

        Raises Unavailable, Unauthenticated, Forbidden or TooManyRequests.
        """

    async def readmit(self, tx: AsyncConnection, caller: Principal) -> None:
        """Admit one more read of a running stream, without counting it.

        Raises Unavailable, Unauthenticated or Forbidden.
        """


def admission_of(request: Request) -> Admission:
    """Return the admission that the application was composed with."""
    admission: Admission = request.app.state.admission
    return admission


def admitted_method(request: Request) -> str:
    """Return the method that a request is admitted for: GET if its route only reads."""
    extra = getattr(request.scope.get("route"), "openapi_extra", None) or {}
    return "GET" if extra.get(_READ_ONLY) else request.method
