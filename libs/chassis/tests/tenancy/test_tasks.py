"""A service's part of tenant tasks: export, erasure, deletion, and the report."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import idempotency_keys, jobs, outbox, parked_events
from chassis.events.in_process_transport import InProcessTransport
from chassis.events.relay.relay import Relay
from chassis.tenancy import export, personal_data_map, tasks
from contracts.tenant_tasks import TASK_FAILED
from kernel.ids import new_id
from libs.chassis.tests.tenancy.running import reported, request_task, run, write_notes
from testkit.database import cards, notes
from testkit.jobs import job_of
from testkit.plugin import Client, Committed
from testkit.tenants import add_tenant, add_tenants

PHONE, MAIL = "+8613800138000", "li.na@example.com"


async def test_all_tables_are_exported(
    committed: Committed, committed_client: Client, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PART_ROWS", 3)
    other = new_id()
    await add_tenants(committed.app, other)
    written = await write_notes(committed, tenant, *(f"第 {n} 条" for n in range(7)))
    await write_notes(committed, other, "theirs")
    task_id = await request_task(committed, tenant, "EXPORT")
    await run(committed, tenant)
    report = await reported(committed, tenant)
    counted = {each["table"]: each["rows"] for each in report.payload["tables"]}
    assert counted["notes"] == 7
    assert not counted.keys() & personal_data_map.TECHNICAL_TABLES
    listed = (await committed_client.get("/tenant-exports")).json()["items"]
    assert {one["table"]: one["rows"] for one in listed} == counted
    answer = await committed_client.get(f"/tenant-exports/{task_id}/file")
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert {name.removesuffix(".jsonl") for name in archive.namelist()} == counted.keys()
    rows = [json.loads(line) for line in archive.read("notes.jsonl").decode().splitlines()]
    assert [UUID(row["id"]) for row in rows] == sorted(written)
    assert [row["text"] for row in rows] == [f"第 {n} 条" for n in range(7)]
    missing = await committed_client.get(f"/tenant-exports/{new_id()}/file")
    assert (missing.status_code, missing.json()["code"]) == (404, "TENANT_EXPORT_NOT_FOUND")


async def test_a_task_whose_job_is_given_up_is_reported_as_failed(
    committed: Committed, tenant: UUID
) -> None:
    task_id = await request_task(committed, tenant, "ERASE", phones=(PHONE,))
    async with committed.worker.begin(tenant) as tx:
        row = (await tx.execute(select(jobs).where(jobs.c.kind == tasks.TASK_JOB_KIND))).one()
        job = job_of(row, now=datetime.now(UTC), attempts=8)
        await tasks.task_failure("testkit")(tx, job)
    report = await reported(committed, tenant)
    assert report.payload["task_id"] == str(task_id)
    assert TASK_FAILED in report.payload["notes"]


async def test_a_person_is_redacted_from_all_tables(committed: Committed, tenant: UUID) -> None:
    """Free texts, events, parked events and stored answers are redacted; other values stay."""
    about, _ = await write_notes(committed, tenant, f"call 13800138000 or {MAIL.upper()}", "x")
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(
            insert(parked_events).values(
                id=new_id(),
                subscription="testkit.notes",
                key="k",
                topic="t",
                partition=0,
                envelope={"data": {"phone": PHONE, "note": "keep"}},
                reason="FAILED",
                error="x",
            )
        )
        await tx.execute(
            insert(idempotency_keys).values(
                principal="p",
                method="POST",
                path="/notes",
                key="k",
                body_hash=b"",
                status=201,
                headers={},
                body=json.dumps({"email": MAIL, "name": "x"}).encode(),
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )
        )
    await request_task(committed, tenant, "ERASE", phones=(PHONE,), emails=(MAIL,))
    await run(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        payloads = (
            (await tx.execute(select(outbox.c.payload).order_by(outbox.c.seq))).scalars().all()
        )
        assert [one["text"] for one in payloads[:2]] == ["call *** or ***", "x"]
        row = (await tx.execute(text("SELECT text FROM notes ORDER BY id"))).scalars().all()
        assert row == ["call *** or ***", "x"]
        parked = (await tx.execute(select(parked_events.c.envelope))).scalar_one()
        assert parked == {"data": {"phone": "***", "note": "keep"}}
        body = (await tx.execute(select(idempotency_keys.c.body))).scalar_one()
        assert json.loads(body) == {"email": "*" * len(MAIL), "name": "x"}
        assert (await tx.execute(select(jobs))).all() == []
    report = (await reported(committed, tenant)).payload
    counted = {each["table"]: each["rows"] for each in report["tables"]}
    assert counted["notes"] == counted["outbox"] == counted["idempotency_keys"] == 1
    assert report["notes"] == [
        "KAFKA_14_DAYS",
        "SPELLINGS_WITH_SPACES_IN_FILES",
        "TENANT_EXPORTS_7_DAYS",
    ]
    assert about


async def test_the_data_of_another_tenant_is_unchanged(committed: Committed, tenant: UUID) -> None:
    other = new_id()
    await add_tenants(committed.app, other)
    await write_notes(committed, other, PHONE)
    await request_task(committed, tenant, "ERASE", phones=(PHONE,))
    await run(committed, tenant)
    async with committed.app.begin(other) as tx:
        assert await tx.scalar(text("SELECT text FROM notes")) == PHONE
        assert (await tx.execute(select(outbox.c.payload))).scalar_one()["text"] == PHONE


async def remaining_rows(committed: Committed, tenant: UUID) -> dict[str, int]:
    """Count the tenant's rows per table, for all tables of the database."""
    counts = {}
    async with committed.worker.begin(tenant) as tx:
        names = await tx.execute(
            text(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND column_name = 'tenant_id'"
            )
        )
        for name in names.scalars().all():
            query = text(f'SELECT count(*) FROM "{name}" WHERE tenant_id = :t')  # our own
            counts[name] = await tx.scalar(query, {"t": tenant})
    return {name: rows for name, rows in counts.items() if rows}


async def test_only_the_settings_of_a_deleted_tenant_remain(
    committed: Committed, committed_client: Client, tenant: UUID
) -> None:
    other = new_id()
    await add_tenants(committed.app, other)
    await write_notes(committed, tenant, "a", "b")
    await write_notes(committed, other, "theirs")
    headers = {"Idempotency-Key": "k"}
    assert (await committed_client.post("/cards", json={"title": "x"}, headers=headers)).is_success
    async with committed.app.begin(tenant) as tx:
        await add_tenant(tx, status="DELETED")
    await request_task(committed, tenant, "DELETE")
    await run(committed, tenant)
    counted = {e["table"]: e["rows"] for e in (await reported(committed, tenant)).payload["tables"]}
    assert (counted["notes"], counted["cards"], counted["idempotency_keys"]) == (2, 1, 1)
    assert set(await remaining_rows(committed, tenant)) == {"outbox", "jobs", "tenant_settings"}
    await Relay("testkit", committed.worker.url, InProcessTransport([])).drain()
    await write_notes(committed, tenant, "late")
    await Relay("testkit", committed.worker.url, InProcessTransport([])).drain()
    await run(committed, tenant, settled=True)
    assert await remaining_rows(committed, tenant) == {"tenant_settings": 1}
    assert (await remaining_rows(committed, other))["notes"] == 1
    answer = await committed_client.get("/cards")
    assert (answer.status_code, answer.json()["code"]) == (403, "TENANT_DELETED")


async def test_the_rows_of_an_active_tenant_are_not_deleted(
    committed: Committed, tenant: UUID
) -> None:
    await write_notes(committed, tenant, "a")
    await request_task(committed, tenant, "DELETE")
    with pytest.raises(Exception, match="only the rows of a deleted tenant"):
        await run(committed, tenant)
    assert (await remaining_rows(committed, tenant))["notes"] == 1
    async with committed.app.begin(tenant) as tx:
        assert (await tx.execute(select(cards))).all() == []


async def test_the_rows_of_a_deleted_tenant_wait_for_what_is_kept_elsewhere(
    committed: Committed, tenant: UUID
) -> None:
    """Such as the bytes of its files: else nobody would know any more what to delete."""
    rows_meanwhile: list[int] = []

    async def emptied(tx: AsyncConnection, now: datetime) -> bool:
        count = select(func.count()).select_from(notes)
        rows_meanwhile.append(await tx.scalar(count) or 0)
        return len(rows_meanwhile) > 2

    await write_notes(committed, tenant, "a", "b")
    async with committed.app.begin(tenant) as tx:
        await add_tenant(tx, status="DELETED")
    await request_task(committed, tenant, "DELETE")
    await run(committed, tenant, handle=tasks.task_job("testkit", emptied=emptied))
    assert rows_meanwhile[:3] == [2, 2, 2]
    counted = {e["table"]: e["rows"] for e in (await reported(committed, tenant)).payload["tables"]}
    assert counted["notes"] == 2
