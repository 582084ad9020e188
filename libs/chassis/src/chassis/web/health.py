"""The endpoints /livez, /readyz and /metrics of API and worker processes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.database.engine import Database

# A check answers None when it passes, else one sentence that says what is wrong.
HealthCheck = Callable[[], Awaitable[str | None]]


def database_check(database: Database, *, needs: frozenset[str]) -> HealthCheck:
    """Check that the database answers and its schema has the migrations this build needs."""

    async def check() -> str | None:
        try:
            async with asyncio.timeout(3), database.begin(None) as tx:
                rows = await tx.execute(text("SELECT version_num FROM alembic_version"))
                present = {row.version_num for row in rows}
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            return f"The database cannot be reached: {type(error).__name__}."
        missing = needs - present
        return f"The schema lacks {', '.join(sorted(missing))}: migrate first." if missing else None

    return check


def health_routes(checks: Mapping[str, HealthCheck], *, draining: asyncio.Event) -> list[BaseRoute]:
    """Build the health routes.

    Liveness only shows that the event loop runs; readiness runs every check, and fails while the
    process is draining.
    """

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        results = await asyncio.gather(*(check() for check in checks.values()))
        failing = {name: reason for name, reason in zip(checks, results, strict=True) if reason}
        if draining.is_set():
            failing["draining"] = "The process is about to stop."
        body = {"status": "not ready" if failing else "ready", "failing": failing}
        return JSONResponse(body, 503 if failing else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/livez", livez),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
