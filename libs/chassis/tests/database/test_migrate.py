"""Tests of migrations: repeated, from an unknown revision, and downgraded."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command
from sqlalchemy import pool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.composition import all_commands
from chassis.database import migrate
from chassis.database.migrate import UnknownRevision, config_of, upgrade, versions_needed
from testkit import databases
from testkit.databases import ServiceDatabase

LEFTOVERS = """
    SELECT tablename FROM pg_tables WHERE schemaname = 'public'
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


@pytest.fixture
async def migrated(worker_id: str) -> AsyncIterator[ServiceDatabase]:
    database = await databases.create_database("testkit", f"migrate_{worker_id}")
    yield database
    await databases.drop(database)


@pytest.fixture
async def outdated(migrated: ServiceDatabase) -> ServiceDatabase:
    """A database whose revision no longer exists."""
    owner = await asyncpg.connect(migrated.owner_url.replace("+asyncpg", ""))
    await owner.execute("UPDATE alembic_version SET version_num = 'testkit_20261122'")
    await owner.close()
    return migrated


async def stored_versions(database: ServiceDatabase) -> set[str]:
    owner = await asyncpg.connect(database.owner_url.replace("+asyncpg", ""))
    rows = await owner.fetch("SELECT version_num FROM alembic_version")
    await owner.close()
    return {row["version_num"] for row in rows}


async def test_upgrading_an_up_to_date_database_changes_nothing(migrated: ServiceDatabase) -> None:
    await upgrade("testkit", migrated.owner_url)
    assert await stored_versions(migrated) == versions_needed("testkit")


async def test_an_outdated_database_is_refused_and_unchanged(outdated: ServiceDatabase) -> None:
    explained = r"newer build.*earlier development version.*`make clean`"
    with pytest.raises(UnknownRevision, match=explained):
        await upgrade("testkit", outdated.owner_url)
    assert await stored_versions(outdated) == {"testkit_20261122"}


def test_the_migrate_command_explains_an_outdated_database_in_one_sentence(
    outdated: ServiceDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.setenv("TESTKIT_OWNER_DATABASE_URL", outdated.owner_url)
    monkeypatch.setattr("sys.argv", ["chassis", "migrate", "testkit"])
    with pytest.raises(SystemExit) as stopped:
        all_commands.main()
    assert stopped.value.code == 1
    assert capsys.readouterr().err == (
        "The database of testkit holds testkit_20261122, which this build does not know. It was"
        " migrated by a newer build: use that one. Or it was made by an earlier development"
        " version: `make clean` removes the local data, then `make up` starts anew.\n"
    )


async def test_a_migration_gives_up_when_a_table_stays_locked(
    migrated: ServiceDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would make all traffic wait behind it."""
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.1)
    owner = await asyncpg.connect(migrated.owner_url.replace("+asyncpg", ""))
    async with owner.transaction():
        await owner.execute("LOCK TABLE alembic_version")
        with pytest.raises(DBAPIError, match="lock timeout"):
            await upgrade("testkit", migrated.owner_url)
    await owner.close()
    await upgrade("testkit", migrated.owner_url)


async def test_a_downgrade_leaves_only_the_revision_table(migrated: ServiceDatabase) -> None:
    engine = create_async_engine(migrated.owner_url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(lambda c: command.downgrade(config_of("testkit", c), "base"))
        await connection.commit()
    await engine.dispose()
    owner = await asyncpg.connect(migrated.owner_url.replace("+asyncpg", ""))
    names = [row[0] for row in await owner.fetch(LEFTOVERS)]
    await owner.close()
    assert names == ["alembic_version"]
