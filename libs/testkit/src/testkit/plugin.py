"""The fixtures every service's tests share; loaded through pytest's `-p testkit.plugin`."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.foundation import logs
from chassis.foundation.text_rendering import TextRenderer
from kernel.ids import new_id
from testkit import databases, tokens
from testkit.databases import ServiceDatabase, empty_tables
from testkit.encryption_keys import encryption_keys
from testkit.ground import Ground
from testkit.published import Published, Work, published_facts, work_in_outbox
from testkit.rendered_texts import faults_of
from testkit.shared_transaction import PrepareTenant, set_tenant, shared_transaction
from testkit.tenants import add_tenant


@dataclass(frozen=True)
class Committed:
    """Databases whose transactions commit; their tables are emptied after the test."""

    app: Database
    worker: Database
    urls: ServiceDatabase


Client = httpx.AsyncClient
RESULTS = "L2C_TEST_RESULTS"  # a folder that `make test` gives
PublishedFacts = Callable[[], Awaitable[list[Published]]]
PublishedWork = Callable[[], Awaitable[list[Work]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--services l2o,rms`: run the tests shared by all services for these only."""
    parser.addoption("--services", dest="services", default=(), type=_split, metavar="NAMES")


def _split(value: str) -> tuple[str, ...]:
    return tuple(name for name in value.split(",") if name)


