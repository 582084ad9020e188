"""Every declared filter and sort of personal reminders at 200,000 rows."""

from chassis.database.engine import Database
from org.reminders.store import LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

SAMPLES = {"sent": [True, False]}


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, LISTING, samples=SAMPLES) == []
