"""Every error as an RFC 9457 problem; the only module that maps errors to HTTP statuses."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.database.transient import is_transient
from chassis.foundation.context import current
from chassis.foundation.key_redaction import without_access_keys
from chassis.foundation.refusals import (
    Expired,
    Malformed,
    Moved,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from chassis.foundation.texts import Texts
from chassis.foundation.violations import from_pydantic
from chassis.web.entrances import UNCACHED, is_entrance
from chassis.web.request_middleware import MALFORMED_PATH
from kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    NotYet,
    RuleBroken,
    Violation,
)

log = structlog.get_logger()

STATUS_BY_ERROR: dict[type[DomainError], int] = {
    Moved: 307,
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    RuleBroken: 409,
    Conflict: 409,
    NotYet: 409,
    Expired: 410,
    PreconditionFailed: 412,
    TooLarge: 413,
    Invalid: 422,
    PreconditionRequired: 428,
    TooManyRequests: 429,
    Unavailable: 503,
}
HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CODE_BY_STATUS = {
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


class ProblemDetails(NamedTuple):
    """The content of a problem, before it is put into the caller's language."""

    status: int
    code: str
    params: dict[str, Any]
    violations: Sequence[Violation] = ()
    retry_after: int = 1  # seconds
    location: str | None = None


def problem_details(error: DomainError) -> ProblemDetails:
    """Return the status and content of the problem for a domain error."""
    status = next((s for kind, s in STATUS_BY_ERROR.items() if isinstance(error, kind)), 400)
    violations: Sequence[Violation] = getattr(error, "violations", ())
    retry_after = error.retry_after if isinstance(error, TooManyRequests) else 1
    location = error.location if isinstance(error, Moved) else None
    return ProblemDetails(status, error.code, error.params, violations, retry_after, location)


def problem_body(texts: Texts, details: ProblemDetails, *, instance: str) -> dict[str, Any]:
    """Return the problem object, with its texts in the language of the request."""
    context = current()
    say = texts.say
    body: dict[str, Any] = {
        "type": f"urn:l2c:problem:{details.code.lower().replace('_', '-')}",
        "title": say(details.code, details.params, context.language),
        "status": details.status,
        "detail": say(details.code, details.params, context.language),
        "instance": instance,
        "code": details.code,
        "params": details.params,
        "trace_id": context.trace_id,
    }
    if details.violations:
        body["errors"] = [
            {
                "pointer": v.pointer,
                "code": v.code,
                "message": say(v.code, v.params, context.language),
                "params": v.params,
            }
            for v in details.violations
        ]
    return body


def problem_response(request: Request, details: ProblemDetails) -> Response:
    """Return the response of a request that failed."""
    texts: Texts = request.app.state.texts
    path: str = request.scope.get("requested_path", request.url.path)
    body = problem_body(texts, details, instance=without_access_keys(path))
    headers = {"Content-Language": current().language}
    if is_entrance(request):
        headers |= UNCACHED
    if details.status == 401:
        headers["WWW-Authenticate"] = f'Bearer error="{details.code}"'
    if details.location is not None:
        headers |= {"Location": details.location, "Cache-Control": "no-store"}
    if details.status in (429, 503):
        headers["Retry-After"] = str(details.retry_after)
    return Response(
        orjson.dumps(body, default=str),
        details.status,
        headers,
        media_type="application/problem+json",
    )


async def _handle_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return problem_response(request, problem_details(error))


async def _handle_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return problem_response(request, ProblemDetails(400, "JSON_INVALID", {}))
    violations = from_pydantic(error.errors())
    return problem_response(request, ProblemDetails(422, "VALIDATION_FAILED", {}, violations))


async def _handle_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, DomainError):  # raised while the framework read the body
        return problem_response(request, problem_details(error.__cause__))
    code = CODE_BY_STATUS.get(error.status_code, "MALFORMED")
    response = problem_response(request, ProblemDetails(error.status_code, code, {}))
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(_allowed_methods(request))
    return response


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes at this path; the framework names those of the first."""
    routes, scope = request.app.routes, request.scope
    return [
        method
        for method in HTTP_METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]


async def _handle_database_error(request: Request, error: Exception) -> Response:
    if not is_transient(error):
        return await _handle_unexpected_error(request, error)
    await log.awarning("database_unavailable", error=repr(error))
    return problem_response(request, ProblemDetails(503, "DATABASE_UNAVAILABLE", {}))


async def _handle_unexpected_error(request: Request, error: Exception) -> Response:
    await log.aerror("unexpected_error", path=request.url.path, exc_info=error)
    return problem_response(request, ProblemDetails(500, "INTERNAL_ERROR", {}))


class UnexpectedErrorMiddleware:
    """ASGI middleware: logs an unexpected error and answers it with a 500 problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_and_note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_start)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            response = await _handle_unexpected_error(Request(scope), error)
            await response(scope, receive, send)


async def _answer_malformed_path(request: Request) -> Response:
    return problem_response(request, problem_details(Malformed("MALFORMED")))


def install_problem_handlers(app: Starlette, texts: Texts) -> None:
    """Install the handlers that answer every error of this app with a problem."""
    app.state.texts = texts
    app.add_exception_handler(DomainError, _handle_domain_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_error)
    for kind in (DBAPIError, PoolTimeout, ConnectionError):
        app.add_exception_handler(kind, _handle_database_error)
    app.router.routes.append(Route(MALFORMED_PATH, _answer_malformed_path, methods=None))
