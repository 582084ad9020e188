"""Query plans of every declared filter and sort of receivables, at 200,000 rows and every reach."""

from chassis.database.engine import Database
from rms.receivables.store import RECEIVABLE_LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

# An owner has every hundredth row; the values below do not correlate with the owner.
VALUES = {
    "status": "(ARRAY['OPEN', 'PARTLY_SETTLED', 'SETTLED'])[1 + (n / 100) % 3]",
    "account_name": "'account ' || md5((n % 4999)::text)",
    "amount_currency": "(ARRAY['CNY', 'USD', 'EUR'])[1 + (n / 100) % 3]",
    "allocated_currency": "(ARRAY['CNY', 'USD', 'EUR'])[1 + (n / 100) % 3]",
    "allocated": "0",
    "withdrawn": "0",
    "kind": "CASE WHEN n % 7 = 3 THEN 'PREPAYMENT' ELSE 'SHIPMENT' END",
    "shipment_id": "CASE WHEN n % 7 <> 3 THEN md5(n::text)::uuid END",
}


async def test_every_filter_and_sort_uses_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, RECEIVABLE_LISTING, values=VALUES) == []
