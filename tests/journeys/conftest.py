"""Runs all services in one process; events are delivered when a test asks for it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from importlib import import_module

import httpx
import pytest

from chassis.composition.serve import combine_apps
from chassis.composition.worker import Worker
from chassis.database.engine import Database
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.in_process_transport import InProcessTransport
from chassis.events.relay.relay import Relay
from chassis.foundation.clock import now
from chassis.web.commands import Command
from deploy.services import SERVICES
from kernel.ids import new_id
from org.tenants.actions import create_tenant
from org.tenants.domain import Tenant
from services.org.tests.factories import add_callers
from testkit import databases, tokens
from testkit.databases import empty_tables
from tests.journeys.world import World


@pytest.fixture(scope="session")
async def system(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Create the databases and applications of all services, once per test process."""
    urls = {
        name: await databases.create_database(name, f"journey_{worker_id}") for name in SERVICES
    }
    patch = pytest.MonkeyPatch()
    patch.setenv("L2C_MODE", "development")
    patch.setenv("ORG_HASH_COST", "fast")
    patch.setenv("DESK_STORE_URL", tmp_path_factory.mktemp("files").as_uri())
    for name, one in urls.items():
        patch.setenv(f"{name.upper()}_DATABASE_URL", one.app_url)
    apps = {name: import_module(f"{name}.app").create() for name in SERVICES}
    async with AsyncExitStack() as stack:
        for app in apps.values():
            app.state.verifier = tokens.verifier()
            app.state.admission.max_age = 0  # a suspended tenant is refused at once
            await stack.enter_async_context(app.router.lifespan_context(app))
        workers = {name: Database(one.worker_url, name="journey") for name, one in urls.items()}
        transport = httpx.ASGITransport(combine_apps(apps))
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://journey")
        )
        subscriptions = {name: _worker(name).subscriptions for name in SERVICES}
        courier = InProcessTransport(
            [
                Processor(one, workers[name], monotonic_offsets=False)
                for name in SERVICES
                for one in subscriptions[name]
            ]
        )
        yield World(
            http=http,
            tenant=new_id(),
            workers=workers,
            relays={name: Relay(name, one.worker_url, courier) for name, one in urls.items()},
            retriers=[Retrier(subscriptions[name], workers[name]) for name in SERVICES],
            urls=urls,
        )
        for database in workers.values():
            await database.dispose()
    patch.undo()
    for one in urls.values():
        await databases.drop(one)


def _worker(service: str) -> Worker:
    worker: Worker = import_module(f"{service}.worker").WORKER
    return worker


@pytest.fixture
async def world(system: World) -> AsyncIterator[World]:
    """Return the system with a new tenant, whose settings have reached every service."""
    system.tenant = new_id()
    system.headers = {}
    await _create_tenant(system)
    await system.deliver_events()
    yield system
    for one in system.urls.values():
        await empty_tables(one)


async def _create_tenant(world: World) -> None:
    async with world.workers["org"].begin(world.tenant) as tx:
        tenant = Tenant(
            id=world.tenant,
            name="示例科技",
            timezone="Asia/Shanghai",
            currency="CNY",
            languages=("zh-CN", "en"),
            default_tax_rate=Decimal("0.13"),
            country="CN",
            created_at=now(),
            updated_at=now(),
        )
        await create_tenant(Command(tx, now()), tenant)
        await add_callers(tx, tokens.CALLER)
