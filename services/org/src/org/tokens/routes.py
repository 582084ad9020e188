"""The token endpoint; its errors follow RFC 6749, as OAuth clients expect, not RFC 9457."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from chassis.database.engine import Database
from chassis.foundation.clock import Now
from chassis.web.problem_schema import Problem
from chassis.web.routing import new_router
from org.logins.domain import Login, LoginKind
from org.logins.routes import authenticate
from org.logins.store import find as find_login
from org.logins.store import is_unchanged
from org.principals.store import lock_rights
from org.sessions.actions import log_out, refresh_session, start_session
from org.sessions.domain import RefreshToken, read_token
from org.settings import OrgSettings
from org.texts import TEXTS
from org.tokens import store
from org.tokens.actions.issue import TOKEN_LIFETIME, Issuer, granted_scope, issue_token
from org.tokens.domain import (
    FORM_MEDIA_TYPE,
    RefreshRequest,
    TokenRefused,
    TokenRequest,
    TokenSubject,
    parse_form,
    parse_token_request,
)
from org.tokens.schemas import (
    IssuerMetadataOut,
    JwksOut,
    RevocationForm,
    TokenError,
    TokenForm,
    TokenOut,
)

oauth = new_router("/oauth", tag="tokens")
well_known = new_router("/.well-known", tag="tokens")

MAX_DEVICE_LENGTH = 300
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
_REVOCATION_BODY: dict[str, Any] = {
    "x-max-body-bytes": 20_000,
    "requestBody": {
        "required": True,
        "content": {
            FORM_MEDIA_TYPE: {
                "schema": RevocationForm.model_json_schema(),
                "example": {"token": "...", "token_type_hint": "refresh_token"},
            }
        },
    },
}
_REVOCATION_ERRORS: dict[int | str, dict[str, Any]] = {400: _ERROR_RESPONSES[400]}
_ERROR_RESPONSES[429] = {
    "model": Problem,
    "description": "Too many failures; wait Retry-After seconds",
}


@dataclass(frozen=True, kw_only=True)
class _Grant:
    """What a request for a token is granted; a person also gets a refresh token."""

    login: Login
    subject: TokenSubject
    scope: str
    issued_at: datetime
    refresh_token: RefreshToken | None = None


@oauth.post("/token", response_model=TokenOut, responses=_ERROR_RESPONSES, openapi_extra=_FORM_BODY)
async def token_issue(request: Request, now: Now) -> Response:
    """Issue a token to a service client, or to a person for a password or a refresh token.

    RFC 6749 4.4, 4.3 and 6. A person gets a refresh token too; each use replaces it. One that is
    used again, other than within ten seconds, ends the session: somebody may have stolen it.
    """
    form = parse_form(request.headers.get("content-type", ""), await request.body())
    token_request = parse_token_request(form, request.headers.get("authorization", ""))
    if isinstance(token_request, RefreshRequest):
        grant = await _refresh(request, token_request)
    else:
        grant = await _sign_in(request, token_request, now=now)
    refresh_token = grant.refresh_token
    token = issue_token(
        request.app.state.issuer,
        grant.login,
        grant.subject,
        scope=grant.scope,
        session_id=None if refresh_token is None else refresh_token.session_id,
        now=grant.issued_at,
    )
    body = TokenOut(
        access_token=token,
        expires_in=int(TOKEN_LIFETIME.total_seconds()),
        scope=grant.scope,
        refresh_token=None if refresh_token is None else refresh_token.encode(),
    )
    return JSONResponse(body.model_dump(exclude_none=True), headers=_NO_STORE)


async def _sign_in(request: Request, token_request: TokenRequest, *, now: datetime) -> _Grant:
    """Verify a secret; start a session for a person.

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
        subject = await store.load_token_subject(tx, login)
        scope = granted_scope(subject.scopes, token_request.scope)
        grant = _Grant(login=login, subject=subject, scope=scope, issued_at=issued_at)
        if login.kind is LoginKind.CLIENT:
            return grant
        _, refresh_token = await start_session(
            tx,
            login.tenant_id,
            login.subject_id,
            login=login.login,
            scope=token_request.scope,
            device=request.headers.get("user-agent", "")[:MAX_DEVICE_LENGTH] or None,
            limits=request.app.state.settings.session_limits,
            now=issued_at,
        )
        return replace(grant, refresh_token=refresh_token)


async def _refresh(request: Request, token_request: RefreshRequest) -> _Grant:
    """Exchange a refresh token. What ends the session is committed before it is refused."""
    database: Database = request.app.state.database
    settings: OrgSettings = request.app.state.settings
    token = read_token(token_request.refresh_token)
    if token is None:
        raise TokenRefused("INVALID_GRANT")
    async with database.begin(token.tenant_id) as tx:
        now = await lock_rights(tx, shared=True)
        refreshed = await refresh_session(
            tx, token, key=settings.refresh_key, limits=settings.session_limits, now=now
        )
        login = refreshed and await find_login(tx, refreshed[0].login, LoginKind.PERSON)
        if refreshed and login:
            session, following = refreshed
            subject = await store.load_token_subject(tx, login)
            scopes = frozenset(granted_scope(subject.scopes, session.scope).split())
            return _Grant(
                login=login,
                subject=subject,
                scope=granted_scope(scopes, token_request.scope),
                issued_at=now,
                refresh_token=following,
            )
    raise TokenRefused("INVALID_GRANT")


@oauth.post("/revoke", responses=_REVOCATION_ERRORS, openapi_extra=_REVOCATION_BODY)
async def token_revoke(request: Request, now: Now) -> None:
    """Log out: end the session of a refresh token (RFC 7009); other tokens are ignored.

    Access tokens of the session expire within five minutes.
    """
    form = parse_form(request.headers.get("content-type", ""), await request.body())
    if "token" not in form:
        raise TokenRefused("INVALID_REQUEST")
    token = read_token(form["token"])
    if token is None:
        return
    database: Database = request.app.state.database
    async with database.begin(token.tenant_id) as tx:
        await log_out(tx, token, key=request.app.state.settings.refresh_key, now=now)


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
