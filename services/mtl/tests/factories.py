"""Helpers that create leads and imports for tests."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.files.imports.actions import IMPORT_JOB
from chassis.jobs.queue import Done, Job
from kernel.ids import new_id
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.worker import WORKER
from testkit.jobs import make_job

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
CONTACT = {"name": "王芳", "company": "远景科技", "phone": "13800138000", "email": "w@example.com"}

META = EventMeta(
    event_id=new_id(),
    tenant=new_id(),
    aggregate_id=new_id(),
    sequence=1,
    epoch=1,
    occurred_at=NOON,
)

run_chunk = WORKER.jobs[IMPORT_JOB]
fail_import = WORKER.failure_handlers[IMPORT_JOB]


def make_lead(**fields: Any) -> Lead:
    defaults = {"company": "远景科技", "owner_id": "seller", "created_at": NOON, "updated_at": NOON}
    return Lead(**{"id": new_id(), **defaults, **fields})


async def create(client: AsyncClient, **fields: Any) -> dict[str, Any]:
    """Create a lead through the API; with a company only unless the test gives fields."""
    answer = await client.post("/leads", json=fields or {"company": "远景科技"})
    assert answer.status_code == 201, answer.text
    lead: dict[str, Any] = answer.json()
    return lead


async def create_qualified(client: AsyncClient, **fields: Any) -> str:
    lead_id: str = (await create(client, **fields))["id"]
    assert (await client.post(f"/leads/{lead_id}/qualify")).status_code == 200
    return lead_id


async def note(client: AsyncClient, lead_id: str, **fields: Any) -> dict[str, Any]:
    """Note a follow-up of a lead through the API; a call in November unless the test says more."""
    body = {"lead_id": lead_id, "kind": "CALL", "at": "2026-11-20T02:00:00Z", **fields}
    answer = await client.post("/follow-ups", json=body)
    assert answer.status_code == 201, answer.text
    follow_up: dict[str, Any] = answer.json()
    return follow_up


async def status_of(client: AsyncClient, lead_id: str) -> LeadStatus:
    return LeadStatus((await client.get(f"/leads/{lead_id}")).json()["status"])


def problem(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def violations(answer: Response) -> set[tuple[str, str]]:
    """Pointer and code of every violation."""
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


async def open_import(client: AsyncClient, content: bytes, **fields: Any) -> str:
    """Open an import and upload this file; return its id."""
    body = {"file_name": "leads.csv", "resource": "mtl.lead", **fields}
    import_id: str = (await client.post("/imports", json=body)).json()["id"]
    sent = await client.put(f"/imports/{import_id}/file", content=content)
    assert sent.status_code == 200, sent.text
    return import_id


async def start_import(client: AsyncClient, content: bytes, **fields: Any) -> str:
    """Open an import, upload this file and start it; return its id."""
    import_id = await open_import(client, content, **fields)
    started = await client.post(f"/imports/{import_id}/start")
    assert started.json()["state"] == "QUEUED", started.text
    return import_id


def job_for(import_id: str, tenant: UUID) -> Job:
    return make_job(tenant, IMPORT_JOB, import_id, now=NOON)


async def run_import(tx: AsyncConnection, import_id: str, tenant: UUID) -> int:
    """Run the job of an import to its end in the test's transaction; return its chunks."""
    chunks = 1
    while not isinstance(await run_chunk(tx, job_for(import_id, tenant)), Done):
        chunks += 1
    return chunks


async def finish_import(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, content: bytes, **fields: Any
) -> dict[str, Any]:
    """Import this file and return the finished import."""
    import_id = await start_import(client, content, **fields)
    await run_import(tx, import_id, tenant)
    ended: dict[str, Any] = (await client.get(f"/imports/{import_id}")).json()
    return ended


def counts(**named: int) -> dict[str, int]:
    """The counts of an import; those not named are 0."""
    names = ("created", "updated", "merged", "unchanged")
    accepted = sum(named.get(name, 0) for name in names)
    processed = accepted + named.get("refused", 0)
    totals = {"total": processed, "processed": processed, "accepted": accepted}
    return {**dict.fromkeys((*names, "refused", "with_warnings"), 0), **totals, **named}
