"""Whose rights an import has, and when its file is waited for."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.tables import import_runs
from chassis.jobs.queue import Again
from libs.chassis.tests.imports.importing import (
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


async def test_no_transaction_waits_for_a_slow_upload(
    app: FastAPI, committed_client: Client
) -> None:
    opened = await committed_client.post("/imports", json={"file_name": "x.csv", "kind": "CARDS"})
    pool: Any = app.state.database.engine.pool
    held: list[int] = []

    async def slowly() -> AsyncIterator[bytes]:
        for line in CARDS.splitlines(keepends=True):
            held.append(pool.checkedout())
            yield line

    path = f"/imports/{opened.json()['id']}/file"
    answer = await committed_client.put(path, content=slowly())
    assert (answer.status_code, answer.json()["file_size"]) == (200, len(CARDS))
    assert held == [0, 0, 0]


async def test_who_may_not_write_sends_no_file(app: FastAPI, client: Client, tenant: UUID) -> None:
    """Neither the scope nor the token is asked for only when all of it has come."""
    opened = await client.post("/imports", json={"file_name": "x.csv", "kind": "CARDS"})
    sent: list[bytes] = []

    async def file() -> AsyncIterator[bytes]:
        sent.append(CARDS)
        yield CARDS

    reader = tokens.bearer(tenant, scope="testkit.import.read")
    path = f"/imports/{opened.json()['id']}/file"
    answer = await client.put(path, content=file(), headers=reader)
    assert problem(answer) == (403, "SCOPE_MISSING")
    assert sent == []


async def test_an_import_has_the_rights_of_when_it_is_started(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    mine = await open_import(client, CARDS)
    few = tokens.bearer(tenant, scope=FEW)
    assert (await client.post(f"/imports/{mine}/start", headers=few)).status_code == 200
    kept = (await tx.execute(select(import_runs).where(import_runs.c.id == UUID(mine)))).one()
    assert (sorted(kept.scopes), kept.caller_kind) == (sorted(FEW.split()), "person")


@pytest.mark.parametrize(
    ("method", "where", "more"),
    [
        ("PUT", "/file", {"content": CARDS}),
        ("PUT", "/mapping", {"json": {"mapping": None}}),
        ("POST", "/start", {}),
    ],
)
async def test_nobody_acts_in_the_name_of_who_opened_it(
    client: Client, tenant: UUID, method: str, where: str, more: Any
) -> None:
    """Whoever sees all may read an import and stop it."""
    theirs = tokens.bearer(tenant, sub="seller", scope=FEW)
    opened = await client.post(
        "/imports", json={"file_name": "x.csv", "kind": "CARDS"}, headers=theirs
    )
    path = f"/imports/{opened.json()['id']}"
    assert (await client.put(f"{path}/file", content=CARDS, headers=theirs)).status_code == 200
    assert problem(await client.request(method, path + where, **more)) == (403, "RECORD_READ_ONLY")
    answer = await client.request(method, path + where, headers=theirs, **more)
    assert answer.status_code == 200, answer.text
    assert (await client.get(path)).status_code == 200
    assert (await client.post(f"{path}/cancel")).json()["state"] == "CANCELLED"


@pytest.mark.parametrize("status", ["SUSPENDED", "DELETED"])
async def test_an_import_rests_while_the_tenant_may_not_write(
    client: Client, tx: AsyncConnection, tenant: UUID, status: str
) -> None:
    import_id = await start_import(client, CARDS)
    await add_tenant(tx, status=status)
    later = await run_chunk(tx, job_for(import_id, tenant))
    assert isinstance(later, Again)
    assert (later.run_at - NOON).total_seconds() == 60
    await add_tenant(tx, status="ACTIVE")
    assert (await progress(client, import_id))["state"] == "QUEUED"
    assert isinstance(await run_chunk(tx, job_for(import_id, tenant)), Again)
    assert (await progress(client, import_id))["counts"]["processed"] == 2
