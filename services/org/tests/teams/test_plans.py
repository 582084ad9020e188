"""Every declared filter and sort of teams at 200,000 rows."""

from chassis.database.engine import Database
from kernel.ids import new_id
from org.teams.store import LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

SAMPLES = {"member_id": [new_id()]}


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, LISTING, samples=SAMPLES) == []
