"""The migrated schema equals the tables in the code."""

from chassis.database.migrate import drift
from testkit.databases import ServiceDatabase


async def test_code_and_schema_agree(service_database: ServiceDatabase) -> None:
    assert await drift("desk", service_database.owner_url) == []
