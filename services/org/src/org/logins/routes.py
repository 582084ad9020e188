"""Authentication of a login by its secret, and responses that show a secret once."""

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from chassis.database.engine import Database
from org.logins import actions
from org.logins.domain import Login, LoginKind, source_from_address


class SecretResponse(JSONResponse):
    """A response that sends a secret; the body stored for its Idempotency-Key lacks the secret."""

    def __init__(
        self, body: BaseModel, secret: dict[str, Any], *, status: int, location: str
    ) -> None:
        headers = {"Location": location, "Cache-Control": "no-store"}
        super().__init__(body.model_dump(mode="json"), status, headers)
        self._with_secret = body.model_copy(update=secret).model_dump(mode="json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the secret with the headers that the route has set meanwhile, such as the ETag."""
        headers = {name: value for name, value in self.headers.items() if name != "content-length"}
        await JSONResponse(self._with_secret, self.status_code, headers)(scope, receive, send)


def request_source(request: Request) -> str:
    """Return the source address; behind a proxy uvicorn takes it from the forwarded header."""
    return source_from_address(request.client.host if request.client else "")


async def authenticate(
    request: Request, login: str, kind: LoginKind, secret: str, *, now: datetime
) -> Login | None:
    """Return the login if the secret is right; None for a wrong secret or an unknown name.

    Uses two short transactions: no connection is held during the slow check, and a failure is
    committed before it is reported. Raises TooManyRequests.
    """
    database: Database = request.app.state.database
    source = request_source(request)
    async with database.begin(None) as tx:
        login_found = await actions.find_login(tx, login, kind, source=source, now=now)
    succeeded = await actions.verify_secret(login_found, kind, secret)
    async with database.begin(None) as tx:
        await actions.record_attempt(tx, login, source=source, succeeded=succeeded, now=now)
    return login_found if succeeded else None
