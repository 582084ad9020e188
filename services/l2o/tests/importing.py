"""Imports as tests need them, and the directory and catalogue that the real files speak of."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.actions import JOB
from chassis.files.imports.jobs import import_jobs
from chassis.jobs.queue import Done, Job
from chassis.records.access.tables import people
from kernel.ids import new_id
from l2o.imports.timers import IMPORTS
from l2o.products.store import products
from testkit.jobs import make_job
from testkit.plugin import Committed

PIPELINE = Path(__file__).parents[3] / "deploy" / "demo" / "pipeline"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
run_chunk = import_jobs(IMPORTS)[JOB]


def job_for(import_id: str, tenant: UUID) -> Job:
    return make_job(tenant, JOB, import_id, now=NOON)


async def start_import(client: AsyncClient, kind: str, content: bytes, **fields: Any) -> str:
    body = {"file_name": "file.csv", "kind": kind, **fields}
    opened = await client.post("/imports", json=body)
    assert opened.status_code == 201, opened.text
    import_id: str = opened.json()["id"]
    sent = await client.put(f"/imports/{import_id}/file", content=content)
    assert sent.status_code == 200, sent.text
    started = await client.post(f"/imports/{import_id}/start")
    assert started.json()["state"] == "QUEUED", started.text
    return import_id


async def finish_import(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, kind: str, content: bytes, **fields: Any
) -> dict[str, Any]:
    """Import this file in the test's transaction and say how it went."""
    import_id = await start_import(client, kind, content, **fields)
    while not isinstance(await run_chunk(tx, job_for(import_id, tenant)), Done):
        pass
    return await progress(client, import_id)


async def run_committed(committed: Committed, tenant: UUID, import_id: str) -> None:
    """All chunks, each in a transaction of its own, as the worker runs them."""
    outcome: object = None
    while not isinstance(outcome, Done):
        async with committed.worker.begin(tenant) as tx:
            outcome = await run_chunk(tx, job_for(import_id, tenant))


async def progress(client: AsyncClient, import_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await client.get(f"/imports/{import_id}")).json()
    assert shown["state"] == "SUCCEEDED", shown
    return shown


def counts(**some: int) -> dict[str, int]:
    """The counts of an import: those not named are 0."""
    names = ("created", "updated", "merged", "unchanged")
    accepted = sum(some.get(name, 0) for name in names)
    processed = accepted + some.get("refused", 0)
    known = {"total": processed, "processed": processed, "accepted": accepted}
    return {**dict.fromkeys((*names, "refused", "with_warnings"), 0), **known, **some}


async def findings(
    client: AsyncClient, import_id: str, which: str = "warnings"
) -> dict[int, list[tuple[str | None, str]]]:
    """The codes by row, each with its column."""
    items = (await client.get(f"/imports/{import_id}/{which}?limit=200")).json()["items"]
    return {
        item["row"]: [(error["column"], error["code"]) for error in item["errors"]]
        for item in items
    }


def read(name: str) -> bytes:
    return (PIPELINE / name).read_bytes()


def rows_of(name: str) -> list[dict[str, str]]:
    with (PIPELINE / name).open(newline="") as file:
        return list(csv.DictReader(file))


async def add_person(tx: AsyncConnection, name: str, *, active: bool = True) -> str:
    """Somebody the replica knows; what their tokens call them."""
    person_id = new_id()
    values = {"epoch": 1, "sequence": 1, "deleted": False, "active": active}
    subject = str(person_id)
    await tx.execute(insert(people).values(**values, id=person_id, subject=subject, name=name))
    return subject


async def add_product(tx: AsyncConnection, name: str, *, sku: str | None = None) -> UUID:
    """A product the replica knows."""
    product_id = new_id()
    values = {"epoch": 1, "sequence": 1, "deleted": False, "active": True}
    sku = sku or name.upper().replace(" ", "-")
    await tx.execute(insert(products).values(**values, id=product_id, sku=sku, name=name))
    return product_id


async def know_the_pipeline(tx: AsyncConnection) -> dict[str, str]:
    """The agents and the products of the real files; the agents' subjects by name."""
    for product in rows_of("products.csv"):
        await add_product(tx, product["product"])
    agents = [row["sales_agent"] for row in rows_of("sales_teams.csv")]
    return {name: await add_person(tx, name) for name in agents}
