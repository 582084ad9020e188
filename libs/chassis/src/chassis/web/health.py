"""The endpoints /livez, /readyz and /metrics of API and worker processes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.database import collation
from chassis.database.engine import Database
from chassis.database.transient import DATABASE_ERRORS, is_transient
from chassis.foundation.state_gauges import StateGauges, StateReader

log = structlog.get_logger()

PATIENCE = 3  # seconds that a database has to answer
# A check answers None when it passes, else one sentence that says what is wrong.
HealthCheck = Callable[[], Awaitable[str | None]]


def database_check(database: Database, *, needs: frozenset[str]) -> HealthCheck:
    """Check that the database answers and its schema has the migrations this build needs.

    After a restart of the server the connections of an idle pool are dead. That is noticed with
    the first use of one, so the check is made once more, on a new connection.
    """

    async def look() -> tuple[set[str], bool]:
        async with database.begin(None) as tx:
            rows = await tx.execute(text("SELECT version_num FROM alembic_version"))
            present = {row.version_num for row in rows}
            return present, bool(await tx.scalar(text(collation.order_query())))

    async def check() -> str | None:
        try:
            async with asyncio.timeout(PATIENCE):
                try:
                    found, sorts = await look()
                except DBAPIError as error:
                    if not is_transient(error):
                        raise
                    found, sorts = await look()
        except DATABASE_ERRORS as error:
            return f"The database cannot be reached: {type(error).__name__}."
        if not sorts:
            return collation.refusal(database.name)
        missing = needs - found
        return f"The schema lacks {', '.join(sorted(missing))}: migrate first." if missing else None

    return check


async def read_state(readers: Sequence[StateReader]) -> StateGauges:
    """Return what the readers show now; one whose database does not answer shows nothing."""
    gauges = StateGauges()
    for reader in readers:
        try:
            async with asyncio.timeout(PATIENCE):
                await reader(gauges)
        except DATABASE_ERRORS as error:
            await log.awarning("metrics_incomplete", error=repr(error))
    return gauges


def health_routes(
    checks: Mapping[str, HealthCheck],
    *,
    draining: asyncio.Event,
    readers: Sequence[StateReader] = (),
    for_operator: Mapping[str, HealthCheck] | None = None,
) -> list[BaseRoute]:
    """Build the health routes.

    Liveness only shows that the event loop runs; readiness runs every check, and fails while the
    process is draining. `readers` add to the metrics what they read at each scrape. What a check
    `for_operator` says, waiting does not mend: the answer lists it.
    """
    operator_checks = for_operator or {}
    all_checks = {**checks, **operator_checks}

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        results = await asyncio.gather(*(check() for check in all_checks.values()))
        failing = {name: reason for name, reason in zip(all_checks, results, strict=True) if reason}
        waiting = [failing[name] for name in operator_checks if name in failing]
        if draining.is_set():
            failing["draining"] = "The process is about to stop."
        status = "not ready" if failing else "ready"
        body = {"status": status, "failing": failing, "waiting_for_operator": waiting}
        return JSONResponse(body, 503 if failing else 200)

    async def metrics(_: Request) -> Response:
        state = await read_state(readers)
        return Response(generate_latest() + state.exposition(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/livez", livez),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
