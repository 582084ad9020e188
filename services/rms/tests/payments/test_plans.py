"""Query plans of every declared filter and sort of payments, at 200,000 rows and every reach."""

from chassis.database.engine import Database
from rms.payments.store.reads import PAYMENT_LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

# An owner has every hundredth row; the values below do not correlate with the owner.
VALUES = {
    "status": "(ARRAY['UNALLOCATED', 'ALLOCATED', 'REVERSED'])[1 + (n / 100) % 3]",
    "account_name": "'account ' || md5((n % 4999)::text)",
    "amount_currency": "(ARRAY['CNY', 'USD', 'EUR'])[1 + (n / 100) % 3]",
    "allocated_currency": "(ARRAY['CNY', 'USD', 'EUR'])[1 + (n / 100) % 3]",
    "allocated": "0",
    "returned": "0",
}


async def test_every_filter_and_sort_uses_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, PAYMENT_LISTING, values=VALUES) == []
