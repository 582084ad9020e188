"""A lead that sleeps wakes when its person does something, and only then."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.clock import now
from chassis.foundation.context import Context, use_context
from mtl.leads.timers import wake_lead
from services.mtl.tests.channels.senders import open_channel, send, send_batch
from services.mtl.tests.factories import create
from testkit.directory import Company, subject
from testkit.jobs import job_of
from testkit.plugin import PublishedFacts

PHONE = "+8613800138000"


async def nurture(client: AsyncClient, lead_id: str) -> None:
    body = {"wakes_on": "2027-12-01", "note": "明年预算"}
    answer = await client.post(f"/leads/{lead_id}/nurture", json=body)
    assert answer.status_code == 200, answer.text


async def touch(client: AsyncClient, lead_id: str, **fields: Any) -> None:
    body = {"kind": "DOWNLOAD", "at": now().isoformat(), **fields}
    answer = await client.post(f"/leads/{lead_id}/touches", json=body)
    assert answer.status_code in (200, 201), answer.text


async def run_jobs(tx: AsyncConnection) -> int:
    """Wake the leads whose waking is due; return how many that were."""
    query = select(jobs).where(jobs.c.kind == "lead_wake", jobs.c.run_at <= now())
    found = (await tx.execute(query)).all()
    for row in found:
        with use_context(Context(actor=row.actor)):
            await wake_lead(tx, job_of(row, now=now()))
    return len(found)


async def get(client: AsyncClient, lead_id: str) -> dict[str, Any]:
    lead: dict[str, Any] = (await client.get(f"/leads/{lead_id}")).json()
    return lead


async def test_a_touch_wakes_a_sleeping_lead_for_its_owner(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    lead_id = (await create(client))["id"]
    await nurture(client, lead_id)
    at = now().isoformat()
    for _ in range(2):
        await touch(client, lead_id, external_id="web-1", at=at)
    assert await run_jobs(tx) == 1
    awake = await get(client, lead_id)
    assert (awake["status"], awake["wakes_on"], awake["status_note"]) == ("RAW", None, None)
    assert awake["status_reason_text"] == "The person was in touch again"
    assert awake["falls_back_at"] is None
    [last, *_] = (await client.get(f"/leads/{lead_id}/history")).json()["items"]
    assert (last["reason"], last["actor"]) == ("TOUCHED", "system:lead_wake")
    facts = [one for one in await published() if one.type == "mtl.lead.reactivated.v1"]
    assert [one.payload["reason"] for one in facts] == ["TOUCHED"]
    opened = await client.post(f"/leads/{lead_id}/reopen", json={"note": "客户回电"})
    assert (opened.status_code, opened.json()["version"]) == (200, awake["version"])


@pytest.mark.parametrize(
    "fields",
    [{"kind": "IMPORT"}, {"at": (now() - timedelta(days=1)).isoformat()}],
    ids=["a bought list", "before it fell asleep"],
)
async def test_what_says_nothing_new_wakes_nobody(
    client: AsyncClient, tx: AsyncConnection, fields: dict[str, str]
) -> None:
    lead_id = (await create(client))["id"]
    await nurture(client, lead_id)
    await touch(client, lead_id, **fields)
    await run_jobs(tx)
    assert (await get(client, lead_id))["status"] == "NURTURE"


async def test_an_open_lead_stays_as_it_is(client: AsyncClient, tx: AsyncConnection) -> None:
    lead = await create(client)
    await touch(client, lead["id"])
    assert await run_jobs(tx) == 0
    assert await get(client, lead["id"]) == lead


async def test_a_lead_that_was_opened_or_deleted_meanwhile_is_not_woken(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    opened, deleted = [(await create(client))["id"] for _ in range(2)]
    for lead_id in (opened, deleted):
        await nurture(client, lead_id)
        await touch(client, lead_id)
    assert (await client.post(f"/leads/{opened}/hand-over", json={})).status_code == 200
    assert (await client.delete(f"/leads/{deleted}")).status_code == 204
    assert await run_jobs(tx) == 2
    assert (await get(client, opened))["status"] == "MQL"


async def test_enquiries_through_a_channel_wake_the_leads_that_are_there(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await Company(tx).build()
    channel_id, key = await open_channel(client, default_owner_id=subject("li"))
    asleep = await create(client, phone=PHONE)
    other = await create(client, phone="+8613800138001")
    await nurture(client, asleep["id"])
    assert (await send(client, channel_id, key, {"phone": PHONE})).status_code == 201
    fresh = [{"payload": {"phone": number}} for number in ("+8613800138001", "+8613800138002")]
    assert (await send_batch(client, channel_id, key, fresh)).status_code == 207
    assert await run_jobs(tx) == 1
    assert (await get(client, asleep["id"]))["status"] == "RAW"
    assert (await get(client, other["id"]))["version"] == other["version"]
