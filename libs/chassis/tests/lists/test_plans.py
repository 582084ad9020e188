"""Every declared filter and sort of cards at 200,000 rows, by whoever asks."""

from chassis.database.engine import Database
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing
from testkit.cards import LISTING, CardOut
from testkit.databases import ServiceDatabase
from testkit.filling import filled
from testkit.plans import CUSTOM_ASKED, measured, migration_of


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    async with filled(service_database, LISTING) as there:
        found = await measured(app_database, LISTING, there)
    complaints = [(m.question, m.visibility, m.complaints) for m in found if m.complaints]
    assert complaints == []
    assert {m.visibility for m in found} == {"all", "wide", "manager", "seller"}
    told = {m.question.partition("=")[0] for m in found}
    assert {p.name for p in LISTING.parameters} | {"q", "newest first", "deleted"} <= told
    assert {f"custom.{name}" for name, _ in CUSTOM_ASKED} <= told


async def test_a_list_without_its_indexes_is_complained_of(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    """A guard that cannot fail is none: `updated_at` has no index."""
    bare = Listing(
        LISTING.scoped or LISTING.table, CardOut, collection="bare", filters=["created_at"]
    )
    bare.sorts = ("updated_at",)
    async with filled(service_database, LISTING, rows=30_000) as there:
        found = await measured(app_database, bare, there, only=[ListQuery(sort="-updated_at")])
    assert any("Sort of" in c or "Seq Scan" in c for m in found for c in m.complaints)


def test_the_lines_of_a_migration() -> None:
    lines = migration_of(LISTING).splitlines()
    name = "ix_cards_tenant_id_owner_id_id"
    assert lines[0] == f'op.create_index("{name}", "cards", ["tenant_id", "owner_id", "id"])'
    assert lines[-1].endswith('postgresql_where=sa.text("deleted_at IS NOT NULL"))')