def pytest_configure() -> None:
    """Log as in production: formatting a traceback with locals takes longer than its test."""
    logs.configure("WARNING", service="test")
    # How fast an example is says more about the machine than about the code.
    settings.register_profile("l2c", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("l2c")
    os.environ.setdefault(databases.RUN, new_id().hex[-10:])  # the workers of xdist inherit it


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a file in the id of a test by its parameter: a workbook holds the time it was made."""
    return argname if isinstance(val, bytes) and len(val) > 100 else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove the template databases in the leading process."""
    if not hasattr(session.config, "workerinput") and databases.SERVER in os.environ:
        asyncio.run(databases.drop_templates())


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the counts and the slowest tests to the folder that `make test` summarizes."""
    if RESULTS not in os.environ or hasattr(config, "workerinput"):
        return
    times: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                times[report.nodeid] = times.get(report.nodeid, 0) + report.duration
    counts = {name: len(found) for name, found in terminalreporter.stats.items()}
    result = {
        "passed": counts.get("passed", 0) + counts.get("xfailed", 0),
        "failed": counts.get("failed", 0) + counts.get("error", 0),
        "skipped": counts.get("skipped", 0),
        "slowest": sorted(((took, name) for name, took in times.items()), reverse=True)[:10],
    }
    Path(os.environ[RESULTS], f"{os.getpid()}.json").write_text(json.dumps(result))


@pytest.fixture(scope="session", autouse=True)
def rendered_texts() -> Iterator[None]:
    """Check every text that any test renders: it has its values, and no words of programs."""
    render = TextRenderer.render

    def checked(
        self: TextRenderer, text: tuple[str, str], params: Mapping[str, Any], language: str
    ) -> str:
        both = render(self, text, params, "zh-CN"), render(self, text, params, "en")
        faults = faults_of(text, params, both)
        assert not faults, f"{both[1]}: {', '.join(faults)}"
        return both[1] if language == "en" else both[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextRenderer, "render", checked)
        yield


@pytest.fixture(scope="session")
def service() -> str:
    """The service under test; a service's conftest overrides it."""
    return "testkit"


@pytest.fixture(scope="session", autouse=True)
def keys_of_tests() -> Iterator[None]:
    """The key of encrypted columns, which tests without an environment need as well."""
    with encryption_keys():
        yield


@pytest.fixture(scope="session")
def worker_id() -> str:
    """`gw0`, `gw1`, ... under xdist; `main` without."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
async def ground(worker_id: str) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        yield Ground(worker_id, stack)


@pytest.fixture
async def service_database(service: str, ground: Ground) -> ServiceDatabase:
    return await ground.urls(service)


@pytest.fixture
async def app_database(service: str, ground: Ground) -> Database:
    return await ground.database(service, "app")


@pytest.fixture
async def worker_database(service: str, ground: Ground) -> Database:
    return await ground.database(service, "worker")


@pytest.fixture
def environment(service_database: ServiceDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that the service's settings read."""
    monkeypatch.setenv("L2C_MODE", "development")
    for name, value in service_database.variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def app_variant() -> str:
    """A name for the settings of the application; a service with special ones overrides it."""
    return ""


@pytest.fixture
async def app(service: str, app_variant: str, environment: None, ground: Ground) -> FastAPI:
    """The service's real application."""
    return await ground.app(service, app_variant)


@pytest.fixture
def tenant() -> UUID:
    """A tenant of this test's own."""
    return new_id()


@pytest.fixture
def prepare_tenant() -> PrepareTenant:
    """Store what the transaction's tenant needs before its first request; org overrides it."""
    return add_tenant


@pytest.fixture
async def tx(
    app_database: Database, tenant: UUID, prepare_tenant: PrepareTenant
) -> AsyncIterator[AsyncConnection]:
    """A transaction as the app's role and this tenant, rolled back after the test."""
    async with app_database.engine.connect() as connection:
        outer = await connection.begin()
        await set_tenant(connection, tenant)
        await prepare_tenant(connection)
        yield connection
        await outer.rollback()


class _HttpClient(httpx.AsyncClient):
    """A client that changes records of any version, unless a request says otherwise.

    A PUT by external id creates nothing under any If-Match, so it sends none by default.
    """

    def build_request(self, method: str, url: httpx.URL | str, **values: Any) -> httpx.Request:
        request = super().build_request(method, url, **values)
        is_upsert = method == "PUT" and "/by-external-id/" in request.url.path
        if is_upsert and "If-Match" not in (values.get("headers") or {}):
            request.headers.pop("If-Match", None)
        return request


def _http(app: FastAPI, tenant: UUID) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    base = f"http://test/{app.state.settings.service}/v1"
    return _HttpClient(
        transport=transport,
        base_url=base,
        headers={**tokens.bearer(tenant), "Accept-Language": "en", "If-Match": "*"},
    )


@pytest.fixture
async def client(
    app: FastAPI, tx: AsyncConnection, tenant: UUID, prepare_tenant: PrepareTenant
) -> AsyncIterator[Client]:
    """Signed in with every scope; its requests share the test's transaction."""
    async with (
        shared_transaction(app, tx, tenant, prepare_tenant),
        _http(app, tenant) as http,
    ):
        yield http


@pytest.fixture
async def committed_client(
    app: FastAPI, committed: Committed, tenant: UUID
) -> AsyncIterator[Client]:
    """Signed in with every scope; its requests commit."""
    async with _http(app, tenant) as http:
        yield http


@pytest.fixture
def token(tenant: UUID) -> Callable[..., str]:
    """Sign a token: `token(scope="mtl.lead.read", tenant=str(other), exp=...)`."""

    def sign(**claims: Any) -> str:
        return tokens.sign(tenant, **claims)

    return sign


@pytest.fixture
def published(tx: AsyncConnection) -> PublishedFacts:
    """The events about records that this test's transaction has published, in order."""
    return partial(published_facts, tx)


@pytest.fixture
def published_work(tx: AsyncConnection) -> PublishedWork:
    """The tasks and notices that this test's transaction has published, in order."""
    return partial(work_in_outbox, tx)


@pytest.fixture
async def committed(
    service_database: ServiceDatabase,
    app_database: Database,
    worker_database: Database,
    tenant: UUID,
    prepare_tenant: PrepareTenant,
) -> AsyncIterator[Committed]:
    async with app_database.begin(tenant) as tx:
        await prepare_tenant(tx)
    yield Committed(app_database, worker_database, service_database)
    await empty_tables(service_database)
