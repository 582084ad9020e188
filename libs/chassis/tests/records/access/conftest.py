"""Fixtures: a small company in the directory, and requests by its people."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.chassis.tests.records.access.people import People
from testkit.directory import Company
from testkit.plugin import Client, Committed


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    """Return the small company, written in the test's own transaction."""
    return await Company(tx).build()


@pytest.fixture
def people(client: Client, tenant: UUID) -> People:
    """Return requests by all people, through the same client."""
    return People(client, tenant)


@pytest.fixture
async def committed_people(committed_client: Client, committed: Committed, tenant: UUID) -> People:
    """Return requests by all people that commit; the company is committed as well."""
    async with committed.worker.begin(tenant) as tx:
        await Company(tx).build()
    return People(committed_client, tenant)
