"""Reviews over the HTTP API: when they are due, the owner's task, and what settles it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now
from chassis.jobs.queue import Done
from l2o.grade_queues.actions import GRADING_JOB
from l2o.grades.timers import REVIEWS, grade_accounts
from services.l2o.tests.grades.grading import (
    REST,
    account,
    compared,
    created,
    grade_waiting,
    publish,
    row,
)
from testkit.directory import Company, directory_id, subject
from testkit.jobs import make_job
from testkit.plugin import Client, PublishedWork

RAISED, SETTLED = ("raised", subject("li")), ("settled", subject("li"))
MONTHLY = row("monthly", compared("grade", "EQ", "D"), review_days=30)


async def graded(client: Client, tx: AsyncConnection, *, days_ago: int) -> str:
    """An account of li that was created so many days ago and is reviewed every 30 days."""
    await Company(tx).build()
    await publish(client, "account_grade", REST)
    await publish(client, "account_service", MONTHLY)
    account_id = await created(client, "示例公司", owner_id=subject("li"))
    past = text("UPDATE accounts SET created_at = now() - make_interval(days => :days)")
    await tx.execute(past, {"days": days_ago})
    await grade_waiting(tx)
    return account_id


async def ask(tx: AsyncConnection, tenant: UUID) -> None:
    """Run the job of the night."""
    job = make_job(tenant, GRADING_JOB, REVIEWS)
    assert isinstance(await grade_accounts(tx, job), Done)


async def steps(published_work: PublishedWork) -> list[tuple[str, str]]:
    """What became of the tasks of reviews: each step, and whose task it was."""
    found = await published_work()
    return [(one.step, one.person) for one in found if one.kind == "REVIEW_ACCOUNT"]


async def due(client: Client, **query: Any) -> list[str]:
    answer = await client.get("/accounts", params=query)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def test_a_silent_account_is_due_until_it_is_reviewed(
    client: Client, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    one = await graded(client, tx, days_ago=31)
    assert await due(client, review_due="true") == [one]
    assert await due(client, review_due="false") == []
    await ask(tx, tenant)
    await ask(tx, tenant)  # the task is open already
    assert await steps(published_work) == [RAISED]
    version = (await account(client, one))["version"]
    reviewed = await client.post(f"/accounts/{one}/review", json={"note": "预算已确认"})
    assert reviewed.status_code == 200, reviewed.text
    shown = await account(client, one)
    assert (shown["version"], shown["review_days"]) == (version, 30)
    at, by = (datetime.fromisoformat(shown[name]) for name in ("reviewed_at", "review_due_at"))
    assert by - at == timedelta(days=30)
    assert await steps(published_work) == [RAISED, SETTLED]
    assert await due(client, review_due="true") == []
    assert await due(client, review_due_at__lte=(now() + timedelta(days=31)).isoformat()) == [one]
    trail = (await client.get(f"/accounts/{one}/audit")).json()["items"]
    assert "预算已确认" in [entry["reason"] for entry in trail]
    assert (await client.post(f"/accounts/{one}/review", json={})).status_code == 422


async def test_an_activity_is_a_review(
    client: Client, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    one = await graded(client, tx, days_ago=31)
    await ask(tx, tenant)
    body = {"account_id": one, "kind": "CALL", "at": now().isoformat(), "subject": "回访"}
    called = await client.post("/activities", json=body)
    assert called.status_code == 201, called.text
    assert await steps(published_work) == [RAISED, SETTLED]
    assert await due(client, review_due="true") == []


async def test_the_task_goes_to_the_new_owner(
    client: Client, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    one = await graded(client, tx, days_ago=31)
    await ask(tx, tenant)
    body = {"owner_id": str(directory_id("zhou")), "reason": "换人"}
    transferred = await client.post(f"/accounts/{one}/transfer", json=body)
    assert transferred.status_code == 200, transferred.text
    assert await steps(published_work) == [RAISED, ("raised", subject("zhou"))]


async def test_nobody_is_asked_before_the_day(
    client: Client, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    await graded(client, tx, days_ago=28)
    await ask(tx, tenant)
    assert await steps(published_work) == []
