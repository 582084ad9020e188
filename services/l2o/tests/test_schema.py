"""The migrated schema matches the declared tables, and histories are append-only."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from chassis.database.migrate import drift
from kernel.ids import new_id
from testkit.databases import ServiceDatabase
from testkit.plugin import Committed

APPEND_ONLY = ("stage_changes", "lead_trail_entries", "timeline_entries")


async def test_the_declared_tables_match_the_migrations(service_database: ServiceDatabase) -> None:
    assert await drift("l2o", service_database.owner_url) == []


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "sql", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}"], ids=lambda s: s.split()[0]
)
async def test_history_is_append_only(committed: Committed, table: str, sql: str) -> None:
    for database in (committed.app, committed.worker):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.begin(new_id()) as tx:
                await tx.execute(text(sql.format(table)))
