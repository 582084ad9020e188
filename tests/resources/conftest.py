"""Tests of what all resources share run once for each declared list of every service."""

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import pytest

from deploy.services import SERVICES
from testkit.filling import ListSample
from testkit.plans import FilledDatabase, declared_lists, filled_database

ROOT = Path(__file__).parents[2]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test with the arguments `service` and `collection` every declared list.

    All tests of a service run in one process, so that its tables are filled only once.
    """
    if not {"service", "collection"} <= set(metafunc.fixturenames):
        return
    chosen = metafunc.config.getoption("services") or SERVICES
    lists = [(name, each) for name in chosen for each in declared_lists(name)]
    parameters = [
        pytest.param(
            name, each, id=f"{name}-{each}", marks=pytest.mark.xdist_group(f"lists-{name}")
        )
        for name, each in lists
    ]
    metafunc.parametrize(("service", "collection"), parameters, scope="module")


def samples_of(service: str) -> dict[str, ListSample]:
    """The samples in the service's own tests; a service without any gets the default values."""
    if not (ROOT / "services" / service / "tests/list_samples.py").is_file():
        return {}
    samples: dict[str, ListSample] = import_module(f"services.{service}.tests.list_samples").SAMPLES
    return samples


@pytest.fixture(scope="module")
async def full_database(service: str, worker_id: str) -> AsyncIterator[FilledDatabase]:
    """The service's database with full tables behind all its declared lists."""
    database = await filled_database(service, worker_id, samples_of(service))
    yield database
    await database.drop()
