"""The timeline of a lead over HTTP: one list of all that happened, in words."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from mtl.followups.store import follow_ups
from mtl.timelines.views import timeline_query
from mtl.touches.store import lead_touches
from services.mtl.tests.factories import create, note, problem
from testkit.directory import Company, sign_in, subject
from testkit.plugin import Committed
from testkit.shared_transaction import PrepareTenant
from tests.architecture.round_trips import Counted, counting_statements

SELLER = "mtl.lead.read mtl.lead.write mtl.follow_up.read mtl.follow_up.write"
CHINESE = {"Accept-Language": "zh-CN"}


async def entries(client: AsyncClient, lead_id: str, **options: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/leads/{lead_id}/timeline", **options)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def eventful(client: AsyncClient, tx: AsyncConnection, tenant: UUID) -> str:
    """Return the id of a lead of li's to which everything happened."""
    await Company(tx).build()
    li = sign_in(tenant, "li", scope=SELLER)
    body = {"company": "远景科技", "source": "展会"}
    lead_id: str = (await client.post("/leads", json=body, headers=li)).json()["id"]
    touch = {"kind": "DOWNLOAD", "subject": "白皮书", "at": "2026-11-19T02:00:00Z"}
    await client.post(f"/leads/{lead_id}/touches", json=touch, headers=li)
    body = {
        "lead_id": lead_id,
        "kind": "CALL",
        "at": "2026-11-20T02:00:00Z",
        "result": "CALL_BACK",
        "summary": "对方在开会",
    }
    assert (await client.post("/follow-ups", json=body, headers=li)).status_code == 201
    gone = (await client.post("/follow-ups", json=body, headers=li)).json()["id"]
    await client.delete(f"/follow-ups/{gone}", headers=li)
    spam = {"reason": "OTHER", "note": "打错了"}
    await client.post(f"/leads/{lead_id}/disqualify", json=spam, headers=li)
    transfer = {"owner_id": subject("zhou"), "reason": "休假"}
    moved = await client.post(f"/leads/{lead_id}/transfer", json=transfer, headers=li)
    assert moved.status_code == 200, moved.text
    return lead_id


