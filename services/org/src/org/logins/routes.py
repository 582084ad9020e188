"""Authentication of a login by its secret."""

from datetime import datetime

from fastapi import Request

from chassis.database.engine import Database
from chassis.web.client_address import request_source
from org.logins import actions
from org.logins.domain import Login, LoginKind


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
