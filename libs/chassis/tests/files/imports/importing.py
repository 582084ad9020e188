"""Helpers that run imports of cards in tests."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.worker import Worker
from chassis.files.imports.actions import IMPORT_JOB
from chassis.jobs.queue import Done, Job
from chassis.records.access.tables import people
from kernel.ids import new_id
from testkit.jobs import make_job
from testkit.plugin import Committed

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
CARDS = "标题,阶段,到期日,上级\nroot,DOING,2026-12-01,\nchild,TO_DO,2026-12-02,root\n".encode()
WORKER = Worker("testkit")
run_chunk, on_given_up = WORKER.jobs[IMPORT_JOB], WORKER.failure_handlers[IMPORT_JOB]


def job_for(import_id: str, tenant: UUID) -> Job:
    return make_job(tenant, IMPORT_JOB, import_id, now=NOON)


async def open_import(client: AsyncClient, content: bytes, **fields: Any) -> str:
    body = {"file_name": "cards.csv", "resource": "testkit.card", **fields}
    opened = await client.post("/imports", json=body)
    assert opened.status_code == 201, opened.text
    import_id: str = opened.json()["id"]
    sent = await client.put(f"/imports/{import_id}/file", content=content)
    assert sent.status_code == 200, sent.text
    return import_id


async def start_import(client: AsyncClient, content: bytes, **fields: Any) -> str:
    import_id = await open_import(client, content, **fields)
    started = await client.post(f"/imports/{import_id}/start")
    assert started.json()["state"] == "QUEUED", started.text
    return import_id


async def finish_import(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, content: bytes, **fields: Any
) -> dict[str, Any]:
    """Import this file in the test's transaction; return the finished import."""
    import_id = await start_import(client, content, **fields)
    while not isinstance(await run_chunk(tx, job_for(import_id, tenant)), Done):
        pass
    return await progress(client, import_id)


async def finish_committed(
    client: AsyncClient, committed: Committed, tenant: UUID, content: bytes, **fields: Any
) -> dict[str, Any]:
    """Like `finish_import`, with a committed transaction per chunk."""
    import_id = await start_import(client, content, **fields)
    outcome: object = None
    while not isinstance(outcome, Done):
        async with committed.worker.begin(tenant) as tx:
            outcome = await run_chunk(tx, job_for(import_id, tenant))
    return await progress(client, import_id)


async def progress(client: AsyncClient, import_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await client.get(f"/imports/{import_id}")).json()
    return shown


def counts(**some: int) -> dict[str, int]:
    """Return the counts of an import: those not given are 0."""
    names = ("created", "updated", "merged", "unchanged")
    accepted = sum(some.get(name, 0) for name in names)
    processed = accepted + some.get("refused", 0)
    totals = {"total": processed, "processed": processed, "accepted": accepted}
    return {**dict.fromkeys((*names, "refused", "with_warnings"), 0), **totals, **some}


def problem(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def add_person(tx: AsyncConnection, subject: str) -> UUID:
    """Add a person to the replica of the directory."""
    person_id = new_id()
    values = {"id": person_id, "epoch": 1, "sequence": 1, "deleted": False, "active": True}
    await tx.execute(insert(people).values(**values, subject=subject, name=subject))
    return person_id
