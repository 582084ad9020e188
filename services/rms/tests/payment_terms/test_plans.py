"""Query plans of every filter and sort of payment terms, at 200,000 rows and every reach."""

from chassis.database.engine import Database
from rms.payment_terms.store import PAYMENT_TERM_LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

VALUES = {
    "instalments": "'[]'::jsonb",
    "active": "n % 3 <> 1",
    "is_default": "false",
}


async def test_every_filter_and_sort_uses_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert (
        await complaints(service_database, app_database, PAYMENT_TERM_LISTING, values=VALUES) == []
    )
