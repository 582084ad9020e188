"""Counts of approvals: by day and kind, by step, and who keeps requests waiting."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from httpx import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.approvals.store import approval_seats
from services.desk.tests.factories import (
    HEAD,
    KIND,
    as_,
    ask,
    asked,
    build_company,
    decide,
    one_branch,
    publish,
    step,
    tasks_of,
)
from testkit.directory import subject


async def test_requests_decisions_and_those_who_keep_them_waiting_are_counted(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await build_company(tx)
    await publish(client, one_branch(step("head", HEAD)))
    for _ in range(4):  # asked on 2026-12-01 at 9:00 in Shanghai
        await ask(tx, asked())
    await ask(tx, asked("zheng"))
    sun = as_(tenant, "sun")
    first, second, *_ = await tasks_of(client, sun)
    for task, verb in ((first, "approve"), (second, "reject")):
        path = f"/approval-tasks/{task['id']}/{verb}"
        answer = await client.post(path, json={"comment": "已核对"}, headers=sun)
        assert answer.status_code == 200
    period = {"from": "2026-12-01", "until": "2026-12-01"}
    figures = (await client.get("/approvals/figures", params=period)).json()
    [asked_on] = [day for day in figures["days"] if day["requested"]]
    assert (asked_on["day"], asked_on["kind"], asked_on["requested"]) == ("2026-12-01", KIND, 5)
    [head] = figures["steps"]
    assert (head["step"], head["approved"], head["rejected"], head["open"]) == ("head", 1, 1, 3)
    waiting = {one["person"]: (one["person_name"], one["open"]) for one in figures["waiting"]}
    assert waiting == {subject("sun"): ("sun", 2), subject("wu"): ("wu", 1)}


async def test_an_approval_that_counts_again_is_no_decision_of_the_later_step(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await build_company(tx)
    sun, qian = ({"source": "PERSON", "name": subject(name)} for name in ("sun", "qian"))
    steps = [step("one", sun), step("two", qian), step("three", sun, qian, mode="ALL_OF")]
    await publish(client, one_branch(*steps))
    await ask(tx, asked())
    for name in ("sun", "qian"):
        await decide(client, as_(tenant, name))
    period = {"from": "2026-12-01", "until": "2027-11-30"}
    figures = (await client.get("/approvals/figures", params=period)).json()
    assert [(one["step"], one["approved"]) for one in figures["steps"]] == [("one", 1), ("two", 1)]


async def test_what_ended_on_a_day_is_counted_by_its_outcome(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await build_company(tx)
    await publish(client, one_branch(step("head", HEAD)))
    await ask(tx, asked())
    sun = as_(tenant, "sun")
    [task] = await tasks_of(client, sun)
    await client.post(f"/approval-tasks/{task['id']}/approve", headers=sun)
    [mine] = (await client.get("/approvals")).json()["items"]
    ended = datetime.fromisoformat(mine["ended_at"]).astimezone(ZoneInfo("Asia/Shanghai"))
    period = {"from": ended.date().isoformat(), "until": ended.date().isoformat()}
    figures = (await client.get("/approvals/figures", params=period)).json()
    [day] = [one for one in figures["days"] if one["ended"].get("APPROVED")]
    took = ended - datetime.fromisoformat(mine["requested_at"])
    assert day["ended"] == {"APPROVED": 1}
    assert abs(float(day["average_hours"]) - took.total_seconds() / 3600) <= 0.05


async def test_tasks_that_were_decided_on_their_day_are_counted_for_each_person(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    """Asked at 9:00 in Shanghai: 14 hours later is the same day, 16 hours later the next."""
    await build_company(tx)
    await publish(client, one_branch(step("head", HEAD)))
    for asker in ("li", "li", "li", "zheng"):
        await ask(tx, asked(asker))
    c = approval_seats.c
    for task, hours in zip(await tasks_of(client, as_(tenant, "sun")), (14, 16), strict=False):
        decided = {"state": "APPROVED", "decided_at": c.asked_at + timedelta(hours=hours)}
        await tx.execute(update(approval_seats).where(c.id == UUID(task["id"])).values(decided))
    period = {"from": "2026-12-01", "until": "2026-12-01"}
    figures = (await client.get("/approvals/figures", params=period)).json()
    cleared = [(one["person_name"], one["tasks"], one["cleared"]) for one in figures["cleared"]]
    assert cleared == [("sun", 3, 1), ("wu", 1, 0)]


async def test_a_period_that_ends_before_it_begins_or_is_too_long_is_refused(
    client: AsyncClient,
) -> None:
    for start, end in (("2026-12-02", "2026-12-01"), ("2025-01-01", "2026-12-01")):
        answer = await client.get("/approvals/figures", params={"from": start, "until": end})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "PERIOD_INVALID"
