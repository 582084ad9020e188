"""The rights an import runs with, and who may upload its file."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.tables import import_runs
from chassis.jobs.queue import Again
from libs.chassis.tests.files.imports.importing import (
    CARDS,
    NOON,
    job_for,
    open_import,
    problem,
    progress,
    run_chunk,
    start_import,
)
from testkit import tokens
from testkit.plugin import Client
from testkit.tenants import add_tenant

IMPORTS = "testkit.import.read testkit.import.write"
FEW = f"{IMPORTS} testkit.card.write"


async def test_a_slow_upload_holds_no_transaction_open(
    app: FastAPI, committed_client: Client
) -> None:
    opened = await committed_client.post(
        "/imports", json={"file_name": "x.csv", "resource": "testkit.card"}
    )
    pool: Any = app.state.database.engine.pool
    open_connections: list[int] = []

    async def upload_slowly() -> AsyncIterator[bytes]:
        for line in CARDS.splitlines(keepends=True):
            open_connections.append(pool.checkedout())
            yield line

    path = f"/imports/{opened.json()['id']}/file"
    answer = await committed_client.put(path, content=upload_slowly())
    assert (answer.status_code, answer.json()["file_size"]) == (200, len(CARDS))
    assert open_connections == [0, 0, 0]


async def test_a_caller_without_the_write_scope_is_refused_before_the_upload(
    app: FastAPI, client: Client, tenant: UUID
) -> None:
    """Token and scope are checked before the body is read."""
    opened = await client.post("/imports", json={"file_name": "x.csv", "resource": "testkit.card"})
    sent: list[bytes] = []

    async def file() -> AsyncIterator[bytes]:
        sent.append(CARDS)
        yield CARDS

    reader = tokens.bearer(tenant, scope="testkit.import.read")
    path = f"/imports/{opened.json()['id']}/file"
    answer = await client.put(path, content=file(), headers=reader)
    assert problem(answer) == (403, "SCOPE_MISSING")
    assert sent == []


async def test_an_import_runs_with_the_scopes_of_its_start(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    mine = await open_import(client, CARDS)
    few = tokens.bearer(tenant, scope=FEW)
    assert (await client.post(f"/imports/{mine}/start", headers=few)).status_code == 200
    stored = (await tx.execute(select(import_runs).where(import_runs.c.id == UUID(mine)))).one()
    assert (sorted(stored.scopes), stored.caller_kind) == (sorted(FEW.split()), "person")


@pytest.mark.parametrize(
    ("method", "where", "more"),
    [
        ("PUT", "/file", {"content": CARDS}),
        ("PUT", "/mapping", {"json": {"mapping": None}}),
        ("POST", "/start", {}),
    ],
)
async def test_only_the_creator_may_upload_map_and_start(
    client: Client, tenant: UUID, method: str, where: str, more: Any
) -> None:
    """A caller who sees all records may read and cancel the import."""
    theirs = tokens.bearer(tenant, sub="seller", scope=FEW)
    opened = await client.post(
        "/imports", json={"file_name": "x.csv", "resource": "testkit.card"}, headers=theirs
    )
    path = f"/imports/{opened.json()['id']}"
    assert (await client.put(f"{path}/file", content=CARDS, headers=theirs)).status_code == 200
    assert problem(await client.request(method, path + where, **more)) == (403, "RECORD_READ_ONLY")
    answer = await client.request(method, path + where, headers=theirs, **more)
    assert answer.status_code == 200, answer.text
    assert (await client.get(path)).status_code == 200
    assert (await client.post(f"{path}/cancel")).json()["state"] == "CANCELLED"


@pytest.mark.parametrize("status", ["SUSPENDED", "DELETED"])
async def test_an_import_waits_while_the_tenant_is_not_active(
    client: Client, tx: AsyncConnection, tenant: UUID, status: str
) -> None:
    import_id = await start_import(client, CARDS)
    await add_tenant(tx, status=status)
    retry = await run_chunk(tx, job_for(import_id, tenant))
    assert isinstance(retry, Again)
    assert (retry.run_at - NOON).total_seconds() == 60
    await add_tenant(tx, status="ACTIVE")
    assert (await progress(client, import_id))["state"] == "QUEUED"
    assert isinstance(await run_chunk(tx, job_for(import_id, tenant)), Again)
    assert (await progress(client, import_id))["counts"]["processed"] == 2
