"""What a request passes before its transaction may work: implemented by `tenancy`."""

from typing import Protocol

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.auth import Principal


class Admission(Protocol):
    """Decides whether a caller's tenant and person may use the service now."""

    async def enter(self, tx: AsyncConnection, caller: Principal, method: str) -> None:
        """Admit a request, counting it. Raises Unavailable, Forbidden or TooManyRequests."""

    async def look(self, tx: AsyncConnection, caller: Principal) -> None:
        """Admit one more read of a running stream, uncounted. Raises Unavailable or Forbidden."""


def admission_of(request: Request) -> Admission:
    """The admission that the application was composed with."""
    admission: Admission = request.app.state.admission
    return admission
