"""Helpers for imports, and the people and products that the demo files refer to."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.actions import IMPORT_JOB
from chassis.jobs.queue import Done, Job
from chassis.records.access.tables import people
from kernel.ids import new_id
from l2o.products.store import products
from l2o.worker import WORKER
from testkit.jobs import make_job
from testkit.plugin import Committed

PIPELINE_FOLDER = Path(__file__).parents[3] / "deploy" / "demo" / "pipeline"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
run_chunk = WORKER.jobs[IMPORT_JOB]


def job_for(import_id: str, tenant: UUID) -> Job:
    return make_job(tenant, IMPORT_JOB, import_id, now=NOON)


async def start_import(client: AsyncClient, resource: str, content: bytes, **fields: Any) -> str:
    """Open an import, upload this file and start it; return its id."""
    body = {"file_name": "file.csv", "resource": resource, **fields}
    opened = await client.post("/imports", json=body)
    assert opened.status_code == 201, opened.text
    import_id: str = opened.json()["id"]
    uploaded = await client.put(f"/imports/{import_id}/file", content=content)
    assert uploaded.status_code == 200, uploaded.text
    started = await client.post(f"/imports/{import_id}/start")
    assert started.json()["state"] == "QUEUED", started.text
    return import_id


async def finish_import(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    resource: str,
    content: bytes,
    **fields: Any,
) -> dict[str, Any]:
    """Import this file in the test's transaction and return the finished import."""
    import_id = await start_import(client, resource, content, **fields)
    while not isinstance(await run_chunk(tx, job_for(import_id, tenant)), Done):
        pass
    return await finished_import(client, import_id)


async def run_committed(committed: Committed, tenant: UUID, import_id: str) -> None:
    """Run all chunks, each in its own transaction, as the worker does."""
    outcome: object = None
    while not isinstance(outcome, Done):
        async with committed.worker.begin(tenant) as tx:
            outcome = await run_chunk(tx, job_for(import_id, tenant))


async def finished_import(client: AsyncClient, import_id: str) -> dict[str, Any]:
    finished: dict[str, Any] = (await client.get(f"/imports/{import_id}")).json()
    assert finished["state"] == "SUCCEEDED", finished
    return finished


def counts(**named: int) -> dict[str, int]:
    """The counts of an import; those not named are 0."""
    names = ("created", "updated", "merged", "unchanged")
    accepted = sum(named.get(name, 0) for name in names)
    processed = accepted + named.get("refused", 0)
    totals = {"total": processed, "processed": processed, "accepted": accepted}
    return {**dict.fromkeys((*names, "refused", "with_warnings"), 0), **totals, **named}


async def findings(
    client: AsyncClient, import_id: str, kind: str = "warnings"
) -> dict[int, list[tuple[str | None, str]]]:
    """Column and code of the findings, by row; `kind` is `warnings` or `refusals`."""
    items = (await client.get(f"/imports/{import_id}/{kind}?limit=200")).json()["items"]
    return {
        item["row"]: [(error["column"], error["code"]) for error in item["errors"]]
        for item in items
    }


def read_pipeline_file(name: str) -> bytes:
    return (PIPELINE_FOLDER / name).read_bytes()


def pipeline_rows(name: str) -> list[dict[str, str]]:
    with (PIPELINE_FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


async def add_person(tx: AsyncConnection, name: str, *, active: bool = True) -> str:
    """Add a person to the replica of the directory; return the subject."""
    person_id = new_id()
    values = {"epoch": 1, "sequence": 1, "deleted": False, "active": active}
    subject = str(person_id)
    await tx.execute(insert(people).values(**values, id=person_id, subject=subject, name=name))
    return subject


async def add_product(tx: AsyncConnection, name: str, *, sku: str | None = None) -> UUID:
    """Add a product to the replica."""
    product_id = new_id()
    values = {"epoch": 1, "sequence": 1, "deleted": False, "active": True}
    sku = sku or name.upper().replace(" ", "-")
    await tx.execute(insert(products).values(**values, id=product_id, sku=sku, name=name))
    return product_id


async def add_pipeline_references(tx: AsyncConnection) -> dict[str, str]:
    """Add the sales agents and products of the demo files; return the agents' subjects by name."""
    for product in pipeline_rows("products.csv"):
        await add_product(tx, product["product"])
    agents = [row["sales_agent"] for row in pipeline_rows("sales_teams.csv")]
    return {name: await add_person(tx, name) for name in agents}
