"""How many leads this month needs: an example by hand, and what is too little to say."""

from datetime import timedelta

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import CONVERTED
from services.mtl.tests.metrics.conftest import SetClock
from services.mtl.tests.metrics.factories import add, at, chart, lead_of


def converted(day: str, *, days: int) -> Lead:
    lead = lead_of(day)
    return lead_of(day, status=CONVERTED, converted_at=lead.created_at + timedelta(days=days))


async def test_an_example_by_hand(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    """On 20 November, from three months: August to October.

    The ten conversions of these months took 10 days each but one, which took 20: the median is 10
    days, nine in ten came within 11 (0.9 of the way from the ninth to the tenth is 9.1: 10 + 0.1 *
    10). So the cohort is that of 21 July to 20 October: 40 leads, of which 8 are converted. Two of
    the ten were created before 21 July.
    """
    set_clock(at("2026-11-20"))
    conversions = [converted(f"2026-09-0{day}", days=10) for day in range(1, 8)]
    conversions += [converted("2026-09-08", days=20)]
    conversions += [converted("2026-07-20", days=14), converted("2026-07-20", days=14)]
    slow = [converted("2026-10-25", days=20)]  # in November: not of these months
    still_open = [lead_of("2026-07-21", 0), *(lead_of("2026-09-15") for _ in range(30))]
    still_open += [lead_of("2026-10-20", 23)]
    outside = [lead_of("2026-10-21", 0), lead_of("2026-07-20", 23), lead_of("2026-10-31")]
    new = [lead_of("2026-11-01", 0), *(lead_of("2026-11-19") for _ in range(5))]
    await add(tx, [*conversions, *slow, *still_open, *outside, *new])
    found = await chart(client, "needed?target=5")
    assert found["conversion_median_hours"] == "240"
    assert found["conversion_p90_hours"] == "350.4"  # 14 days, and 0.1 of the way to 20
    assert (found["cohort_from_date"], found["cohort_to_date"]) == ("2026-07-17", "2026-10-16")