async def test_every_entry_is_in_words_of_both_languages(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    lead_id = await eventful(client, tx, tenant)
    english, chinese = (
        await entries(client, lead_id),
        await entries(client, lead_id, headers=CHINESE),
    )
    shown = {one["kind"]: one["title"] for one in english}
    assert shown == {
        "TOUCH": "Download: 白皮书",
        "FOLLOW_UP": "Call, To be called back: 对方在开会",
        "STATUS": "Status changed from “New” to “Invalid”: Other: 打错了",
        "OWNER": "Owner changed from “li” to “zhou”: 休假",
        "CAPTURE": "Lead captured: 展会",
    }
    assert {one["kind"]: one["title"] for one in chinese} == {
        "TOUCH": "下载资料：白皮书",
        "FOLLOW_UP": "电话，约定回电：对方在开会",
        "STATUS": "状态由“新线索”变为“已作废”：其他：打错了",
        "OWNER": "负责人由“li”变为“zhou”：休假",
        "CAPTURE": "线索创建：展会",
    }
    assert [one["kind"] for one in english[-2:]] == ["FOLLOW_UP", "TOUCH"]
    assert len(english) == 5
    assert {one["actor"] for one in english} == {subject("li")}
    assert {one["actor_name"] for one in english} == {"li"}
    ids = {one["kind"]: (one["resource"], one["record_id"]) for one in english}
    for kind in ("STATUS", "OWNER", "CAPTURE"):
        assert ids[kind] == ("mtl.lead", lead_id)
    resource, follow_up_id = ids["FOLLOW_UP"]
    assert resource == "mtl.follow_up"
    assert (await client.get(f"/follow-ups/{follow_up_id}")).json()["summary"] == "对方在开会"


async def test_the_timeline_is_paged_newest_first_without_gaps(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    lead_id = await eventful(client, tx, tenant)
    for day in range(1, 10):
        await note(client, lead_id, at=f"2026-11-{day:02}T02:00:00Z")
        body = {"kind": "MAIL", "at": f"2026-11-{day:02}T02:00:00Z"}
        await client.post(f"/leads/{lead_id}/touches", json=body)
    whole = await entries(client, lead_id)
    assert len(whole) == 23
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)
    paged: list[dict[str, Any]] = []
    query: str | None = "limit=4"
    while query is not None:
        answer = (await client.get(f"/leads/{lead_id}/timeline?{query}")).json()
        paged += answer["items"]
        cursor = answer["next_cursor"]
        query = f"limit=4&cursor={cursor}" if cursor else None
    assert paged == whole


async def test_a_longer_timeline_costs_no_more_statements(
    client: AsyncClient, tx: AsyncConnection, app: FastAPI
) -> None:
    lead_id = (await create(client))["id"]
    counted = Counted()
    counts = []
    with counting_statements(app.state.database.engine, counted):
        for _ in range(3):
            counted.reset()
            await entries(client, lead_id)
            counts.append(counted.statements)
            for _ in range(8):
                await note(client, lead_id)
                await client.post(f"/leads/{lead_id}/touches", json={"kind": "CHAT"})
    assert len(await entries(client, lead_id)) == 49
    # The lead, the timeline, and the names of all who acted.
    assert counts[1] == counts[2] <= 3


async def test_each_part_finds_its_rows_by_an_index(tx: AsyncConnection) -> None:
    await tx.execute(text("SET LOCAL enable_seqscan = off"))
    query = timeline_query(new_id()).compile(
        dialect=tx.dialect, compile_kwargs={"literal_binds": True}
    )
    plan = "\n".join((await tx.execute(text(f"EXPLAIN {query}"))).scalars())
    assert "Seq Scan" not in plan
    for table in ("lead_touches", "follow_ups", "lead_history", "owner_changes", "leads"):
        scans = [line for line in plan.splitlines() if f" on {table}" in line]
        assert scans, table
        assert all("Index" in line or "Bitmap Heap Scan" in line for line in scans), plan


async def test_the_timeline_is_hidden_with_its_lead_and_stays_with_a_deleted_one(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    lead_id = await eventful(client, tx, tenant)
    bei = sign_in(tenant, "bei", scope=SELLER)
    hidden = await client.get(f"/leads/{lead_id}/timeline", headers=bei)
    assert problem(hidden) == (404, "LEAD_NOT_FOUND")
    assert (await client.delete(f"/leads/{lead_id}")).status_code == 204
    assert len(await entries(client, lead_id)) == 5


async def test_other_tenants_see_nothing(
    committed_client: AsyncClient, committed: Committed, prepare_tenant: PrepareTenant
) -> None:
    client, other = committed_client, new_id()
    lead_id = (await create(client))["id"]
    made = await note(client, lead_id)
    await client.post(f"/leads/{lead_id}/touches", json={"kind": "CHAT"})
    async with committed.app.begin(other) as tx:
        await prepare_tenant(tx)
        for table in (follow_ups, lead_touches):
            assert (await tx.execute(select(table))).all() == []
    headers = sign_in(other, "li", scope="mtl.*")
    for path in (f"leads/{lead_id}/timeline", f"leads/{lead_id}/touches"):
        hidden = await client.get(f"/{path}", headers=headers)
        assert problem(hidden) == (404, "LEAD_NOT_FOUND")
    hidden = await client.get(f"/follow-ups/{made['id']}", headers=headers)
    assert problem(hidden) == (404, "FOLLOW_UP_NOT_FOUND")
    for query in ("", "/activity?from=2026-11-01&to=2026-12-01"):
        shown = (await client.get(f"/follow-ups{query}", headers=headers)).json()
        assert shown.get("items", shown.get("rows")) == []
