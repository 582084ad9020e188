"""The token endpoint; its errors follow RFC 6749, as OAuth clients expect, not RFC 9457."""

from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from chassis.database.engine import Database
from chassis.foundation.clock import Now
from chassis.web.problem_schema import Problem
from chassis.web.routing import new_router
from org.logins.domain import Login
from org.logins.routes import authenticate
from org.logins.store import is_unchanged
from org.principals.store import lock_rights
from org.texts import TEXTS
from org.tokens import store
from org.tokens.actions.issue import TOKEN_LIFETIME, Issuer, granted_scope, issue_token
from org.tokens.domain import (
    FORM_MEDIA_TYPE,
    TokenRefused,
    TokenRequest,
    TokenSubject,
    parse_form,
    parse_token_request,
)
from org.tokens.schemas import IssuerMetadataOut, JwksOut, TokenError, TokenForm, TokenOut

oauth = new_router("/oauth", tag="tokens")
well_known = new_router("/.well-known", tag="tokens")

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_FORM_BODY: dict[str, Any] = {
    "x-max-body-bytes": 20_000,
    "requestBody": {
        "required": True,
        "content": {
            FORM_MEDIA_TYPE: {
                "schema": TokenForm.model_json_schema(),
                "example": {"grant_type": "password", "username": "li.na", "password": "..."},
            }
        },
    },
}
_ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": meaning,
        "content": {"application/json;charset=UTF-8": {"schema": TokenError.model_json_schema()}},
    }
    for status, meaning in (
        (400, "invalid_request, invalid_grant, invalid_scope, unsupported_grant_type, ..."),
        (401, "invalid_client"),
    )
}
_ERROR_RESPONSES[429] = {
    "model": Problem,
    "description": "Too many failures; wait Retry-After seconds",
}


@oauth.post("/token", response_model=TokenOut, responses=_ERROR_RESPONSES, openapi_extra=_FORM_BODY)
async def token_issue(request: Request, now: Now) -> Response:
    """Issue a token to a service client, or to a person for a password (RFC 6749 4.4, 4.3)."""
    form = parse_form(request.headers.get("content-type", ""), await request.body())
    token_request = parse_token_request(form, request.headers.get("authorization", ""))
    login, subject, issued_at = await _authenticated_subject(request, token_request, now=now)
    scope = granted_scope(login, subject, token_request.scope)
    token = issue_token(request.app.state.issuer, login, subject, scope=scope, now=issued_at)
    expires_in = int(TOKEN_LIFETIME.total_seconds())
    body = TokenOut(access_token=token, expires_in=expires_in, scope=scope)
    return JSONResponse(body.model_dump(), headers=_NO_STORE)


async def _authenticated_subject(
    request: Request, token_request: TokenRequest, *, now: datetime
) -> tuple[Login, TokenSubject, datetime]:
    """Return the login, its subject, and the time at which the subject's scopes were read.

    Raises TokenRefused, also for a login that was disabled meanwhile, and TooManyRequests.
    """
    database: Database = request.app.state.database
    login = await authenticate(
        request, token_request.login, token_request.kind, token_request.secret, now=now
    )
    if login is None:
        raise token_request.wrong_credentials()
    async with database.begin(login.tenant_id) as tx:
        issued_at = await lock_rights(tx, shared=True)
        if not await is_unchanged(tx, login):
            raise token_request.wrong_credentials()
        return login, await store.load_token_subject(tx, login), issued_at


@oauth.get("/jwks")
async def token_keys(request: Request) -> JwksOut:
    """Read the public keys that verify tokens."""
    issuer: Issuer = request.app.state.issuer
    return JwksOut.model_validate(issuer.keys.jwks())


@well_known.get("/openid-configuration")
async def token_issuer(request: Request) -> IssuerMetadataOut:
    """Read the metadata of the issuer."""
    issuer: Issuer = request.app.state.issuer
    return IssuerMetadataOut.model_validate(issuer.metadata())


async def _token_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, TokenRefused)
    body = TokenError(error=error.code.lower(), error_description=TEXTS[error.code].en).model_dump()
    if error.code == "INVALID_CLIENT":
        return JSONResponse(body, 401, {**_NO_STORE, "WWW-Authenticate": 'Basic realm="l2c"'})
    return JSONResponse(body, 400, _NO_STORE)


def install_issuer(app: FastAPI, issuer: Issuer) -> None:
    """Add the token routes and the issuer to an app."""
    app.state.issuer = issuer
    app.include_router(oauth, prefix="/org/v1")
    app.include_router(well_known, prefix="/org/v1")
    app.add_exception_handler(TokenRefused, _token_error)
