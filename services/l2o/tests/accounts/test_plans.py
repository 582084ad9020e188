"""Every declared filter and sort of accounts at 200,000 rows, by whoever asks."""

from chassis.database.engine import Database
from l2o.accounts.store import LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

# Owners are every hundredth row's: what comes round otherwise says nothing of the owner.
VALUES = {
    "name": "'name ' || md5((n % 4999)::text)",
    "phone": "CASE WHEN n % 11 <> 5 THEN '+86138' || lpad((n * 7919)::text, 8, '0') END",
    "industry": "CASE WHEN n % 11 <> 3 THEN 'industry ' || md5(((n / 100) % 12)::text) END",
    "country": "CASE WHEN n % 11 <> 4 THEN (ARRAY['CN', 'US', 'DE', 'JP'])[1 + (n / 100) % 4] END",
}


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, LISTING, values=VALUES) == []
