"""Working days and hours of the owner: weekends, holidays, leave, and month ends."""

from datetime import date

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import create, note
from services.mtl.tests.recyclings.factories import (
    SetClock,
    at,
    clock,
    days,
    get,
    instant,
    period,
    publish,
    reckon,
    rules,
    sweep,
)
from testkit.directory import Company, leave, subject

THREE_WORKING_DAYS = rules({"next_follow_up": period(3, "WORKING_DAYS")})


async def falls_back(client: AsyncClient, lead_id: str) -> object:
    return instant((await get(client, lead_id))["falls_back_at"])


async def test_holidays_and_weekends_do_not_count(client: AsyncClient, set_clock: SetClock) -> None:
    """National Day lasts from 1 to 7 October 2026; Saturday the 10th is worked instead."""
    await publish(client, THREE_WORKING_DAYS)
    set_clock(at("09-29 15:00"))
    lead_id = (await create(client, company="a"))["id"]
    assert await falls_back(client, lead_id) == at("10-09 15:00")
    set_clock(at("09-30 18:00"))
    await note(client, lead_id, at=at("09-30 18:00").isoformat())
    assert await falls_back(client, lead_id) == at("10-10 18:00")


async def test_days_on_leave_do_not_count_for_their_owner(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    company = await Company(tx).build()
    await company.person(
        "li", "team A", leaves=[leave(date(2026, 3, 3), date(2026, 3, 10), "zhou")]
    )
    await publish(client, THREE_WORKING_DAYS)
    set_clock(at("03-02 10:00"))
    made = {
        name: (await create(client, company=name, owner_id=subject(name)))["id"]
        for name in ("li", "zhou")
    }
    # Monday the 2nd; li is back on Tuesday the 10th.
    assert await falls_back(client, made["zhou"]) == at("03-05 10:00")
    assert await falls_back(client, made["li"]) == at("03-12 10:00")


async def test_leave_that_is_entered_later_keeps_the_lead_from_falling_back(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    company = await Company(tx).build()
    await publish(client, THREE_WORKING_DAYS)
    set_clock(at("03-02 10:00"))
    lead_id = (await create(client, company="a", owner_id=subject("li")))["id"]
    await company.person("li", "team A", leaves=[leave(date(2026, 3, 4), date(2026, 3, 6), None)])
    await sweep(tx, at("03-05 10:00"))
    assert (await get(client, lead_id))["owner_id"] == subject("li")
    # Tuesday the 3rd, Friday the 6th, Monday the 9th.
    assert await falls_back(client, lead_id) == at("03-09 10:00")
    assert instant((await clock(client, lead_id))["falls_back_at"]) == at("03-09 10:00")
    await sweep(tx, at("03-09 10:00"))
    assert (await get(client, lead_id))["owner_id"] is None


async def test_hours_of_work_end_with_the_day(client: AsyncClient, set_clock: SetClock) -> None:
    await publish(client, rules({"first_follow_up": period(4, "WORKING_HOURS")}))
    set_clock(at("03-06 16:00"))  # a Friday; work ends at six
    lead_id = (await create(client, company="a"))["id"]
    assert await falls_back(client, lead_id) == at("03-09 11:00")


async def test_days_pass_over_the_ends_of_months_and_the_ladder_stands_before(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    ladder = [days(3), days(5), days(7)]
    await publish(
        client, rules({"next_follow_up": days(8), "conversion": days(31), "reminders": ladder})
    )
    set_clock(at("01-31 23:30"))
    lead_id = (await create(client, company="a"))["id"]
    found = await clock(client, lead_id)
    assert instant(found["falls_back_at"]) == at("02-08 23:30")
    assert [instant(one) for one in found["reminders"]] == [
        at("02-03 23:30"),
        at("02-05 23:30"),
        at("02-07 23:30"),
    ]
    set_clock(at("02-28 23:30"))
    await note(client, lead_id, at=at("02-28 23:30").isoformat())
    converted = await clock(client, lead_id)
    assert (converted["reason"], instant(converted["falls_back_at"])) == (
        "NOT_CONVERTED",
        at("03-03 23:30"),
    )
    await reckon(tx, at("03-01 10:00"))
    assert await falls_back(client, lead_id) == at("03-03 23:30")
