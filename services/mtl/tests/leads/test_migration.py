"""Leads of the first release stand on the ground afterwards."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database.migrate import config_of, drift, upgrade
from kernel.ids import new_id
from testkit import databases
from testkit.databases import ServiceDatabase


@pytest.fixture
async def before(worker_id: str) -> AsyncIterator[ServiceDatabase]:
    """A database as the first release left it."""
    database = await databases.create("mtl", f"ground_{worker_id}")
    engine = create_async_engine(database.owner_url)

    def back(connection: Connection) -> None:
        command.downgrade(config_of("mtl", connection), "mtl_walk")

    async with engine.connect() as connection:
        await connection.run_sync(back)
        await connection.commit()
    await engine.dispose()
    yield database
    await databases.drop(database)


async def test_old_leads_are_listed_searched_and_kept_in_the_schema(
    before: ServiceDatabase,
) -> None:
    owner = await asyncpg.connect(before.owner_url.replace("+asyncpg", ""))
    lead, nameless = new_id(), new_id()
    for key, name, phone in ((lead, "王芳", "+8613800138000"), (nameless, None, None)):
        await owner.execute(
            "INSERT INTO leads (tenant_id, id, name, phone, attributes, status, created_at,"
            " updated_at, version) VALUES ($1, $2, $3, $4, '{}', 'NEW', now(), now(), 1)",
            new_id(), key, name, phone,
        )  # fmt: skip
    await upgrade("mtl", before.owner_url)
    rows = {row["id"]: row for row in await owner.fetch("SELECT * FROM leads")}
    told = ("phone_tail", "name_sort", "company_sort", "custom_fields", "deleted_at")
    assert [rows[lead][name] for name in told] == ["8000", "王芳", "", "{}", None]
    assert [rows[nameless][name] for name in told] == ["", "", "", "{}", None]
    [found] = await owner.fetch("SELECT * FROM search_texts WHERE resource = 'mtl.lead'")
    assert (found["tenant_id"], found["id"]) == (rows[lead]["tenant_id"], lead)
    assert found["text"] == "王芳\nwf"
    grams = await owner.fetch("SELECT gram FROM search_grams WHERE id = $1", lead)
    assert {row["gram"] for row in grams} == {"王芳", "芳", "wf", "f"}
    await owner.close()
    assert await drift("mtl", before.owner_url) == []
