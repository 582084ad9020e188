"""Changes of the same leads at the same moment, on a real PostgreSQL."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from chassis.jobs.queue import Again
from chassis.web.commands import Command
from mtl.bulk_changes.actions import running
from mtl.bulk_changes.timers import change_leads
from mtl.leads.actions.records import capture_leads
from services.mtl.tests.bulk_changes.test_routes import start
from services.mtl.tests.factories import NOON, make_lead
from testkit.directory import Company, subject
from testkit.jobs import make_job
from testkit.plugin import Committed

LEADS = 12


async def run(committed: Committed, tenant: UUID, change_id: str) -> None:
    job = make_job(tenant, "lead_bulk_change", change_id)
    again: Any = Again(run_at=job.now)
    while isinstance(again, Again):
        async with committed.app.begin(tenant) as tx:
            again = await change_leads(tx, job)


async def test_changes_and_transfers_of_the_same_leads_do_not_block_each_other(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "LEADS_AT_ONCE", 5)
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        new = [make_lead(company=f"c{n}", owner_id=subject("li")) for n in range(LEADS)]
        await capture_leads(Command(tx, NOON, actor="test"), new)
    ids = [str(one.id) for one in new]
    client = committed_client
    changes = [await start(client, "", {"add_tags": [tag]}) for tag in ("a", "b", "c")]
    moved: Counter[int] = Counter()

    async def transfer(part: list[str]) -> None:
        body = {"ids": part, "owner_id": subject("zhou")}
        answer = await client.post("/leads/transfer", json=body)
        moved.update(one["status"] for one in answer.json()["items"])

    changed = [run(committed, tenant, one["id"]) for one in changes]
    await asyncio.gather(*changed, transfer(ids[::-1][:6]), transfer(ids[::-1][6:]))
    assert moved == {200: LEADS}
    for one in changes:
        counts = (await client.get(f"/bulk-changes/{one['id']}")).json()["counts"]
        assert (counts["changed"], counts["waiting"]) == (LEADS, 0)
    leads = (await client.get("/leads?limit=200")).json()["items"]
    assert {(one["owner_name"], *sorted(one["tags"])) for one in leads} == {("zhou", "a", "b", "c")}
