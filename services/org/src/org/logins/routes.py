"""The edge of proving a login, and answers that hold a secret."""

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from chassis.database.engine import Database
from org.logins import actions
from org.logins.domain import Login, LoginKind, source_of


class ToldOnce(JSONResponse):
    """Sends a secret; its body, which an Idempotency-Key stores and replays, is without it."""

    def __init__(self, body: BaseModel, secret: dict[str, Any], *, status: int, at: str) -> None:
        headers = {"Location": at, "Cache-Control": "no-store"}
        super().__init__(body.model_dump(mode="json"), status, headers)
        told = body.model_copy(update=secret)
        self._told = JSONResponse(told.model_dump(mode="json"), status, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._told(scope, receive, send)


def source(request: Request) -> str:
    """Where a request comes from; behind a proxy uvicorn reads it from the forwarded header."""
    return source_of(request.client.host if request.client else "")


async def proven_login(
    request: Request, login: str, kind: LoginKind, secret: str, *, now: datetime
) -> Login | None:
    """The login whose secret this is; None for a wrong one or an unknown name.

    Two short transactions: no connection waits for the slow proof, and a wrong try is committed
    before it is refused. Raises TooManyRequests.
    """
    database: Database = request.app.state.database
    here = source(request)
    async with database.begin(None) as tx:
        found = await actions.find_login(tx, login, kind, source=here, now=now)
    proven = await actions.is_proven(found, kind, secret)
    async with database.begin(None) as tx:
        await actions.record_try(tx, login, source=here, proven=proven, now=now)
    return found if proven else None
