"""The token endpoint speaks RFC 6749, as OAuth clients expect it, not our problems."""

from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from chassis.database.engine import Database
from chassis.foundation.clock import Now
from chassis.web.problem_schema import Problem
from chassis.web.routing import new_router
from org.logins.domain import Login
from org.logins.routes import proven_login
from org.texts import TEXTS
from org.tokens import store
from org.tokens.actions.issue import LIFETIME, Issuer, granted_scope, issue_token
from org.tokens.domain import FORM, Grant, GrantRefused, Holder, read_form, read_grant
from org.tokens.schemas import KeysOut, MetadataOut, TokenError, TokenForm, TokenOut

oauth = new_router("/oauth", tag="tokens")
well_known = new_router("/.well-known", tag="tokens")

_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_FORM_BODY: dict[str, Any] = {
    "x-max-body-bytes": 20_000,
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": TokenForm.model_json_schema(),
                "example": {"grant_type": "password", "username": "li.na", "password": "..."},
            }
        },
    },
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": meaning,
        "content": {"application/json;charset=UTF-8": {"schema": TokenError.model_json_schema()}},
    }
    for status, meaning in (
        (400, "invalid_request, invalid_grant, invalid_scope, unsupported_grant_type, ..."),
        (401, "invalid_client"),
    )
}
_REFUSALS[429] = {"model": Problem, "description": "Too many failures; wait Retry-After seconds"}


@oauth.post("/token", response_model=TokenOut, responses=_REFUSALS, openapi_extra=_FORM_BODY)
async def token_issue(request: Request, now: Now) -> Response:
    """Give a token to a service client, or to a person for a password (RFC 6749 4.4, 4.3)."""
    form = read_form(request.headers.get("content-type", ""), await request.body())
    grant = read_grant(form, request.headers.get("authorization", ""))
    login, holder = await _signed_in(request, grant, now=now)
    scope = granted_scope(login, holder, grant.scope)
    token = issue_token(request.app.state.issuer, login, holder, scope=scope, now=now)
    seconds = int(LIFETIME.total_seconds())
    answer = TokenOut(access_token=token, expires_in=seconds, scope=scope)
    return JSONResponse(answer.model_dump(), headers=_NOT_STORED)


async def _signed_in(request: Request, grant: Grant, *, now: datetime) -> tuple[Login, Holder]:
    """The login and what its tokens say. Raises GrantRefused and TooManyRequests."""
    database: Database = request.app.state.database
    login = await proven_login(request, grant.login, grant.kind, grant.secret, now=now)
    if login is None:
        raise grant.wrong()
    async with database.begin(login.tenant_id) as tx:
        return login, await store.holder_of(tx, login)


@oauth.get("/jwks")
async def token_keys(request: Request) -> KeysOut:
    """Read the keys that tokens are verified with."""
    issuer: Issuer = request.app.state.issuer
    return KeysOut.model_validate(issuer.keys.jwks())


@well_known.get("/openid-configuration")
async def token_issuer(request: Request) -> MetadataOut:
    """Read where everything of this issuer is."""
    issuer: Issuer = request.app.state.issuer
    return MetadataOut.model_validate(issuer.metadata())


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, GrantRefused)
    error = TokenError(
        error=refusal.code.lower(), error_description=TEXTS[refusal.code].en
    ).model_dump()
    if refusal.code == "INVALID_CLIENT":
        return JSONResponse(error, 401, {**_NOT_STORED, "WWW-Authenticate": 'Basic realm="l2c"'})
    return JSONResponse(error, 400, _NOT_STORED)


def install(app: FastAPI, issuer: Issuer) -> None:
    """Let this app issue tokens."""
    app.state.issuer = issuer
    app.include_router(oauth, prefix="/org/v1")
    app.include_router(well_known, prefix="/org/v1")
    app.add_exception_handler(GrantRefused, _refused)
