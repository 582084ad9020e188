"""The application factory: what every service's API has in common."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from chassis.database.engine import Database
from chassis.events.relay.wakeup import Wakeup
from chassis.files.exports.routes import export_router
from chassis.files.imports import tables as _import_tables  # noqa: F401  # hangs them on the metadata
from chassis.foundation.settings import Settings
from chassis.foundation.texts import Catalog, Texts
from chassis.records.access import tables as _access_tables  # noqa: F401  # hangs them on the metadata
from chassis.records.audit import tables as _audit_tables  # noqa: F401  # hangs them on the metadata
from chassis.records.custom_fields import tables as _field_tables  # noqa: F401  # the same
from chassis.records.external_ids import tables as _name_tables  # noqa: F401  # the same
from chassis.records.lists.saved_view_routes import saved_view_router
from chassis.records.numbers.number_format_routes import number_format_router
from chassis.tenancy.export_routes import tenant_export_router
from chassis.tenancy.tenant_admission import TenantAdmission
from chassis.web import problems
from chassis.web.auth import KeySet, Verifier
from chassis.web.dead_letter_routes import parked_router
from chassis.web.event_count_routes import event_count_router
from chassis.web.idempotency import Replay
from chassis.web.openapi import completed
from chassis.web.operation_routes import operation_router
from chassis.web.operations.waiter import OperationWaiter
from chassis.web.problem_schema import PROBLEM_RESPONSES
from chassis.web.request_middleware import RequestMiddleware

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings,
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    texts: Catalog,
    numbers: Mapping[str, str] | None = None,
) -> FastAPI:
    """One service's API under `/<service>/v1`; `serve` puts it on a port, with health.

    `numbers` are the prefixes of its document types: `{"quote": "Q"}`.
    """
    prefix = f"/{settings.service}/v1"
    app: FastAPI = FastAPIOffline(
        title=title,
        description=description,
        version="1",
        openapi_url=f"{prefix}/openapi.json",
        docs_url=f"{prefix}/docs",
        redoc_url=None,
        lifespan=_lifespan(settings),
        responses=PROBLEM_RESPONSES,
        middleware=_middleware(settings),
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
    )
    _equip(app, settings)
    problems.install(app, Texts(texts))
    app.add_exception_handler(Replay, _replayed)
    for router in [*routers, *_shared(settings.service, numbers or {})]:
        app.include_router(router, prefix=prefix)
    plain = app.openapi
    app.openapi = lambda: completed(plain())  # type: ignore[method-assign]  # the framework's own way
    return app


def _shared(service: str, numbers: Mapping[str, str]) -> list[APIRouter]:
    """What every service serves beside its own."""
    return [
        operation_router(),
        parked_router(service),
        event_count_router(service),
        saved_view_router(service),
        export_router(service),
        tenant_export_router(service),
        number_format_router(service, numbers),
    ]


def _middleware(settings: Settings) -> list[Middleware]:
    edge, safely = (
        Middleware(RequestMiddleware, service=settings.service),
        Middleware(problems.Safely),
    )
    if not settings.cors_origins:
        return [edge, safely]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["ETag", "Location", "X-Request-Id", "Idempotent-Replayed"],
    )
    return [edge, cors, safely]


def _equip(app: FastAPI, settings: Settings) -> None:
    app.state.settings = settings
    app.state.database = Database(settings.database_url, name=f"{settings.service}-api")
    keys = KeySet(settings.keys_url)
    app.state.verifier = Verifier(keys, issuer=settings.issuer, audience=settings.audience)
    app.state.admission = TenantAdmission()
    app.state.cursor_key = _derived(settings, "cursor")


def _derived(settings: Settings, purpose: str) -> bytes:
    material = f"{settings.service}:{purpose}:{settings.secret.get_secret_value()}"
    return hashlib.sha256(material.encode()).digest()


def _lifespan(settings: Settings) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database: Database = app.state.database
        wakeup = Wakeup(settings.database_url)
        database.on_published = wakeup.ring
        waiter = OperationWaiter(database)
        app.state.operation_waiter = waiter
        async with wakeup:
            yield
            waiter.close()
        await database.dispose()

    return lifespan


async def _replayed(_: Request, replay: Any) -> Response:
    response: Response = replay.response
    return response
