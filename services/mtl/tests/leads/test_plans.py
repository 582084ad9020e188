"""Every declared filter and sort of leads at 200,000 rows, by whoever asks."""

from chassis.db import Database
from mtl.leads.store import LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

# Phones as they are: their last four digits are shared by some.
VALUES = {
    "phone": "CASE WHEN n % 11 <> 3 THEN '+86138' || lpad((n * 7919 % 100000000)::text, 8, '0') END"
}


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, LISTING, values=VALUES) == []
