"""Rules about accounts for tests, and the grading that a worker does."""

from datetime import datetime
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.clock import now as current_time
from chassis.jobs import queue
from chassis.web.commands import Command
from l2o.grade_queues.actions import GRADING_JOB
from l2o.grade_queues.store import grade_queue
from l2o.grades.actions import grade_account, grade_chunk


def compared(field: str, operator: str, value: Any) -> dict[str, Any]:
    """A comparison."""
    return {"field": field, "operator": operator, "value": value}


def row(name: str, condition: dict[str, Any], **outcome: Any) -> dict[str, Any]:
    """A row of rules, which is called by its id."""
    return {"id": name, "condition": condition, "outcome": outcome}


KEY = row("key", compared("employees", "GTE", 1000), grade="A")
LARGE = row("large", compared("employees", "GTE", 100), grade="B")
REST = row("rest", {"all": []}, grade="D")


async def try_to_publish(client: AsyncClient, name: str, *rows: Any, policy: str) -> Response:
    """Publish rules on the version in force, and return whatever the answer is."""
    latest = (await client.get(f"/rule-sets/{name}")).json()["version"]
    rules = {"hit_policy": policy, "rows": list(rows)}
    body = {"rules": rules, "based_on": latest}
    return await client.post(f"/rule-sets/{name}/versions", json=body)


async def publish(client: AsyncClient, name: str, *rows: Any, policy: str = "FIRST") -> None:
    """Publish rules on the version in force."""
    answer = await try_to_publish(client, name, *rows, policy=policy)
    assert answer.status_code == 201, answer.text


async def grade_waiting(tx: AsyncConnection, now: datetime | None = None) -> None:
    """Grade all accounts that wait, as the worker does."""
    command = Command(tx, now or current_time(), actor="system:account_grading")
    while await grade_chunk(command):
        pass
    for account_id in await with_jobs(tx):
        assert await queue.cancel(tx, GRADING_JOB, str(account_id))
        assert await grade_account(command, account_id)


async def waiting(tx: AsyncConnection) -> set[UUID]:
    """The accounts that wait to be graded."""
    queued = set((await tx.execute(select(grade_queue.c.account_id))).scalars())
    return queued | await with_jobs(tx)


async def with_jobs(tx: AsyncConnection) -> set[UUID]:
    """The accounts that have a job of their own."""
    others = ("waiting", "daily", "reviews")
    keys = select(jobs.c.key).where(jobs.c.kind == GRADING_JOB, jobs.c.key.not_in(others))
    return {UUID(key) for key in (await tx.execute(keys)).scalars()}


async def created(client: AsyncClient, name: str, **fields: Any) -> str:
    """Create an account, and return its id."""
    answer = await client.post("/accounts", json={"name": name, "confirmed": True, **fields})
    assert answer.status_code == 201, answer.text
    account_id: str = answer.json()["id"]
    return account_id


async def account(client: AsyncClient, account_id: str, part: str = "") -> dict[str, Any]:
    """An account, or a part of it, as the API answers it."""
    answer = await client.get(f"/accounts/{account_id}{part}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
