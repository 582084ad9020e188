"""The lifecycle of leads: handed over, refused, asleep, awake and open again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.clock import business_date, now
from chassis.jobs.queue import Done
from mtl.leads.domain.moves import LEAD_MOVES, OFFERED_MOVES, LeadStatus
from mtl.leads.timers import wake_lead
from services.mtl.tests.factories import CONTACT, create, problem, status_of, violations
from testkit.jobs import job_of
from testkit.plugin import PublishedFacts

SHANGHAI = ZoneInfo("Asia/Shanghai")


def in_days(days: int) -> date:
    return business_date(now(), SHANGHAI.key) + timedelta(days=days)


async def move(client: AsyncClient, lead_id: str, name: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/leads/{lead_id}/{name}", json=body)
    assert answer.status_code == 200, answer.text
    lead: dict[str, Any] = answer.json()
    return lead


async def types(published: PublishedFacts) -> list[str]:
    return [event.type.split(".")[2] for event in await published()]


async def test_sales_refuse_what_marketing_hands_over_and_accept_it_later(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = (await create(client, **CONTACT))["id"]
    handed = await move(client, lead_id, "hand-over")
    assert (handed["status"], handed["handed_over_at"]) == ("MQL", handed["updated_at"])
    assert await move(client, lead_id, "hand-over") == handed
    refused = await move(client, lead_id, "refuse", reason="TOO_EARLY", note="明年再说")
    assert (refused["status"], refused["status_reason"]) == ("RAW", "TOO_EARLY")
    assert refused["status_reason_text"] == "Too early: 明年再说"
    assert await move(client, lead_id, "refuse", reason="TOO_EARLY", note="明年再说") == refused
    other = await client.post(f"/leads/{lead_id}/refuse", json={"reason": "TOO_SMALL"})
    assert problem(other) == (409, "MOVE_MADE_OTHERWISE")
    await move(client, lead_id, "hand-over")
    accepted = await move(client, lead_id, "qualify")
    assert (accepted["status"], accepted["status_reason"]) == ("SQL", None)
    assert await types(published) == [
        "captured",
        "handed_over",
        "refused",
        "handed_over",
        "qualified",
    ]
    history = (await client.get(f"/leads/{lead_id}/history")).json()["items"]
    assert [(one["from_status"], one["to_status"]) for one in reversed(history)] == [
        ("RAW", "MQL"),
        ("MQL", "RAW"),
        ("RAW", "MQL"),
        ("MQL", "SQL"),
    ]
    assert history[2]["reason_text"] == "Too early: 明年再说"


async def test_a_raw_lead_that_was_never_handed_over_cannot_be_refused(
    client: AsyncClient,
) -> None:
    lead_id = (await create(client))["id"]
    answer = await client.post(f"/leads/{lead_id}/refuse", json={"reason": "TOO_EARLY"})
    assert problem(answer) == (409, "LEAD_NOT_HANDED_OVER")


async def test_a_sleeping_lead_wakes_on_its_day(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    lead_id = (await create(client))["id"]
    day = in_days(30)
    asleep = await move(client, lead_id, "nurture", wakes_on=str(day), note="明年预算")
    assert (asleep["status"], asleep["wakes_on"]) == ("NURTURE", str(day))
    assert await move(client, lead_id, "nurture", wakes_on=str(day), note="明年预算") == asleep
    row = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_wake"))).one()
    assert row.run_at == datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    job = job_of(row, now=row.run_at)
    assert await wake_lead(tx, job) == Done()
    awake = (await client.get(f"/leads/{lead_id}")).json()
    assert (awake["status"], awake["wakes_on"]) == ("RAW", None)
    assert (awake["status_reason"], awake["status_reason_text"]) == ("DAY_CAME", "Its day came")
    assert await wake_lead(tx, job) == Done()
    assert await types(published) == ["captured", "nurtured", "reactivated"]


async def test_an_earlier_day_does_not_wake_a_lead_that_was_put_to_sleep_again(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead_id = (await create(client))["id"]
    await move(client, lead_id, "nurture", wakes_on=str(in_days(10)))
    await move(client, lead_id, "reopen")
    await move(client, lead_id, "nurture", wakes_on=str(in_days(20)))
    query = select(jobs).where(jobs.c.kind == "lead_wake").order_by(jobs.c.run_at)
    first, second = (await tx.execute(query)).all()
    for row, status in ((first, "NURTURE"), (second, "RAW")):
        job = job_of(row, now=row.run_at)
        await wake_lead(tx, job)
        assert await status_of(client, lead_id) == status


async def test_a_lead_asleep_or_open_again_refuses_another_day_or_note(
    client: AsyncClient,
) -> None:
    lead_id = (await create(client))["id"]
    await move(client, lead_id, "nurture", wakes_on=str(in_days(10)))
    later = await client.post(f"/leads/{lead_id}/nurture", json={"wakes_on": str(in_days(20))})
    assert problem(later) == (409, "MOVE_MADE_OTHERWISE")
    opened = await move(client, lead_id, "reopen", note="客户回电")
    assert await move(client, lead_id, "reopen", note="客户回电") == opened
    other = await client.post(f"/leads/{lead_id}/reopen", json={"note": "客户来访"})
    assert problem(other) == (409, "MOVE_MADE_OTHERWISE")


async def test_a_deleted_lead_does_not_wake(client: AsyncClient, tx: AsyncConnection) -> None:
    lead_id = (await create(client))["id"]
    await move(client, lead_id, "nurture", wakes_on=str(in_days(1)))
    await client.delete(f"/leads/{lead_id}")
    row = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_wake"))).one()
    job = job_of(row, now=row.run_at)
    await wake_lead(tx, job)
    await client.post(f"/leads/{lead_id}/restore")
    assert await status_of(client, lead_id) == "NURTURE"


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ({}, ("/wakes_on", "REQUIRED")),
        ({"wakes_on": str(in_days(0))}, ("/wakes_on", "UNTIL_DATE_PAST")),
        ({"wakes_on": str(in_days(1100))}, ("/wakes_on", "PERIOD_TOO_LONG")),
        ({"wakes_on": "soon"}, ("/wakes_on", "DATE_INVALID")),
    ],
)
async def test_a_lead_sleeps_until_a_day_to_come(
    client: AsyncClient, body: dict[str, str], violation: tuple[str, str]
) -> None:
    lead_id = (await create(client))["id"]
    answer = await client.post(f"/leads/{lead_id}/nurture", json=body)
    assert (answer.status_code, violations(answer)) == (422, {violation})


async def test_an_invalid_lead_is_opened_again_unless_another_has_its_phone(
    client: AsyncClient,
) -> None:
    lead_id = (await create(client, **CONTACT))["id"]
    await move(client, lead_id, "disqualify", reason="NO_NEED")
    opened = await move(client, lead_id, "reopen", note="客户回电")
    assert (opened["status"], opened["status_reason_text"]) == ("RAW", "客户回电")
    await move(client, lead_id, "disqualify", reason="NO_NEED")
    await create(client, **CONTACT)
    assert problem(await client.post(f"/leads/{lead_id}/reopen")) == (409, "LEAD_DUPLICATE")
    assert await status_of(client, lead_id) == "INVALID"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_moves_of_a_lead_say_why_not(client: AsyncClient, language: str) -> None:
    lead_id = (await create(client))["id"]
    headers = {"Accept-Language": language}
    answer = (await client.get(f"/leads/{lead_id}/moves", headers=headers)).json()
    assert answer["status"] == "RAW"
    assert [one["move"] for one in answer["moves"]] == [str(move) for move in OFFERED_MOVES]
    for one, move_ in zip(answer["moves"], OFFERED_MOVES, strict=True):
        assert one["allowed"] is LEAD_MOVES.allows(move_, LeadStatus.RAW)
        assert (one["why_not"] is None) is one["allowed"]
    why_not = {one["move"]: one["why_not"] for one in answer["moves"]}
    assert (
        why_not["CONVERT"]
        == {
            "zh-CN": "只有销售已接受的线索才能转化。",
            "en": "Only a lead that sales accepted can be converted.",
        }[language]
    )


async def test_the_wake_job_counts_days_of_the_tenant(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """Midnight in Shanghai is 16:00 UTC of the day before."""
    lead_id = (await create(client))["id"]
    await move(client, lead_id, "nurture", wakes_on=str(in_days(5)))
    row = (await tx.execute(select(jobs.c.run_at).where(jobs.c.kind == "lead_wake"))).one()
    assert row.run_at.astimezone(UTC).hour == 16
