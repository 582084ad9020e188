"""Imports of product files in the transaction of a test."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.actions import IMPORT_JOB
from chassis.jobs.queue import Done, Job
from cpq.worker import WORKER
from services.cpq.tests.factories import NOON, list_ids
from testkit.jobs import make_job

Client = httpx.AsyncClient
run_chunk = WORKER.jobs[IMPORT_JOB]


async def open_import(client: Client, text: str, **fields: Any) -> str:
    body = {"file_name": "products.csv", "resource": "cpq.product", **fields}
    opened = await client.post("/imports", json=body)
    assert opened.status_code == 201, opened.text
    import_id: str = opened.json()["id"]
    await client.put(f"/imports/{import_id}/file", content=text.encode())
    return import_id


async def start_import(client: Client, text: str, **fields: Any) -> str:
    import_id = await open_import(client, text, **fields)
    started = await client.post(f"/imports/{import_id}/start")
    assert started.status_code == 202 or started.json()["state"] == "QUEUED", started.text
    return import_id


def import_job(import_id: str, tenant: UUID) -> Job:
    return make_job(tenant, IMPORT_JOB, import_id, now=NOON)


class ProductImporter:
    """Imports files in the test's transaction and reads the results."""

    def __init__(self, client: Client, tx: AsyncConnection, tenant: UUID) -> None:
        self._client, self._tx, self._tenant = client, tx, tenant

    async def run(self, text: str, **fields: Any) -> dict[str, int]:
        """Import a file; return the row counts that are not 0."""
        import_id = await start_import(self._client, text, **fields)
        while not isinstance(await run_chunk(self._tx, import_job(import_id, self._tenant)), Done):
            pass
        run = (await self._client.get(f"/imports/{import_id}")).json()
        assert run["state"] == "SUCCEEDED", run
        names = ("created", "updated", "unchanged", "refused", "with_warnings")
        return {name: run["counts"][name] for name in names if run["counts"][name]}

    async def refusals(self) -> dict[int, list[tuple[str | None, str]]]:
        """Return the errors of the last import by row number."""
        [last, *_] = await list_ids(self._client, "/imports")
        items = (await self._client.get(f"/imports/{last}/refusals")).json()["items"]
        return {i["row"]: [(e["column"], e["code"]) for e in i["errors"]] for i in items}

    async def warnings(self) -> dict[int, list[str]]:
        """Return the codes of the warnings of the last import by row number."""
        [last, *_] = await list_ids(self._client, "/imports")
        items = (await self._client.get(f"/imports/{last}/warnings")).json()["items"]
        return {i["row"]: [e["code"] for e in i["errors"]] for i in items}

    async def book(self, name: str = "导入价目表", currency: str = "CNY") -> dict[str, Any]:
        query = f"/price-books?name={name}&currency={currency}"
        [book_id] = await list_ids(self._client, query)
        book: dict[str, Any] = (await self._client.get(f"/price-books/{book_id}")).json()
        return book

    async def prices(self, **which: str) -> dict[str, str]:
        """Return the list prices of a book by SKU."""
        skus = {p["id"]: p["sku"] for p in (await self._client.get("/products")).json()["items"]}
        book = await self.book(**which)
        return {skus[e["product_id"]]: e["list_price"]["amount"] for e in book["entries"]}
