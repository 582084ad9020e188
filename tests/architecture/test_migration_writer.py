"""`make migration`: the next revision of a service, with what differs from the code."""

from collections.abc import AsyncIterator, Iterator
from datetime import date

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations as Alembic
from sqlalchemy import Column, Connection, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database.columns import tenant_column
from deploy.local.errors import CannotGoOn
from deploy.migration import NO_DIFFERENCE, NO_SERVER, revision_of, text_of
from deploy.migration_operations import Operations, operations_of
from l2o.database import metadata
from testkit import databases
from testkit.databases import ServiceDatabase

DAY = date(2027, 1, 31)


@pytest.fixture
async def migrated(worker_id: str) -> AsyncIterator[ServiceDatabase]:
    database = await databases.create_database("l2o", f"written_{worker_id}")
    yield database
    await databases.drop(database)


@pytest.fixture
def new_table() -> Iterator[str]:
    """A table that the code has and no migration makes."""
    table = Table(
        "gadgets",
        metadata,
        tenant_column(),
        Column("id", Uuid, primary_key=True),
        Column("name", Text, nullable=False),
        Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
        Index(None, "tenant_id", "name", "id"),
    )
    yield table.name
    metadata.remove(table)


def test_a_migration_follows_the_newest_of_its_service() -> None:
    revision = revision_of("l2o", "add_gadgets", DAY)
    assert revision.path.name == "20270131_add_gadgets.py"
    assert revision.id == "l2o_add_gadgets"
    assert (revision.down_revision or "").startswith("l2o_")


@pytest.mark.parametrize(
    ("service", "name", "text"),
    [
        ("", "add_gadgets", "is unknown: it is one of org"),
        ("os", "add_gadgets", "is unknown: it is one of org"),
        ("l2o", "", "is no name"),
        ("l2o", "Add gadgets", "is no name"),
        ("l2o", "x" * 29, "is too long: 28 characters at most"),
    ],
)
def test_a_migration_that_cannot_be_written_is_refused_with_a_sentence(
    service: str, name: str, text: str
) -> None:
    with pytest.raises(CannotGoOn, match=text):
        revision_of(service, name, DAY)


@pytest.mark.parametrize(
    ("operations", "text"), [(None, NO_SERVER), (Operations("", ""), NO_DIFFERENCE)]
)
def test_an_empty_migration_contains_the_reason(operations: Operations | None, text: str) -> None:
    source = text_of(revision_of("l2o", "add_gadgets", DAY), operations)
    assert source.count(text) == 2
    module: dict[str, object] = {}
    exec(source, module)
    assert module["revision"] == "l2o_add_gadgets"


async def test_the_differences_are_written_and_can_be_run(
    migrated: ServiceDatabase, new_table: str
) -> None:
    operations = await operations_of("l2o", migrated.owner_url)
    assert f'secure("{new_table}")' in operations.upgrade
    source = text_of(revision_of("l2o", "add_gadgets", DAY), operations)
    await run(source, "upgrade", migrated)
    assert await operations_of("l2o", migrated.owner_url) == Operations("", "")
    await run(source, "downgrade", migrated)
    assert await operations_of("l2o", migrated.owner_url) == operations


async def run(source: str, function: str, database: ServiceDatabase) -> None:
    """Run one function of a migration, as alembic does."""
    module: dict[str, object] = {}
    exec(source, module)

    def within(connection: Connection) -> None:
        with Alembic.context(MigrationContext.configure(connection)):
            called = module[function]
            assert callable(called)
            called()

    engine = create_async_engine(database.owner_url)
    async with engine.begin() as connection:
        await connection.run_sync(within)
    await engine.dispose()
