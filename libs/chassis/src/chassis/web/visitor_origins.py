"""Routes that pages of other sites call with an access key: CORS by the record of the key.

Such a route is marked with VISITED, and calls `admit_origin` once it knows which sites may send. A
preflight has no key, so it is answered for every site (Fetch Standard, 4.8); the request itself is
refused for a site that is not admitted, before anything is stored, and only the answers to admitted
sites can be read by their pages.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.web.entrances import ACCESS_KEY_HEADER
from kernel.errors import Forbidden

_MARK: Final = "x-visited"
VISITED: Final[dict[str, Any]] = {_MARK: True}  # `openapi_extra` of a route
_ADMITTED: Final = "admitted_origin"
ALLOWED_HEADERS: Final = (
    f"Accept-Language, Content-Type, Idempotency-Key, {ACCESS_KEY_HEADER}, X-Event-Id"
)
EXPOSED_HEADERS: Final = "Content-Language, Idempotent-Replayed, Retry-After, X-Request-Id"
PREFLIGHT_SECONDS: Final = "600"


def admit_origin(request: Request, admits: Callable[[str], bool]) -> None:
    """Let the page that sends this request read the answer; other systems send no origin.

    Raises Forbidden (ORIGIN_NOT_ADMITTED).
    """
    origin = request.headers.get("origin")
    if origin is None:
        return
    if not admits(origin):
        raise Forbidden("ORIGIN_NOT_ADMITTED")
    setattr(request.state, _ADMITTED, origin)


class VisitorOriginsMiddleware:
    """ASGI middleware: answers preflights of visited routes, and names admitted origins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._paths: list[re.Pattern[str]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._is_visited(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        is_preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        if origin is not None and is_preflight:
            await _preflight(origin)(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start" and _ADMITTED in state:
                answered = MutableHeaders(scope=message)
                answered["Access-Control-Allow-Origin"] = state[_ADMITTED]
                answered["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
                answered.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, send_with_origin)

    def _is_visited(self, scope: Scope) -> bool:
        if self._paths is None:
            self._paths = _visited_paths(scope["app"])
        return any(path.fullmatch(scope["path"]) for path in self._paths)


def _visited_paths(app: FastAPI) -> list[re.Pattern[str]]:
    """Return the patterns of the paths of an application's marked routes."""
    found = []
    for context in iter_route_contexts(app.routes):
        extra = getattr(context.original_route, "openapi_extra", None) or {}
        if _MARK in extra and context.path is not None:
            found.append(re.compile(re.sub(r"\{[^}]*\}", "[^/]+", context.path)))
    return found


def _preflight(origin: str) -> Response:
    headers = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": PREFLIGHT_SECONDS,
        "Vary": "Origin",
    }
    return Response(status_code=204, headers=headers)
