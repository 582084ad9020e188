"""Phones and mail addresses of leads: ciphertext at rest, and what still works with it."""

import asyncio
import zlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
from httpx import AsyncClient
from sqlalchemy import select, text, update

from chassis.database.encryption.sealing import Unreadable
from chassis.jobs.queue import Done
from chassis.records.audit.tables import audit_entries
from chassis.tenancy import tasks
from chassis.tenancy.export import export_part
from chassis.tenancy.key_rotation import ROTATION_JOB, OtherKeys, rotation_job, values_by_key
from chassis.tenancy.tables import tenant_exports
from kernel.ids import new_id
from libs.chassis.tests.tenancy.running import request_task, run
from mtl.leads.store import leads
from services.mtl.tests.factories import create
from testkit.encryption_keys import encryption_keys, key_named
from testkit.jobs import make_job
from testkit.plugin import Committed

PHONE, EMAIL = "+8613800138000", "wang.fang@mail.example.com"
PERSON = {"name": "王芳菲", "phone": PHONE, "email": EMAIL}
OLD, NEW = key_named("old", 1), key_named("new", 2)
# Where values are at rest for as long as the lead is.
LASTING = ("leads", "lead_keys", "lead_history", "search_texts", "search_grams", "audit_entries")
CANARIES = ("13800138000", "3800138000", "wang.fang", "mail.example.com")


async def stored_rows(committed: Committed, tenant: UUID) -> str:
    """Return all rows of the lasting tables as PostgreSQL shows them, and their bytes as text."""
    shown: list[str] = []
    async with committed.app.begin(tenant) as tx:
        for table in LASTING:
            rows = (await tx.execute(text(f"SELECT to_jsonb(t)::text FROM {table} AS t"))).scalars()
            shown += rows
            assert shown, table
        query = "SELECT encode(phone, 'escape') || encode(email, 'escape') FROM leads"
        shown += (await tx.execute(text(query))).scalars()
    return "\n".join(shown)


async def changed_fields(client: AsyncClient, lead: Any) -> list[dict[str, tuple[Any, Any]]]:
    """Return the changes in the audit, the newest first."""
    entries = (await client.get(f"/leads/{lead['id']}/audit")).json()["items"]
    return [{c["field"]: (c["from"], c["to"]) for c in entry["changes"]} for entry in entries]


async def test_nothing_of_a_phone_or_mail_is_stored_in_clear(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead = await create(committed_client, **PERSON)
    other = {"phone": "+8613900139000"}
    assert (await committed_client.patch(f"/leads/{lead['id']}", json=other)).status_code == 200
    back = await committed_client.patch(f"/leads/{lead['id']}", json={"phone": PHONE})
    assert (back.json()["phone"], back.json()["email"]) == (PHONE, EMAIL)
    rows = await stored_rows(committed, tenant)
    assert "王芳菲" in rows  # the canary sings for what is in clear
    for value in (*CANARIES, "13900139000"):
        assert value not in rows, value


async def test_the_audit_shows_the_values_and_no_change_that_was_none(
    client: AsyncClient,
) -> None:
    lead = await create(client, **PERSON)
    await client.patch(f"/leads/{lead['id']}", json={"source": "展会"})
    await client.patch(f"/leads/{lead['id']}", json={"phone": "13900139000", "email": None})
    changed, source, captured = await changed_fields(client, lead)
    assert changed == {"phone": (PHONE, "+8613900139000"), "email": (EMAIL, None)}
    assert source == {"source": (None, "展会")}
    assert (captured["phone"], captured["email"]) == ((None, PHONE), (None, EMAIL))
    assert not [field for field in captured if field.endswith("_digest")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("phone=138 0013 8000", True),
        ("phone=13800138001", False),
        ("phone__in=13900139000,13800138000", True),
        ("phone__isnull=true", False),
        ("phone_tail=8000", True),
        ("phone_tail__in=8001,8000", True),
        ("phone_tail=0800", False),
        ("email=Wang.Fang@mail.example.com", True),
        ("q=13800138000", True),
        ("q=8000", True),
        ("q=138000", True),
        ("q=8613800138000", True),
        ("q=800", False),
        ("q=1380", False),
        ("q=wang.fang@mail.example.com", True),
        ("q=@mail.example.com", True),
        ("q=example.com", True),
        ("q=ample.com", False),
        ("q=fang@mail.example.com", False),
    ],
)
async def test_leads_are_found_by_digests(client: AsyncClient, query: str, found: bool) -> None:
    lead = await create(client, **PERSON)
    await create(client, phone="13700137111", email="x@example.org")
    answer = (await client.get(f"/leads?{query}")).json()["items"]
    assert [one["id"] for one in answer] == ([lead["id"]] if found else [])


