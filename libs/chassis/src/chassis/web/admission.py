"""The interface that admits requests by tenant and person; `tenancy` implements it."""

from typing import Protocol

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.auth import Principal


class Admission(Protocol):
    """Decides whether a caller's tenant and person may use the service now."""

    async def admit(self, tx: AsyncConnection, caller: Principal, method: str) -> None:
        """Admit a request and count it against the tenant's quota.

        Raises Unavailable, Forbidden or TooManyRequests.
        """

    async def readmit(self, tx: AsyncConnection, caller: Principal) -> None:
        """Admit one more read of a running stream, without counting it.

        Raises Unavailable or Forbidden.
        """


def admission_of(request: Request) -> Admission:
    """Return the admission that the application was composed with."""
    admission: Admission = request.app.state.admission
    return admission
