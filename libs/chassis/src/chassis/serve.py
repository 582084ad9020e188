"""Several services under one port: the first segment of the path says whose request it is."""

import asyncio
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

from chassis import problems
from chassis.edge import Edge
from chassis.health import Check, database_check, health_routes
from chassis.migrate import versions_needed
from chassis.texts import Texts

DRAIN_SECONDS = 25


def several(apps: Mapping[str, FastAPI]) -> ASGIApp:
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
    edge = [Middleware(Edge, service="front"), Middleware(problems.Safely)]
    front = Starlette(routes=routes, lifespan=lifespan, middleware=edge)
    problems.install(front, Texts())

    def drain() -> None:
        draining.set()
        for app in apps.values():
            app.state.operation_waiter.close()  # else an open stream would hold the stop up

    front.state.drain = drain

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        segment = scope["path"].split("/", 2)[1] if scope["type"] == "http" else ""
        await apps.get(segment, front)(scope, receive, send)

    dispatch.state = front.state  # type: ignore[attr-defined]  # where the server finds `drain`
    return dispatch


class Server(uvicorn.Server):
    """Fails readiness at the first signal, drains, closes and exits with 0; a second one hurries.

    The parent would raise the signal once more at the end, so that a good stop looks like a death.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        drain: Callable[[], None] | None = getattr(
            getattr(self.config.app, "state", None), "drain", None
        )
        if drain is not None:
            drain()
        self.force_exit = self.should_exit
        self.should_exit = True


def server_of(app: ASGIApp, *, host: str, port: int) -> Server:
    """A server as every process of ours runs it."""
    return Server(
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
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
