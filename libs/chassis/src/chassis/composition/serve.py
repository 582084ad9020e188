"""Combines the APIs of several services on one port, by the first segment of the path.

Health and metrics are the operators' and have a port of their own; `serve` opens both.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from socket import socket
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.database.connection_budget import ensure_connections
from chassis.database.migrate import versions_needed
from chassis.database.pool_metrics import pool_metrics
from chassis.foundation.garbage_collection import settle
from chassis.foundation.settings import Settings
from chassis.foundation.state_gauges import build_info
from chassis.foundation.texts import Texts
from chassis.web import problems
from chassis.web.health import HealthCheck, database_check, health_routes
from chassis.web.limited_protocol import Limits, limited
from chassis.web.request_middleware import RequestMiddleware

SHUTDOWN_SECONDS = 20  # with the drain before, less than the 30 seconds Kubernetes grants


def combine_apps(apps: Mapping[str, FastAPI]) -> ASGIApp:
    """Combine APIs in one ASGI application; each keeps its own prefix, lifespan and OpenAPI.

    Its `state.operators` is the application with health and metrics.
    """
    draining = asyncio.Event()
    checks: dict[str, HealthCheck] = {
        name: database_check(app.state.database, needs=versions_needed(name))
        for name, app in apps.items()
    }

    async def index(_: Request) -> Response:
        return JSONResponse({"services": {name: f"/{name}/v1/docs" for name in apps}})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    shows_docs = all(app.state.settings.shows_docs for app in apps.values())
    routes = [Route("/", index)] if shows_docs else []
    middleware = [
        Middleware(RequestMiddleware, service="front"),
        Middleware(problems.UnexpectedErrorMiddleware),
    ]
    front = Starlette(routes=routes, lifespan=lifespan, middleware=middleware)
    problems.install_problem_handlers(front, Texts())

    def end_streams() -> None:
        for app in apps.values():
            app.state.operation_waiter.close()  # an open stream would block the shutdown

    front.state.drain, front.state.end_streams = draining.set, end_streams
    front.state.database_urls = [app.state.database.url for app in apps.values()]
    readers = [pool_metrics(app.state.database) for app in apps.values()]
    revision = next((app.state.settings.revision for app in apps.values()), "")
    front.state.operators = Starlette(
        routes=health_routes(checks, draining=draining, readers=[build_info(revision), *readers])
    )

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""  # `*` means the whole server
        segment = path.strip("/").partition("/")[0]
        await apps.get(segment, front)(scope, receive, send)

    dispatch.state = front.state  # type: ignore[attr-defined]  # the servers use it
    return dispatch


async def serve(app: Any, settings: Settings, *, host: str, port: int, operators_port: int) -> None:
    """Serve combined APIs, and their health and metrics on the other port, until a signal.

    The operators' port opens after the API's and closes after it. Raises TooManyConnections.
    """
    await ensure_connections(app.state.database_urls, per_pool=settings.pool_limit)
    public = GracefulServer(
        server_config(app, settings, host=host, port=port), drain_for=settings.drain_for
    )
    operators = SideServer(
        server_config(app.state.operators, settings, host=host, port=operators_port)
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(operators.serve_beside(public))
        await public.serve()
        operators.should_exit = True


def server_config(app: Any, settings: Settings, *, host: str, port: int) -> uvicorn.Config:
    """Return the settings that every server has."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=limited(Limits.of(settings)),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


class SideServer(uvicorn.Server):
    """A second server of a process, which leaves the signals to the first."""

    async def serve_beside(self, first: "GracefulServer") -> None:
        await first.serving.wait()
        settle()
        await self._serve()


class GracefulServer(uvicorn.Server):
    """Stops in steps at a signal: fail readiness, serve during the drain, close, exit with 0.

    A second signal ends the drain, a third one the running requests. Uvicorn's own server would
    raise the signal again at the end, so that a graceful stop would look like a crash.
    """

    def __init__(self, config: uvicorn.Config, *, drain_for: float) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()
        self._drain_for = drain_for
        self._closes_at = float("inf")

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        if self._closes_at == float("inf"):
            self._call_state("drain")
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
            self._call_state("end_streams")

    def _call_state(self, name: str) -> None:
        """Call this function of the application's state, if it has one."""
        function: Callable[[], None] | None = getattr(
            getattr(self.config.app, "state", None), name, None
        )
        if function is not None:
            function()
