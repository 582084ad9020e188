"""The outermost layer of every app: request context and ids, metrics, the log line, bad paths."""

import re
import time
from dataclasses import replace
from secrets import token_hex

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.foundation.context import Context, use_context
from chassis.foundation.languages import preferred_language

log = structlog.get_logger()

REQUESTS = Counter("l2c_requests_total", "Requests answered", ["service", "route", "status"])
REQUEST_SECONDS = Histogram(
    "l2c_request_seconds", "Time to the answer's first byte", ["service", "route"]
)

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
MALFORMED_PATH = "/malformed"

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def request_context(headers: Headers) -> Context:
    """Build the context of a request from its headers.

    A well-formed `traceparent` is continued (W3C Trace Context) and a well-formed X-Request-Id is
    used; otherwise both are new.
    """
    chosen = preferred_language(headers.get("accept-language"))
    context = Context() if chosen is None else Context(language=chosen, chose_language=True)
    request_id = headers.get("x-request-id", "")
    if REQUEST_ID.fullmatch(request_id):
        context = replace(context, request_id=request_id)
    traceparent = headers.get("traceparent", "")
    if TRACEPARENT.fullmatch(traceparent):
        trace, flags = traceparent.split("-")[1::2]
        context = replace(context, traceparent=f"00-{trace}-{token_hex(8)}-{flags}")
    return replace(context, correlation_id=context.request_id)


def _protect(headers: MutableHeaders) -> None:
    """Keep answers out of caches and browsers from guessing their type; texts depend on language.

    A response that is meant to be cached brings a Cache-Control of its own.
    """
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers.add_vary_header("Accept-Language")


class RequestMiddleware:
    """ASGI middleware that sets the request context, measures and logs every request.

    A path or query with a NUL character is routed to MALFORMED_PATH, which answers 400.
    """

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            scope = {
                **scope,
                "requested_path": scope["path"],
                "path": MALFORMED_PATH,
                "query_string": b"",
                "state": {},
            }
        context = request_context(Headers(scope=scope))
        started, status = time.perf_counter(), 500

        async def send_with_ids(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = context.request_id
                headers["traceparent"] = context.traceparent
                _protect(headers)
                self._measure(scope, status, time.perf_counter() - started)
            await send(message)

        with use_context(context):
            await self._app(scope, receive, send_with_ids)
            self._log_request(scope, status, time.perf_counter() - started)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        REQUESTS.labels(self._service, route, status).inc()
        REQUEST_SECONDS.labels(self._service, route).observe(seconds)

    def _log_request(self, scope: Scope, status: int, seconds: float) -> None:
        if scope["path"] in ("/livez", "/readyz", "/metrics"):
            return
        log.info(  # not `ainfo`, which hands every line to a thread (decision 32)
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )
