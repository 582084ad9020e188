"""The routes and the job of reminders."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Job
from org.reminders.timers import reminder_due
from services.org.tests.factories import codes, created
from testkit import tokens

AT = datetime(2026, 12, 1, 1, tzinfo=UTC)
BODY = {"text": "给王芳打电话", "remind_at": "2026-12-01T09:00:00+08:00"}


async def run_job(tx: AsyncConnection, tenant: UUID, key: str, *, now: datetime) -> None:
    """Run the job of a reminder as the job runner does."""
    row = (await tx.execute(select(jobs).where(jobs.c.kind == "reminder"))).one()
    assert row.key == key
    await reminder_due(
        tx,
        Job(
            tenant=tenant,
            id=row.id,
            kind=row.kind,
            key=key,
            run_at=row.run_at,
            payload=row.payload,
            attempts=0,
            now=now,
        ),
    )


async def test_a_due_reminder_is_sent_once(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    reminder = created(await client.post("/reminders", json=BODY))
    assert reminder["remind_at"] == "2026-12-01T01:00:00Z"
    for _ in range(2):
        await run_job(tx, tenant, reminder["id"], now=AT)
    items = (await client.get("/notifications")).json()["items"]
    assert [item["message"] for item in items] == ["Reminder: 给王芳打电话"]
    sent = (await client.get(f"/reminders/{reminder['id']}")).json()
    assert sent["sent_at"] == "2026-12-01T01:00:00Z"
    refused = await client.patch(f"/reminders/{reminder['id']}", json={"text": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "REMINDER_SENT")
    assert (await client.get("/reminders", params={"sent": "false"})).json()["items"] == []


async def test_a_postponed_reminder_is_not_sent_early(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    reminder = created(await client.post("/reminders", json=BODY))
    later = {"remind_at": "2026-12-02T09:00:00+08:00"}
    assert (await client.patch(f"/reminders/{reminder['id']}", json=later)).json()["version"] == 2
    await run_job(tx, tenant, reminder["id"], now=AT)
    assert (await client.get("/notifications")).json()["items"] == []


async def test_a_deleted_reminder_has_no_job_left(client: AsyncClient, tx: AsyncConnection) -> None:
    reminder = created(await client.post("/reminders", json=BODY))
    assert (await client.delete(f"/reminders/{reminder['id']}")).status_code == 204
    assert (await client.get(f"/reminders/{reminder['id']}")).status_code == 404
    assert (await tx.execute(select(jobs).where(jobs.c.kind == "reminder"))).all() == []


async def test_reminders_of_other_people_answer_404(client: AsyncClient, tenant: UUID) -> None:
    reminder = created(await client.post("/reminders", json=BODY))
    other = tokens.bearer(tenant, sub="somebody-else")
    path = f"/reminders/{reminder['id']}"
    assert (await client.get(path, headers=other)).status_code == 404
    assert (await client.delete(path, headers=other)).status_code == 404
    assert (await client.get("/reminders", headers=other)).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("/text", "REQUIRED"), ("/remind_at", "REQUIRED")}),
        ({**BODY, "remind_at": "2026-12-01T09:00:00"}, {("/remind_at", "INSTANT_INVALID")}),
        ({**BODY, "remind_at": "soon"}, {("/remind_at", "INSTANT_INVALID")}),
        ({**BODY, "remind_at": 1700000000.0}, {("/remind_at", "INSTANT_INVALID")}),
        ({**BODY, "remind_at": "1700000000"}, {("/remind_at", "INSTANT_INVALID")}),
        ({**BODY, "text": ""}, {("/text", "TOO_SHORT")}),
        ({**BODY, "more": 1}, {("/more", "UNKNOWN_FIELD")}),
    ],
)
async def test_invalid_reminders_are_refused(
    client: AsyncClient, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/reminders", json=body)
    assert answer.status_code == 422
    assert codes(answer) == expected