async def test_a_value_of_another_lead_column_or_tenant_is_not_read(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    await create(committed_client, **PERSON)
    async with committed.app.begin(tenant) as tx:
        await tx.execute(text("UPDATE leads SET email = phone"))
        with pytest.raises(Unreadable, match=r"^A value of mtl\.lead\.email cannot be decrypted"):
            (await tx.execute(select(leads))).mappings().all()


async def test_the_export_of_a_tenant_shows_the_values(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    await create(committed_client, **PERSON)
    task_id = new_id()
    async with committed.worker.begin(tenant) as tx:
        for table in (leads, audit_entries):
            await export_part(tx, table, task_id=task_id, part=0, after=None)
        parts = (await tx.execute(select(tenant_exports.c.name, tenant_exports.c.content))).all()
    files = {name: zlib.decompress(content).decode() for name, content in parts}
    row = orjson.loads(files["leads"])
    assert (row["phone"], row["email"]) == (PHONE, EMAIL)
    assert not [name for name in row if name.endswith("_digest")]
    audited = [orjson.loads(line)["changes"] for line in files["audit_entries"].splitlines()]
    assert [one["to"]["phone"] for one in audited] == [PHONE]


async def test_an_erasure_reaches_former_values_in_the_audit(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    former = await create(committed_client, name="别人", phone=f"{PHONE} ext 8001", email=EMAIL)
    await committed_client.patch(f"/leads/{former['id']}", json={"phone": "13900139000"})
    await request_task(committed, tenant, "ERASE", phones=(PHONE,))
    await run(committed, tenant, handle=tasks.task_job("mtl"))
    now = (await committed_client.get(f"/leads/{former['id']}")).json()
    assert (now["phone"], now["email"]) == ("+8613900139000", EMAIL)
    *_, changed, captured = await changed_fields(committed_client, former)
    assert changed["phone"] == ("***", "+8613900139000")
    assert (captured["phone"], captured["email"]) == ((None, "***"), (None, EMAIL))


async def rotate(committed: Committed, tenant: UUID) -> int:
    """Run the tenant's rotation to the key `new` to its end; return the number of chunks."""
    payload: Any = {"key": "new"}
    for chunk in range(1, 100):
        async with committed.worker.begin(tenant) as tx:
            job = make_job(tenant, ROTATION_JOB, "columns", payload=payload)
            outcome = await rotation_job("mtl")(tx, job)
        if isinstance(outcome, Done):
            return chunk
        payload = outcome.payload
    raise AssertionError("the rotation does not end")


async def keys_in_use(committed: Committed, tenant: UUID) -> dict[str, set[str]]:
    """Return where there are values of each key."""
    async with committed.worker.begin(tenant) as tx:
        counts = await values_by_key(tx, "mtl")
    return {key: {place for place, of in counts if of == key} for _, key in counts}


PLACES = {"mtl.lead.phone", "mtl.lead.email"}
AUDITED = {f"audit of {place}" for place in PLACES}


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.tenancy.key_rotation.PAGE_ROWS", 2)


async def test_a_rotation_rewrites_every_value_and_nothing_else(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, small_pages: None
) -> None:
    with encryption_keys(OLD):
        created = [await create(committed_client, phone=f"1380013800{n}") for n in range(5)]
        created.append(await create(committed_client, name="无电话", email=EMAIL))
        custom = {"attributes": {"金额": "0.10"}, "phone": "13800138009"}
        edited = await committed_client.patch(f"/leads/{created[0]['id']}", json=custom)
        created[0] = edited.json()
        assert await keys_in_use(committed, tenant) == {"old": PLACES | AUDITED}
    with encryption_keys(NEW, OLD):
        before = await written_rows(committed, tenant)
        assert await rotate(committed, tenant) > 6
        assert await keys_in_use(committed, tenant) == {"new": PLACES | AUDITED}
        assert await written_rows(committed, tenant) == before
        assert await rotate(committed, tenant) > 0
    with encryption_keys(NEW):
        for lead in created:
            assert (await committed_client.get(f"/leads/{lead['id']}")).json() == lead
        changes = (await changed_fields(committed_client, created[0]))[0]
        assert changes["phone"] == ("+8613800138000", "+8613800138009")
        found = (await committed_client.get("/leads?phone=13800138004")).json()["items"]
        assert [one["id"] for one in found] == [created[4]["id"]]


async def written_rows(committed: Committed, tenant: UUID) -> Sequence[Any]:
    """Return what a rotation must leave alone: versions, audit entries, events, search words."""
    counted = [
        "SELECT id::text, version::text FROM leads ORDER BY id",
        "SELECT count(*)::text, max(id)::text FROM audit_entries",
        "SELECT count(*)::text, max(seq)::text FROM outbox",
        "SELECT count(*)::text, md5(string_agg(text, '' ORDER BY id)) FROM search_texts",
        "SELECT id::text, (changes #- '{to,phone}' #- '{from,phone}' #- '{to,email}')::text"
        " FROM audit_entries ORDER BY id",
    ]
    async with committed.app.begin(tenant) as tx:
        return [tuple(row) for query in counted for row in await tx.execute(text(query))]


async def test_writers_go_on_during_a_rotation(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, small_pages: None
) -> None:
    with encryption_keys(OLD):
        first, second = [await create(committed_client, phone=f"1390013900{n}") for n in range(2)]
    with encryption_keys(NEW, OLD):
        # A version that was read before the rotation can still be saved after it.
        assert await rotate(committed, tenant) > 0
        saved = await committed_client.patch(
            f"/leads/{first['id']}", json={"phone": "13900139007"}, headers={"If-Match": '"1"'}
        )
        assert (saved.status_code, saved.json()["phone"]) == (200, "+8613900139007")
        assert await rotate(committed, tenant) > 0
        kept = (await committed_client.get(f"/leads/{second['id']}")).json()
        assert kept["phone"] == "+8613900139001"
        assert await keys_in_use(committed, tenant) == {
            "new": {"mtl.lead.phone", "audit of mtl.lead.phone"}
        }


async def test_a_value_that_is_being_written_is_not_overwritten(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    with encryption_keys(OLD):
        lead = await create(committed_client, phone="13900139000")
    with encryption_keys(NEW, OLD):
        async with committed.app.begin(tenant) as tx:
            fresh = "+8613900139005"
            await tx.execute(update(leads).values(phone=fresh, phone_digest=fresh))
            rotation = asyncio.create_task(rotate(committed, tenant))
            await blocked(committed)
        await rotation
        shown = (await committed_client.get(f"/leads/{lead['id']}")).json()
        assert shown["phone"] == fresh


async def blocked(committed: Committed) -> None:
    """Wait until the worker waits for a lock: it has read the row, and its update waits."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE 'UPDATE leads%'"
    )
    for _ in range(200):
        async with committed.worker.begin(None) as tx:
            if await tx.scalar(waiting):
                return
        await asyncio.sleep(0.02)
    raise AssertionError("the rotation does not wait for the row")


async def test_a_worker_with_other_keys_does_not_rotate(committed: Committed, tenant: UUID) -> None:
    with encryption_keys(OLD):
        async with committed.worker.begin(tenant) as tx:
            payload = {"key": "new"}
            job = make_job(tenant, ROTATION_JOB, "columns", payload=payload)
            with pytest.raises(OtherKeys, match="restart it with the new settings"):
                await rotation_job("mtl")(tx, job)
