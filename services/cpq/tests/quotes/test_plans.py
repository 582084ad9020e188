"""Query plans: every declared filter and sort uses an index, with 200,000 rows."""

from chassis.database.engine import Database
from cpq.quotes.domain.quote import QuoteStatus
from cpq.quotes.store import LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

STATUSES = ", ".join(f"'{status}'" for status in QuoteStatus)
# Every owner has quotes of every status.
VALUES = {"status": f"(ARRAY[{STATUSES}])[1 + n / 100 % {len(QuoteStatus)}]"}


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, LISTING, values=VALUES) == []
