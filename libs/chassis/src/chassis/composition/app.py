"""The application factory: creates a service's API with all that the APIs have in common."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from chassis.composition.features import imports_of, tables_with_custom_fields
from chassis.database.engine import Database
from chassis.events.relay.wakeup import Wakeup
from chassis.files.exports.routes import export_router
from chassis.files.imports import tables as _import_tables  # noqa: F401  # registers the tables
from chassis.files.imports.routes import import_router
from chassis.foundation.resource_texts import resource_texts
from chassis.foundation.settings import Settings
from chassis.foundation.texts import Catalog, Texts
from chassis.records.access import tables as _access_tables  # noqa: F401  # registers the tables
from chassis.records.access_keys import tables as _key_tables  # noqa: F401  # the same
from chassis.records.access_keys.limits import AccessKeyLimits
from chassis.records.attachments import tables as _file_tables  # noqa: F401  # the same
from chassis.records.audit import tables as _audit_tables  # noqa: F401  # registers the tables
from chassis.records.batch_routes import batch_routers
from chassis.records.custom_fields import tables as _field_tables  # noqa: F401  # the same
from chassis.records.custom_fields.routes import custom_field_router
from chassis.records.dead_letter_routes import parked_event_router
from chassis.records.event_feed_routes import event_feed_router
from chassis.records.event_resend_routes import RESENDS, event_resend_router
from chassis.records.external_ids import tables as _name_tables  # noqa: F401  # the same
from chassis.records.lists.saved_view_routes import saved_view_router
from chassis.records.messages import tables as _message_tables  # noqa: F401  # the same
from chassis.records.numbers.number_format_routes import number_format_router
from chassis.records.rebuild_routes import REBUILDS, rebuild_router
from chassis.records.run_routes import run_audit_router
from chassis.records.snapshots.routes import SNAPSHOTS, snapshot_router
from chassis.records.unreadable_event_routes import unreadable_event_router
from chassis.records.work import tables as _work_tables  # noqa: F401  # registers the table
from chassis.records.working_time import tables as _time_tables  # noqa: F401  # the same
from chassis.tenancy.export_routes import tenant_export_router
from chassis.tenancy.tenant_admission import TenantAdmission
from chassis.web import problems
from chassis.web.auth import KeySet, Verifier
from chassis.web.enum_routes import enum_router
from chassis.web.event_count_routes import event_count_router
from chassis.web.head_requests import HeadMiddleware
from chassis.web.idempotency import Replay
from chassis.web.openapi import complete_openapi
from chassis.web.operation_routes import operation_router
from chassis.web.operations.waiter import OperationWaiter
from chassis.web.problem_schema import PROBLEM_RESPONSES
from chassis.web.request_middleware import RequestMiddleware
from chassis.web.visitor_origins import VisitorOriginsMiddleware

# In development a front-end on the same machine may call, on whatever port its server listens.
LOCAL_ORIGIN = r"http://(localhost|127\.0\.0\.1)(:\d+)?"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
# What a script in a browser may read beside the body.
EXPOSED_HEADERS: Final = (
    "ETag", "Location", "X-Request-Id", "Idempotent-Replayed", "Retry-After",
    "Content-Disposition", "Content-Language",
)  # fmt: skip


def create_app(
    settings: Settings,
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    texts: Catalog,
    numbers: Mapping[str, str] | None = None,
    replicas: Sequence[str] = (),
) -> FastAPI:
    """Create one service's API under `/<service>/v1`; health has a port of its own.

    Beside `routers` it serves what the features declare: custom fields and imports. `numbers` has
    the number prefix of each document type: `{"cpq.quote": "Q"}`; `replicas` names the worker's.
    """
    prefix = f"/{settings.service}/v1"
    # Without pages the class is FastAPI's own: the other always serves its OpenAPI document.
    create: Callable[..., FastAPI] = FastAPIOffline if settings.shows_docs else FastAPI
    app = create(
        title=title,
        description=description,
        version="1",
        openapi_url=f"{prefix}/openapi.json" if settings.shows_docs else None,
        docs_url=f"{prefix}/docs" if settings.shows_docs else None,
        redoc_url=None,
        lifespan=_lifespan(settings),
        responses=PROBLEM_RESPONSES,
        middleware=_middleware(settings),
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
    )
    _set_state(app, settings)
    problems.install_problem_handlers(app, Texts(resource_texts(settings.service), texts))
    app.add_exception_handler(Replay, _replay_response)
    for router in [*routers, *_common_routers(settings.service, numbers or {}, replicas)]:
        app.include_router(router, prefix=prefix)
    for router in batch_routers(settings.service, list(app.routes)):
        app.include_router(router, prefix=prefix)
    _complete_document(app)
    return app


def _complete_document(app: FastAPI) -> None:
    """Complete the OpenAPI document of an application whenever it is generated."""
    generate = app.openapi
    app.openapi = lambda: complete_openapi(generate())  # type: ignore[method-assign]  # the way FastAPI documents


def _common_routers(
    service: str, numbers: Mapping[str, str], replicas: Sequence[str]
) -> list[APIRouter]:
    """Return the routers that every service has."""
    imports = imports_of(service)
    return [
        *([import_router(imports)] if imports else []),
        custom_field_router(service, tables_with_custom_fields(service)),
        operation_router(),
        parked_event_router(service),
        unreadable_event_router(service),
        event_count_router(service),
        snapshot_router(service),
        rebuild_router(service, replicas),
        event_feed_router(service),
        event_resend_router(service),
        *(run_audit_router(service, runs) for runs in (SNAPSHOTS, REBUILDS, RESENDS)),
        saved_view_router(service),
        export_router(service),
        tenant_export_router(service),
        number_format_router(service, numbers),
        enum_router(),
    ]


def _middleware(settings: Settings) -> list[Middleware]:
    requests = Middleware(RequestMiddleware, service=settings.service)
    safely = Middleware(problems.UnexpectedErrorMiddleware)
    heads = Middleware(HeadMiddleware)
    visitors = Middleware(VisitorOriginsMiddleware)
    if settings.in_production and not settings.cors_origins:
        return [requests, visitors, heads, safely]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_origin_regex=None if settings.in_production else LOCAL_ORIGIN,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
    )
    return [requests, visitors, cors, heads, safely]


def _set_state(app: FastAPI, settings: Settings) -> None:
    app.state.settings = settings
    database = Database(
        settings.database_url,
        name=f"{settings.service}-api",
        pool_size=settings.pool_size,
        overflow=settings.pool_overflow,
    )
    app.state.database, app.state.begin_transaction = database, database.begin
    keys = KeySet(settings.keys_url)
    app.state.verifier = Verifier(keys, issuer=settings.issuer, audience=settings.audience)
    app.state.admission = TenantAdmission()
    app.state.access_key_limits = AccessKeyLimits()
    app.state.cursor_key = _derived_key(settings, "cursor")


def _derived_key(settings: Settings, purpose: str) -> bytes:
    material = f"{settings.service}:{purpose}:{settings.secret.get_secret_value()}"
    return hashlib.sha256(material.encode()).digest()


def _lifespan(settings: Settings) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database: Database = app.state.database
        wakeup = Wakeup(settings.database_url)
        database.on_published = wakeup.request
        waiter = OperationWaiter(database)
        app.state.operation_waiter = waiter
        async with wakeup:
            yield
            waiter.close()
        await database.dispose()

    return lifespan


async def _replay_response(_: Request, replay: Any) -> Response:
    response: Response = replay.response
    return response
