"""What the ground costs at 200,000 opportunities of 1,000 sellers: `make bench`.

Milliseconds differ by machine and by what else runs there; within one run the ratios hold.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from chassis.database.engine import Database
from chassis.files.imports.actions import IMPORT_JOB
from chassis.jobs.queue import Done
from l2o.worker import WORKER
from testkit.databases import ServiceDatabase
from testkit.filling import FULL_SIZE
from testkit.jobs import make_job
from tests.bench.company import ROLES, Bench, company
from tests.bench.timing import Took, show, timed

TIMES, DEEP = 20, 100
DEFAULT = "newest first"
QUESTIONS: Mapping[str, dict[str, Any]] = {
    DEFAULT: {},
    "stage=QUOTATION": {"stage": "QUOTATION"},
    "sort=-amount": {"sort": "-amount"},
    "stage=WON, sort=-amount": {"stage": "WON", "sort": "-amount"},
    "q= a rare word": {"q": "c51ce4"},
    "q= two letters": {"q": "a1"},
}
PATCHES, WRITERS = 100, 8
AUDITED, IMPORTED = 2_000, 500


@pytest.fixture(scope="module")
async def bench(ground: Any, service: str) -> AsyncIterator[Bench]:
    urls: ServiceDatabase = await ground.urls(service)
    patch = pytest.MonkeyPatch()
    patch.setenv("L2C_MODE", "development")
    patch.setenv("L2O_DATABASE_URL", urls.app_url)
    app: FastAPI = await ground.app(service, "")
    async with company(app, urls) as filled:
        yield filled
    patch.undo()


async def listed(client: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await client.get("/opportunities", params=params)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def deep(client: httpx.AsyncClient) -> str:
    """Return the cursor of the page at this distance, or of the last page."""
    cursor, limit = "", 50
    for _ in range(DEEP - 1):
        params = {"cursor": cursor} if cursor else {}
        following = (await listed(client, limit=limit, **params))["next_cursor"]
        if following is None:
            break
        cursor = following
    return cursor


async def asked_by(bench: Bench, role: str) -> dict[str, Took]:
    """Measure every query as this role."""
    took: dict[str, Took] = {}
    async with bench.client(role) as client:
        for question, params in QUESTIONS.items():
            took[question] = await timed(partial(listed, client, **params), times=TIMES)
        cursor = await deep(client)
        took[f"page {DEEP}"] = await timed(partial(listed, client, cursor=cursor), times=TIMES)
    return took


async def test_lists(bench: Bench) -> None:
    took = {role: await asked_by(bench, role) for role in ROLES}
    baseline = took["all"][DEFAULT]
    rows = [
        [question, *(took[role][question].over(baseline) for role in ROLES)]
        for question in took["all"]
    ]
    title = f"GET /opportunities of {FULL_SIZE:,}: p50 / p95 ms, p50 as a multiple of the first"
    show(title, ["", *ROLES], rows)


async def first_ids(bench: Bench, count: int) -> list[UUID]:
    owner = Database(bench.urls.owner_url, name="bench-owner")
    query = text("SELECT id FROM opportunities WHERE deleted_at IS NULL ORDER BY id LIMIT :n")
    async with owner.begin(bench.there.tenant) as tx:
        found = list((await tx.execute(query, {"n": count})).scalars())
    await owner.dispose()
    return found


async def test_patches(bench: Bench) -> None:
    """Measure patches one after another and concurrent ones."""
    ids = await first_ids(bench, PATCHES * 2)
    async with bench.client("all") as client:

        async def patch(key: UUID) -> None:
            answer = await client.patch(f"/opportunities/{key}", json={"name": f"new {key}"})
            assert answer.status_code == 200, answer.text

        began = time.perf_counter()
        for key in ids[:PATCHES]:
            await patch(key)
        alone = PATCHES / (time.perf_counter() - began)
        waiting = iter(ids[PATCHES:])

        async def write() -> None:
            for key in waiting:
                await patch(key)

        began = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(WRITERS)))
        together = PATCHES / (time.perf_counter() - began)
    rows = [
        ["one after another", f"{alone:.0f}", "x1.0"],
        [f"{WRITERS} at once", f"{together:.0f}", f"x{together / alone:.1f}"],
    ]
    show("PATCH /opportunities/{id}, with its event and audit entry", ["", "a second", ""], rows)


async def test_audit(bench: Bench) -> None:
    """Measure an UPDATE with and without its trigger; each is rolled back."""
    owner = Database(bench.urls.owner_url, name="bench-owner")
    update = text(
        "UPDATE opportunities SET name = name || '!', updated_at = now(), version = version + 1"
        " WHERE id IN (SELECT id FROM opportunities ORDER BY id LIMIT :n)"
    )
    took: dict[bool, float] = {}
    for audited in (True, False):
        async with owner.begin(bench.there.tenant) as tx:
            if not audited:
                await tx.execute(text("ALTER TABLE opportunities DISABLE TRIGGER audit"))
            async with tx.begin_nested() as savepoint:
                began = time.perf_counter()
                await tx.execute(update, {"n": AUDITED})
                took[audited] = (time.perf_counter() - began) * 1000 / AUDITED
                await savepoint.rollback()
            if not audited:
                await tx.execute(text("ALTER TABLE opportunities ENABLE TRIGGER audit"))
    await owner.dispose()
    rows = [
        ["without", f"{took[False]:.3f}", "x1.0"],
        ["with audit", f"{took[True]:.3f}", f"x{took[True] / took[False]:.1f}"],
    ]
    show(f"UPDATE of {AUDITED:,} rows in one statement", ["", "ms a row", ""], rows)


async def test_imports(bench: Bench) -> None:
    """Import accounts from a file in chunks, each in its own transaction."""
    lines = "".join(f"公司 {n},0571-8{n:07}\n" for n in range(IMPORTED))
    async with bench.client("all") as client:
        body = {"file_name": "bench.csv", "resource": "l2o.account"}
        opened = await client.post("/imports", json=body)
        assert opened.status_code == 201, opened.text
        address = f"/imports/{opened.json()['id']}"
        content = f"name,phone\n{lines}".encode()
        assert (await client.put(f"{address}/file", content=content)).status_code == 200
        assert (await client.post(f"{address}/start")).status_code == 200
        seconds = await run_import(bench, opened.json()["id"])
        counts = (await client.get(address)).json()["counts"]
    assert counts["created"] == IMPORTED, counts
    rows = [["accounts", f"{IMPORTED / seconds:.0f}"]]
    show(f"Import of {IMPORTED:,} rows", ["", "rows a second"], rows)


async def run_import(bench: Bench, import_id: str) -> float:
    """Run the import as the worker does; return the seconds that it took."""
    worker = Database(bench.urls.worker_url, name="bench-worker")
    run, began, outcome = WORKER.jobs[IMPORT_JOB], time.perf_counter(), object()
    while not isinstance(outcome, Done):
        async with worker.begin(bench.there.tenant) as tx:
            outcome = await run(tx, make_job(bench.there.tenant, IMPORT_JOB, import_id))
    await worker.dispose()
    return time.perf_counter() - began
