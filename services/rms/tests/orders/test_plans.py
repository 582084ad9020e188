"""Query plans of every declared filter and sort of orders, at 200,000 rows and every reach."""

from chassis.database.engine import Database
from rms.orders.store.reads import ORDER_LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

# An owner has every hundredth row; the values below do not correlate with the owner.
VALUES = {
    "payment_term": """'{"code": "X", "instalments": []}'::jsonb""",
    "status": "(ARRAY['OPEN', 'CONFIRMED', 'SHIPPED', 'CANCELLED'])[1 + (n / 100) % 4]",
    "account_name": "'account ' || md5((n % 4999)::text)",
    "gross_total_currency": "(ARRAY['CNY', 'USD', 'EUR'])[1 + (n / 100) % 3]",
    "shipped_total": "0",
    "cancelled_total": "0",
    "prepaid_total": "0",
}


async def test_every_filter_and_sort_uses_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, ORDER_LISTING, values=VALUES) == []
