"""Every declared filter and sort of leads at 200,000 rows, by whoever asks."""

from chassis.database.engine import Database
from mtl.leads.store import LISTING
from testkit.databases import ServiceDatabase
from testkit.plans import complaints

# Owners are every hundredth row's: what comes round every 4,999 rows says nothing of the owner.
# Names have eight letters, lest a single one be rare among the few rows that get words.
VALUES = {
    "status": "(ARRAY['NEW', 'QUALIFIED', 'DISQUALIFIED', 'CONVERTED'])[1 + (n / 100) % 4]",
    "name": "CASE WHEN n % 11 <> 3 THEN"
    " 'name ' || translate(md5((n % 4999)::text), '01234567', 'abcdef89') END",
    "company": "CASE WHEN n % 11 <> 4 THEN 'company ' || md5((n % 4999)::text) END",
    "phone": "CASE WHEN n % 11 <> 5 THEN '+86138' || lpad((n * 7919)::text, 8, '0') END",
}


async def test_every_filter_and_sort_is_read_from_an_index(
    service_database: ServiceDatabase, app_database: Database
) -> None:
    assert await complaints(service_database, app_database, LISTING, values=VALUES) == []
