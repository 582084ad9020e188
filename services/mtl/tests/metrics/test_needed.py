"""How many leads this month needs: an example by hand, and what is too little to say."""

from datetime import timedelta

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import CONVERTED
from services.mtl.tests.metrics.conftest import SetClock
from services.mtl.tests.metrics.factories import add, at, chart, lead_of, listed


def converted(day: str, *, days: int) -> Lead:
    lead = lead_of(day)
    return lead_of(day, status=CONVERTED, converted_at=lead.created_at + timedelta(days=days))


async def add_example(client: AsyncClient, tx: AsyncConnection, set_clock: SetClock) -> None:
    """On 20 November: ten conversions, 32 open leads of the past, four others and six new ones."""
    set_clock(at("2026-11-20"))
    conversions = [converted(f"2026-09-0{day}", days=10) for day in range(1, 8)]
    conversions += [converted("2026-09-08", days=20)]
    conversions += [converted("2026-07-20", days=13), converted("2026-07-20", days=13)]
    past = [lead_of("2026-07-21", 0), *(lead_of("2026-09-15") for _ in range(30))]
    past += [lead_of("2026-10-20", 23, 59)]
    others = [lead_of("2026-07-20", 23, 59), lead_of("2026-10-21", 0), lead_of("2026-10-31")]
    others += [converted("2026-10-25", days=20)]  # in November: not of these months
    new = [lead_of("2026-11-01", 0), *(lead_of("2026-11-19") for _ in range(5))]
    await add(tx, [*conversions, *past, *others, *new])


async def test_an_example_by_hand(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    """Three months are August to October.

    Their conversions took 10 days (seven), 13 (two) and 20: the median is 10 days, and nine in ten
    came within 13.7 (position 8.1 of 0 to 9: 13 + 0.1 * 7), so the last 14 days are left out. The
    leads of 18 July to 17 October are the ten conversions, 31 of the open ones and the one that is
    just before them: 10 of 42. Five conversions need 5 / (10 / 42) = 21 leads, and six came.
    """
    await add_example(client, tx, set_clock)
    found = await chart(client, "needed?target=5")
    assert (found["conversion_median_hours"], found["conversion_p90_hours"]) == ("240", "328.8")
    days = found["cohort_from_date"], found["cohort_to_date"]
    assert days == ("2026-07-18", "2026-10-17")
    assert (found["converted"], found["conversion_rate"]["sample"]) == (10, 42)
    assert found["conversion_rate"]["rate"] == "0.2381"
    assert (found["needed"], found["came"], found["missing"]) == (21, 6, 15)
    # Wilson for 10 of 42: 0.1348 to 0.3853
    assert (found["conversion_rate"]["low"], found["conversion_rate"]["high"]) == (
        "0.1348",
        "0.3853",
    )
    assert (found["needed_at_least"], found["needed_at_most"]) == (13, 38)
    assert (found["state"], found["state_label"]) == ("COMPUTED", "Computed")


async def test_its_leads_are_those_of_lists(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    await add_example(client, tx, set_clock)
    found = await chart(client, "needed?target=5")
    past = {
        "created_at__gte": at(found["cohort_from_date"], 0).isoformat(),
        "created_at__lt": (at(found["cohort_to_date"], 0) + timedelta(days=1)).isoformat(),
    }
    assert found["conversion_rate"]["sample"] == await listed(client, **past)
    assert found["converted"] == await listed(client, status="CONVERTED", **past)
    this_month = at(found["month"], 0).isoformat()
    assert found["came"] == await listed(client, created_at__gte=this_month)


async def test_fewer_months_have_fewer_leads(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    """October alone has no conversion, so that nothing is left out, and four leads are too few."""
    await add_example(client, tx, set_clock)
    found = await chart(client, "needed?target=5&months=1")
    assert (found["cohort_from_date"], found["cohort_to_date"]) == ("2026-10-01", "2026-10-31")
    assert (found["state"], found["conversion_rate"]["sample"]) == ("NOT_ENOUGH_DATA", 4)
    assert found["state_label"].startswith("There are fewer than 30 past leads")
    assert (found["needed"], found["missing"], found["came"]) == (None, None, 6)
    assert found["conversion_median_hours"] is None


async def test_without_conversions_nothing_is_computed(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    set_clock(at("2026-11-20"))
    await add(tx, [lead_of("2026-09-15") for _ in range(30)])
    found = await chart(client, "needed?target=5", headers={"Accept-Language": "zh-CN"})
    assert (found["state"], found["needed"]) == ("NONE_CONVERTED", None)
    assert found["state_label"] == "历史线索均未转化，无法估算。"
    assert found["conversion_rate"]["rate"] == "0"
    empty = await chart(client, "needed?target=5&source=展会")
    assert (empty["state"], empty["conversion_rate"]) == ("NOT_ENOUGH_DATA", None)
