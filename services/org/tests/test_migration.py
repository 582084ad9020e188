"""The first release's rows live on, and are found like those that came later."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database.engine import Database
from chassis.database.migrate import config_of
from chassis.records.access.visibility import EVERYTHING
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing
from org.clients.store import LISTING as CLIENTS
from org.departments.store import LISTING as DEPARTMENTS
from org.people.store import LISTING as PEOPLE
from org.roles.store import LISTING as ROLES
from org.teams.store import LISTING as TEAMS
from testkit import databases
from testkit.databases import ServiceDatabase

TENANT = UUID("01990000-0000-7000-8000-00000000000a")
LISTS: list[Listing[Any]] = [PEOPLE, DEPARTMENTS, ROLES, TEAMS, CLIENTS]
# Beside id, name and stamps.
MORE = {
    "people": "subject, scopes, active) VALUES ('x', '{}', true",
    "departments": "active) VALUES (true",
    "roles": "code, scopes, built_in) VALUES ('X', '{}', false",
    "clients": "client_id, scopes, active) VALUES ('x', '{}', true",
}


@pytest.fixture
async def old(worker_id: str) -> AsyncIterator[ServiceDatabase]:
    """A database as it was before lists had words."""
    database = await databases.create("org", f"lists_{worker_id}")
    await move(database, "downgrade", "org_tenants")
    yield database
    await databases.drop(database)


async def move(database: ServiceDatabase, way: str, to: str) -> None:
    engine = create_async_engine(database.owner_url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(lambda c: getattr(command, way)(config_of("org", c), to))
        await connection.commit()
    await engine.dispose()


async def fill(database: ServiceDatabase) -> None:
    owner = Database(database.owner_url, name="test-owner")
    async with owner.begin(TENANT) as tx:
        for listing in LISTS:
            names, _, values = MORE.get(listing.table.name, ") VALUES (").partition(") VALUES (")
            names, values = (f", {one}" if one else "" for one in (names, values))
            await tx.execute(
                text(
                    f"INSERT INTO {listing.table.name} (tenant_id, id, name, created_at,"
                    f" updated_at, version{names})"
                    f" VALUES (:tenant, gen_random_uuid(), '长沙银行', now(), now(), 1{values})"
                ),
                {"tenant": TENANT},
            )
    await owner.dispose()


async def test_what_was_there_before_is_found_by_its_words(old: ServiceDatabase) -> None:
    await fill(old)
    await move(old, "upgrade", "heads")
    app = Database(old.app_url, name="test-app")
    async with app.begin(TENANT) as tx:
        for listing in LISTS:
            for question, count in (("csyh", 1), ("沙银", 1), ("行长", 0)):
                search = await listing.search(tx, ListQuery(q=question), EVERYTHING)
                rows = (await tx.execute(search.page(None, 10))).all()
                assert len(rows) == count, (listing.resource, question)
        [person] = (await tx.execute(text("SELECT custom_fields FROM people"))).scalars()
        assert person == {}
    await app.dispose()
