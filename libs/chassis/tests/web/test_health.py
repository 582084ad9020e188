"""Readiness after a restart of the server, and the check of connections at start."""

import pytest

from chassis.database.connection_budget import TooManyConnections, ensure_connections
from chassis.database.connections import open_connection
from chassis.database.engine import Database
from chassis.database.migrate import versions_needed
from chassis.web.health import database_check
from testkit.databases import ServiceDatabase, admin_dsn


async def test_the_first_probe_after_a_restart_finds_the_database(
    service_database: ServiceDatabase,
) -> None:
    database = Database(service_database.app_url, name="idle", pool_size=2, overflow=0)
    check = database_check(database, needs=versions_needed("testkit"))
    assert await check() is None
    admin = admin_dsn().replace("postgresql://", "postgresql+asyncpg://", 1)
    async with open_connection(admin, name="test") as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'idle'"
        )
    assert await check() is None
    await database.dispose()


async def test_a_database_that_does_not_answer_is_not_ready() -> None:
    nowhere = Database("postgresql+asyncpg://nobody:x@127.0.0.1:1/nothing", name="nowhere")
    reason = await database_check(nowhere, needs=frozenset())()
    assert reason is not None
    assert reason.startswith("The database cannot be reached: ")


async def test_pools_that_fit_are_accepted(service_database: ServiceDatabase) -> None:
    await ensure_connections([service_database.app_url] * 2, per_pool=20)


async def test_pools_that_do_not_fit_are_refused_with_a_sentence(
    service_database: ServiceDatabase,
) -> None:
    with pytest.raises(TooManyConnections, match=r"may open 2408 .* allows \d+: lower L2C_POOL"):
        await ensure_connections([service_database.app_url] * 2, per_pool=1_200)


async def test_an_unavailable_server_is_left_to_readiness() -> None:
    await ensure_connections(["postgresql+asyncpg://a:b@127.0.0.1:1/c"], per_pool=10_000)
