"""Helpers that publish rules of assignment and run their jobs in tests."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.context import Context, use_context
from chassis.jobs.queue import Again, Job
from mtl.assignments.timers import assign_left_leads, assign_new_leads
from services.mtl.tests.factories import NOON
from testkit.directory import subject
from testkit.jobs import job_of, make_job

PATH = "/rule-sets/lead_assignment"
BY_RULES = Context(actor="system:lead_assignment")
ALWAYS: dict[str, Any] = {"all": []}


def people(*names: str, **more: Any) -> list[dict[str, Any]]:
    """The recipients of a rule, all alike."""
    return [{"owner_id": subject(name), **more} for name in names]


def row(name: str, strategy: str, *names: str, condition: Any = None, **outcome: Any) -> Any:
    """A row of the rules; for all leads unless there is a condition."""
    given = outcome.pop("recipients", None) or people(*names)
    body = {"strategy": strategy, **({"recipients": given} if given else {}), **outcome}
    return {"id": name, "condition": condition or ALWAYS, "outcome": body}


def where(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


async def publish(client: AsyncClient, *rows: Any, based_on: int = 0) -> Response:
    body = {"rules": {"hit_policy": "FIRST", "rows": rows}, "based_on": based_on, "note": ""}
    answer = await client.post(f"{PATH}/versions", json=body)
    assert answer.status_code == 201, answer.text
    return answer


async def capture(client: AsyncClient, **fields: Any) -> str:
    """Capture a lead that waits for the rules; return its id."""
    answer = await client.post("/leads", json={"company": "远景科技", **fields, "assign": True})
    assert answer.status_code == 201, answer.text
    assert answer.json()["assignment_status"] == "WAITING"
    lead_id: str = answer.json()["id"]
    return lead_id


async def waiting_jobs(tx: AsyncConnection, kind: str) -> list[Job]:
    rows = await tx.execute(select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.run_at))
    return [job_of(one, now=NOON) for one in rows]


async def run_new(tx: AsyncConnection, tenant: UUID, *, at: Any = NOON) -> None:
    """Assign all leads that wait."""
    job = make_job(tenant, "lead_assignment", "test", now=at)
    with use_context(BY_RULES):
        while isinstance(await assign_new_leads(tx, job), Again):
            pass


async def run_left(tx: AsyncConnection, tenant: UUID, *, at: Any = NOON) -> None:
    """Try again to assign the leads that nobody could be given."""
    job = make_job(tenant, "lead_reassignment", "test", now=at)
    with use_context(BY_RULES):
        while isinstance(result := await assign_left_leads(tx, job), Again):
            job = make_job(tenant, "lead_reassignment", "test", now=at, payload=result.payload)


async def owners(client: AsyncClient, *lead_ids: str) -> list[str | None]:
    """The names of the owners of these leads, in order."""
    return [(await client.get(f"/leads/{one}")).json()["owner_name"] for one in lead_ids]
