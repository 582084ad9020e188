"""The check of query plans itself: what it asks, and that it finds a missing index."""

from collections.abc import AsyncIterator

import pytest

from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing
from testkit.cards.store import LISTING, CardOut
from testkit.database import cards
from testkit.plans import (
    CUSTOM_QUERIES,
    FilledDatabase,
    filled_database,
    migration_of,
    visibilities_of,
)

pytestmark = pytest.mark.xdist_group("lists-testkit")


@pytest.fixture(scope="module")
async def full_database(worker_id: str) -> AsyncIterator[FilledDatabase]:
    """The sample service's database, full."""
    database = await filled_database("testkit", f"cards_{worker_id}", {}, lists=[LISTING])
    yield database
    await database.drop()


async def test_every_filter_and_sort_is_explained_for_everybody(
    full_database: FilledDatabase,
) -> None:
    plans = await full_database.plans(LISTING)
    faults = [(plan.query, plan.visibility, plan.faults) for plan in plans if plan.faults]
    assert faults == []
    everybody = visibilities_of(full_database.tenant)
    assert {plan.visibility for plan in plans} == everybody.keys() >= {"all", "seller"}
    queries = {plan.query.partition("=")[0] for plan in plans}
    assert {p.name for p in LISTING.parameters} | {"q", "newest first", "deleted"} <= queries
    assert {f"custom.{name}" for name, _ in CUSTOM_QUERIES} <= queries


async def test_a_missing_index_is_found(full_database: FilledDatabase) -> None:
    """A guard that cannot fail is none: `updated_at` has no index."""
    bare = Listing(ScopedResource("testkit.bare", cards), CardOut, filters=["created_at"])
    bare.sorts = ("updated_at",)
    plans = await full_database.plans(bare, only=[ListQuery(sort="-updated_at")])
    assert any("Sort of" in f or "Seq Scan" in f for plan in plans for f in plan.faults)


def test_the_lines_of_a_migration() -> None:
    lines = migration_of(LISTING).splitlines()
    name = "ix_cards_tenant_id_owner_id_id"
    assert lines[0] == f'op.create_index("{name}", "cards", ["tenant_id", "owner_id", "id"])'
    assert lines[-1].endswith('postgresql_where=sa.text("deleted_at IS NOT NULL"))')
