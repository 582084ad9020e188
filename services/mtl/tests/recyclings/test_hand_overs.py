"""The time that sales have for their answer to a hand-over."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import create
from services.mtl.tests.metrics.factories import chart
from services.mtl.tests.recyclings.factories import (
    SetClock,
    at,
    clock,
    days,
    instant,
    period,
    publish,
    rules,
    sweep,
)
from testkit.directory import Company, subject
from testkit.plugin import PublishedWork

EIGHT_HOURS = rules(
    {
        "next_follow_up": days(30),
        "accept_within": period(8, "WORKING_HOURS"),
        "accept_reminder": period(4, "WORKING_HOURS"),
    }
)


@pytest.fixture
async def lead_id(client: AsyncClient, tx: AsyncConnection, set_clock: SetClock) -> str:
    """A lead of li that marketing handed over on Friday, 6 March 2026, at ten."""
    await Company(tx).build()
    await publish(client, EIGHT_HOURS)
    set_clock(at("03-06 10:00"))
    made = (await create(client, company="远景科技", owner_id=subject("li")))["id"]
    await make(client, made, "hand-over")
    return str(made)


async def make(client: AsyncClient, lead_id: str, verb: str, body: Any = None) -> dict[str, Any]:
    answer = await client.post(f"/leads/{lead_id}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_time_is_counted_in_the_working_hours_of_the_owner(
    client: AsyncClient, lead_id: str, set_clock: SetClock
) -> None:
    found = await clock(client, lead_id)
    # Friday 10 to 12 and 13 to 18 are seven hours; the eighth is Monday's first.
    assert instant(found["accept_by"]) == at("03-09 10:00")
    assert found["accept_is_late"] is False
    assert "an answer within 8 working hours of the hand-over" in found["rule"]["text"]
    set_clock(at("03-09 10:01"))
    assert (await clock(client, lead_id))["accept_is_late"] is True
    await publish(client, rules({"accept_within": period(1, "HOURS")}), based_on=1)
    await client.post(f"/leads/{lead_id}/transfer", json={"owner_id": subject("zhou")})
    assert instant((await clock(client, lead_id))["accept_by"]) == at("03-09 10:00")


async def test_the_owner_is_reminded_until_they_answer(
    client: AsyncClient,
    tx: AsyncConnection,
    lead_id: str,
    set_clock: SetClock,
    published_work: PublishedWork,
) -> None:
    await sweep(tx, at("03-06 14:59"))
    assert [one for one in await published_work() if one.kind == "ACCEPT_LEAD"] == []
    await sweep(tx, at("03-06 15:00"))
    await sweep(tx, at("03-06 15:05"))
    [task] = [one for one in await published_work() if one.kind == "ACCEPT_LEAD"]
    assert task.message == "Accept or refuse lead 远景科技 before 2026-03-09 10:00"
    set_clock(at("03-06 16:00"))
    accepted = await make(client, lead_id, "qualify")
    assert accepted["accept_by"] is None
    assert [one.step for one in await published_work() if one.kind == "ACCEPT_LEAD"] == [
        "raised",
        "settled",
    ]


@pytest.mark.parametrize(("answered", "late"), [("03-09 10:00", 0), ("03-09 10:01", 1), (None, 1)])
async def test_late_answers_are_counted(
    client: AsyncClient, lead_id: str, set_clock: SetClock, answered: str | None, late: int
) -> None:
    if answered is not None:
        set_clock(at(answered))
        await make(client, lead_id, "refuse", {"reason": "TOO_EARLY"})
    set_clock(at("03-20 10:00"))
    found = await chart(client, "hand-off?from=2026-03-01&to=2026-03-31")
    assert (found["totals"]["hand_overs"], found["totals"]["late"]) == (1, late)
    assert [row["late"] for row in found["rows"]] == [late]
    assert "Late" in {one["label"] for one in found["measures"]}


async def test_a_second_hand_over_has_its_own_time(
    client: AsyncClient, lead_id: str, set_clock: SetClock
) -> None:
    set_clock(at("03-09 09:30"))
    await make(client, lead_id, "refuse", {"reason": "TOO_EARLY"})
    assert (await clock(client, lead_id))["accept_by"] is None
    set_clock(at("03-10 10:00"))
    await make(client, lead_id, "hand-over")
    assert instant((await clock(client, lead_id))["accept_by"]) == at("03-11 10:00")


async def test_a_lead_that_nobody_owns_is_timed_by_the_tenants_hours(
    client: AsyncClient, tx: AsyncConnection, lead_id: str, set_clock: SetClock
) -> None:
    set_clock(at("03-06 11:00"))
    await make(client, lead_id, "refuse", {"reason": "TOO_EARLY"})
    await sweep(tx, at("04-06 10:00"))
    assert (await clock(client, lead_id))["state"] == "NO_OWNER"
    set_clock(at("04-07 09:00"))
    await make(client, lead_id, "hand-over")
    assert instant((await clock(client, lead_id))["accept_by"]) == at("04-07 18:00")
