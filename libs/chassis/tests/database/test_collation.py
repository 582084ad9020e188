"""A database that does not sort by code points is refused, before a filter finds nothing in it."""

import asyncpg
import pytest

from chassis.database import collation
from chassis.database.collation import WrongCollation, order_query
from chassis.database.connections import open_connection
from chassis.database.engine import Database
from chassis.database.migrate import upgrade, versions_needed
from chassis.web.health import database_check
from testkit.databases import ServiceDatabase, admin_dsn

# Of the operating system and of ICU; a server may have none of them, but each has "C".
OF_LANGUAGES = """
SELECT collname FROM pg_collation
WHERE collname IN ('en_US.utf8', 'de_DE.utf8', 'en-US-x-icu', 'zh-Hans-CN-x-icu')
"""
WRONG_ORDER = "SELECT 'a' < 'Z' COLLATE \"C\""  # what this database would answer under en_US


async def test_code_points_are_told_from_the_order_of_a_language() -> None:
    connection = await asyncpg.connect(admin_dsn())
    of_languages = [row["collname"] for row in await connection.fetch(OF_LANGUAGES)]
    expected = {"C": True, "POSIX": True} | dict.fromkeys(of_languages, False)
    found = {name: await connection.fetchval(order_query(name)) for name in expected}
    await connection.close()
    assert found == expected


async def test_prefix_filters_are_ranges_of_the_order_that_is_checked(
    service_database: ServiceDatabase,
) -> None:
    """The range of `acme-` ends at `acme.`; en_US sorts `acme-1` behind both."""
    async with open_connection(service_database.app_url, name="test") as connection:
        assert await connection.fetchval(order_query()) is True
        assert await connection.fetchval("SELECT 'acme-1' >= 'acme-' AND 'acme-1' < 'acme.'")


async def test_migrate_refuses_another_collation_with_a_sentence(
    service_database: ServiceDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collation, "order_query", lambda: WRONG_ORDER)
    with pytest.raises(WrongCollation, match=r"testkit does not sort by code points.*C\.UTF-8"):
        await upgrade("testkit", service_database.owner_url)


async def test_readiness_refuses_another_collation(
    service_database: ServiceDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collation, "order_query", lambda: WRONG_ORDER)
    database = Database(service_database.app_url, name="testkit-api")
    reason = await database_check(database, needs=versions_needed("testkit"))()
    await database.dispose()
    assert reason is not None
    assert "does not sort by code points" in reason
