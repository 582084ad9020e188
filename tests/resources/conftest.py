"""Tests of what all resources share run once for each declared list and each resource."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.services import SERVICES
from services.org.tests import factories
from testkit import tokens
from testkit.directory import sign_in, subject
from testkit.filling import ListSample
from testkit.plans import FilledDatabase, declared_lists, filled_database
from testkit.plugin import Client, Committed
from testkit.samples import Maker
from testkit.shared_transaction import PrepareTenant
from testkit.tenants import add_tenant
from tests.resources.found_resources import FoundResource, found_resources
from tests.resources.records import Records
from tests.resources.samples import SAMPLES

ROOT = Path(__file__).parents[2]


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks that choose the resources of a test."""
    config.addinivalue_line("markers", "guarded: for every resource with access checks")
    config.addinivalue_line(
        "markers", "records(*routes, without=..., shows=...): for records with these routes"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `collection` every declared list, `resource` the resources that the test's mark chooses.

    All tests of lists of a service run in one process, so that its tables are filled only once.
    """
    chosen = metafunc.config.getoption("services")
    if {"service", "collection"} <= set(metafunc.fixturenames):
        lists = [(name, each) for name in chosen or SERVICES for each in declared_lists(name)]
        parameters = [
            pytest.param(
                name, each, id=f"{name}-{each}", marks=pytest.mark.xdist_group(f"lists-{name}")
            )
            for name, each in lists
        ]
        metafunc.parametrize(("service", "collection"), parameters)
    elif "resource" in metafunc.fixturenames and not _is_parametrized(metafunc):
        found = _chosen(metafunc, chosen or ("testkit", *SERVICES))
        metafunc.parametrize("resource", [pytest.param(each, id=each.name) for each in found])


def _is_parametrized(metafunc: pytest.Metafunc) -> bool:
    """Return whether a test names its resources itself."""
    marks = metafunc.definition.iter_markers("parametrize")
    return any("resource" in mark.args[0] for mark in marks)


def _chosen(metafunc: pytest.Metafunc, services: tuple[str, ...]) -> Iterator[FoundResource]:
    """Return the resources that the mark of a test chooses."""
    resources = [each for name in services for each in found_resources(name)]
    mark = metafunc.definition.get_closest_marker("records")
    if mark is None:
        return (each for each in resources if each.is_guarded)
    without, shows = mark.kwargs.get("without", ""), mark.kwargs.get("shows", "id")
    return (
        each
        for each in resources
        if each.is_edited
        and {*mark.args} <= each.routes.keys()
        and without not in each.routes
        and shows in each.shown
    )


def samples_of(service: str) -> dict[str, ListSample]:
    """The samples in the service's own tests; a service without any gets the default values."""
    if not (ROOT / "services" / service / "tests/list_samples.py").is_file():
        return {}
    samples: dict[str, ListSample] = import_module(f"services.{service}.tests.list_samples").SAMPLES
    return samples


@pytest.fixture(scope="session")
async def full_databases() -> AsyncIterator[dict[str, FilledDatabase]]:
    """The filled databases of this process, by service; a fixture would fill one for each test."""
    databases: dict[str, FilledDatabase] = {}
    yield databases
    for each in databases.values():
        await each.drop()


@pytest.fixture
async def full_database(service: str, full_databases: dict[str, FilledDatabase]) -> FilledDatabase:
    """The service's database with full tables behind all its declared lists.

    A second process that asks for it fails: the tests of a service's lists are one group.
    """
    if service not in full_databases:
        full_databases[service] = await filled_database(service, "lists", samples_of(service))
    return full_databases[service]


@pytest.fixture
def service(resource: FoundResource) -> str:
    """The service of the resource under test."""
    return resource.service


@pytest.fixture
def prepare_tenant(service: str) -> PrepareTenant:
    """Org knows that li holds every scope; the other services go by the token."""
    return _prepare_org if service == "org" else add_tenant


async def _prepare_org(tx: AsyncConnection) -> None:
    await factories.prepare_tenant(tx, tokens.CALLER, subject("li"))


@pytest.fixture
def records(resource: FoundResource, client: Client, tx: AsyncConnection, tenant: UUID) -> Records:
    """The records of the resource, called by li with every scope in the test's transaction."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[AsyncConnection]:
        yield tx

    client.headers.update(sign_in(tenant, "li", scope="*"))
    return Records(resource, SAMPLES[resource.name], Maker(client, {}, begin))


@pytest.fixture
def committed_records(
    resource: FoundResource, committed_client: Client, committed: Committed, tenant: UUID
) -> Records:
    """The records of the resource, called by li with every scope; each request commits."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[AsyncConnection]:
        async with committed.app.begin(tenant) as tx:
            yield tx

    committed_client.headers.update(sign_in(tenant, "li", scope="*"))
    return Records(resource, SAMPLES[resource.name], Maker(committed_client, {}, begin))
