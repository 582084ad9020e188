"""Several services under one port: the first segment of the path says whose request it is."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.database.migrate import versions_needed
from chassis.foundation.texts import Texts
from chassis.web import problems
from chassis.web.health import Check, database_check, health_routes
from chassis.web.request_middleware import RequestMiddleware

SHUTDOWN_SECONDS = 20  # with the drain before it less than the 30 that Kubernetes grants


def combine_apps(apps: Mapping[str, FastAPI]) -> ASGIApp:
    """One ASGI application out of many; each keeps its own prefix, lifespan and OpenAPI."""
    draining = asyncio.Event()
    checks: dict[str, Check] = {
        name: database_check(app.state.database, needs=versions_needed(name))
        for name, app in apps.items()
    }

    async def index(_: Request) -> Response:
        pages = {name: f"/{name}/v1/docs" for name in apps}
        return JSONResponse({"services": pages, "health": ["/livez", "/readyz", "/metrics"]})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    routes = [Route("/", index), *health_routes(checks, draining=draining)]
    edge = [Middleware(RequestMiddleware, service="front"), Middleware(problems.Safely)]
    front = Starlette(routes=routes, lifespan=lifespan, middleware=edge)
    problems.install(front, Texts())

    def hang_up() -> None:
        for app in apps.values():
            app.state.operation_waiter.close()  # else an open stream would hold the stop up

    front.state.drain, front.state.hang_up = draining.set, hang_up

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""  # `*` asks about the whole server
        segment = path.strip("/").partition("/")[0]
        await apps.get(segment, front)(scope, receive, send)

    dispatch.state = front.state  # type: ignore[attr-defined]  # where the server finds both
    return dispatch


class GracefulServer(uvicorn.Server):
    """At a signal fails readiness, serves on while that is noticed, closes, and exits with 0.

    A second signal ends the wait, a third one the requests. The parent would raise the signal
    once more at the end, so that a good stop looks like a death.
    """

    def __init__(self, config: uvicorn.Config, *, drain_for: float) -> None:
        super().__init__(config)
        self._drain_for = drain_for
        self._closes_at = float("inf")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        if self._closes_at == float("inf"):
            self._tell("drain")
            self._closes_at = time.monotonic() + self._drain_for
        else:
            self._closes_at = 0.0
        self._close_when_due()

    async def on_tick(self, counter: int) -> bool:
        self._close_when_due()
        return await super().on_tick(counter)

    def _close_when_due(self) -> None:
        if not self.should_exit and time.monotonic() >= self._closes_at:
            self.should_exit = True
            self._tell("hang_up")

    def _tell(self, what: str) -> None:
        told: Callable[[], None] | None = getattr(
            getattr(self.config.app, "state", None), what, None
        )
        if told is not None:
            told()


def make_server(app: ASGIApp, *, host: str, port: int, drain_for: float = 0) -> GracefulServer:
    """A server as every process of ours runs it."""
    return GracefulServer(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ),
        drain_for=drain_for,
    )
