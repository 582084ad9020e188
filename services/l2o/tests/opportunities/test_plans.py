"""Every declared filter and sort of opportunities at 200,000 rows, by whoever asks."""

from chassis.database.engine import Database
from l2o.opportunities.store import LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

# Owners are every hundredth row's: what comes round otherwise says nothing of the owner.
VALUES = {
    "name": "'name ' || md5((n % 4999)::text)",
    "stage": "(ARRAY['FIRST_CONTACT', 'SOLUTION', 'QUOTATION', 'WON'])[1 + (n / 100) % 4]",
}


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, LISTING, values=VALUES) == []
