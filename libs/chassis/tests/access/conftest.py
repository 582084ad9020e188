"""A company to see through, and its people signed in."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.chassis.tests.access.people import People
from testkit.directory import Company
from testkit.plugin import Client, Committed


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    """The small company, in the test's own transaction."""
    return await Company(tx).build()


@pytest.fixture
def people(client: Client, tenant: UUID) -> People:
    """Everybody through the same client."""
    return People(client, tenant)


@pytest.fixture
async def committed_people(committed_client: Client, committed: Committed, tenant: UUID) -> People:
    """Everybody, and their requests commit; the company is there."""
    async with committed.worker.begin(tenant) as tx:
        await Company(tx).build()
    return People(committed_client, tenant)
