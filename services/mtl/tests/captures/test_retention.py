"""What senders handed in is erased once it was kept as long as the tenant wants; counts stay."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Again, Done
from mtl.capture_settings.actions import RETENTION_JOB
from mtl.captures.actions import retention
from mtl.captures.store import captures as stored
from mtl.captures.timers import empty_old_captures
from services.mtl.tests.channels.senders import captures, open_channel, send
from services.mtl.tests.factories import create
from testkit.directory import Company, sign_in
from testkit.jobs import make_job

GATE = {"required_fields": ["phone"]}


async def keep(client: AsyncClient, days: int | None) -> None:
    answer = await client.patch("/capture-settings", json={"payload_days": days})
    assert (answer.status_code, answer.json()["payload_days"]) == (200, days), answer.text


async def run(tx: AsyncConnection, tenant: UUID, *, after: timedelta) -> Done | Again:
    now = datetime.now(UTC) + after
    return await empty_old_captures(tx, make_job(tenant, RETENTION_JOB, str(tenant), now=now))


async def whole(client: AsyncClient, capture_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/captures/{capture_id}")).json()
    return found


async def test_old_payloads_are_erased_and_captures_stay_counted(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    channel_id, key = await open_channel(client, gate=GATE)
    sent = {"name": "王芳", "phone": "13800138000"}
    first = await send(client, channel_id, key, sent, event_id="e-1")
    await send(client, channel_id, key, {"name": "李雷"})
    assert await run(tx, tenant, after=timedelta(days=400)) == Done()  # kept for ever
    await keep(client, 30)
    [job] = (await tx.execute(select(jobs).where(jobs.c.kind == RETENTION_JOB))).all()
    assert job.key == str(tenant)
    counted = (await client.get("/captures?count_by=outcome")).json()["counts"]
    await run(tx, tenant, after=timedelta(days=29))
    [accepted] = await captures(client, "outcome=ACCEPTED")
    assert (await whole(client, accepted["id"]))["payload"] == sent
    again = await run(tx, tenant, after=timedelta(days=31))
    assert isinstance(again, Again)
    assert again.run_at > datetime.now(UTC) + timedelta(days=31)
    emptied = await whole(client, accepted["id"])
    assert (emptied["payload"], emptied["fields"], emptied["version"]) == ({}, {}, 2)
    assert emptied["emptied_at"] is not None
    assert emptied["lead_id"] == accepted["lead_id"]
    [touch] = (await client.get(f"/leads/{accepted['lead_id']}/touches")).json()["items"]
    assert (touch["payload"], touch["channel"]) == ({}, "官网")
    assert (await client.get(f"/leads/{accepted['lead_id']}")).json()["name"] == "王芳"
    [waiting] = await captures(client, "outcome=QUARANTINED")
    assert (await whole(client, waiting["id"]))["payload"] == {"name": "李雷"}
    assert (await client.get("/captures?count_by=outcome")).json()["counts"] == counted
    repeated = await send(client, channel_id, key, sent, event_id="e-1")
    assert (repeated.status_code, repeated.json()) == (200, first.json())


async def test_reviewed_captures_are_kept_from_then_on_and_erased_in_the_trails_of_survivors(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CAPTURES_AT_ONCE", 1)
    await keep(client, 1)
    channel_id, key = await open_channel(client, gate=GATE)
    await send(client, channel_id, key, {"name": "王芳"})
    await send(client, channel_id, key, {"name": "李雷", "phone": "13800138001"})
    await tx.execute(update(stored).values(created_at=stored.c.created_at - timedelta(days=9)))
    [waiting] = await captures(client, "outcome=QUARANTINED")
    approve = f"/captures/{waiting['id']}/approve"
    approved = await client.post(approve, json={"fields": {"phone": "13800138000"}})
    lead_id = approved.json()["lead_id"]
    survivor = await create(client, company="远景科技", name="王芳")
    merge = {"leads": [{"lead_id": lead_id, "version": 1}]}
    merged = await client.post(f"/leads/{survivor['id']}/merge", json=merge)
    assert merged.status_code == 200, merged.text
    assert await chunks(tx, tenant, after=timedelta(0)) == 2  # the second finds nothing
    assert (await whole(client, waiting["id"]))["payload"] == {"name": "王芳"}
    assert await chunks(tx, tenant, after=timedelta(days=2)) == 2
    assert (await whole(client, waiting["id"]))["payload"] == {}
    [touch] = (await client.get(f"/leads/{survivor['id']}/touches")).json()["items"]
    assert touch["payload"] == {}


async def chunks(tx: AsyncConnection, tenant: UUID, *, after: timedelta) -> int:
    """Run the job until it waits for the next day; return how often it ran."""
    for count in range(1, 9):
        again = await run(tx, tenant, after=after)
        assert isinstance(again, Again)
        if again.run_at > datetime.now(UTC) + after + timedelta(hours=23):
            return count
    raise AssertionError("the job does not end")


async def test_settings_are_checked_and_changed_by_directors(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    read = await client.get("/capture-settings")
    assert (read.json()["payload_days"], read.headers["ETag"]) == (None, '"0"')
    same = await client.patch("/capture-settings", json={})
    assert same.json()["version"] == 0
    wrong = await client.patch("/capture-settings", json={"payload_days": 0, "days": 1})
    assert {(one["pointer"], one["code"]) for one in wrong.json()["errors"]} == {
        ("/payload_days", "TOO_SMALL"),
        ("/days", "UNKNOWN_FIELD"),
    }
    await keep(client, 90)
    stale = await client.patch(
        "/capture-settings", json={"payload_days": 30}, headers={"If-Match": '"0"'}
    )
    assert stale.status_code == 412
    await Company(tx).build()
    li = sign_in(tenant, "li", scope="mtl.capture_setting.read")
    assert (await client.get("/capture-settings", headers=li)).json()["payload_days"] == 90
    refused = await client.patch("/capture-settings", json={"payload_days": 1}, headers=li)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
