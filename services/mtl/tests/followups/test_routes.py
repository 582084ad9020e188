"""Follow-ups over HTTP: what people did, the next step, and what the lead shows of them."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from services.mtl.tests.factories import create, create_qualified, note, problem, violations
from testkit.directory import Company, directory_id, sign_in, subject

AT = "2026-11-20T02:00:00Z"
SELLER = "mtl.lead.read mtl.lead.write mtl.follow_up.read mtl.follow_up.write"
TOTALS = ("follow_up_count", "last_followed_up_at", "next_step_on")


async def totals(client: AsyncClient, lead_id: str) -> tuple[Any, ...]:
    lead = (await client.get(f"/leads/{lead_id}")).json()
    return tuple(lead[name] for name in TOTALS)


async def test_a_follow_up_keeps_what_was_said_and_belongs_to_who_did_it(
    client: AsyncClient,
) -> None:
    lead_id = (await create(client))["id"]
    checklist = [
        {"question": "有预算吗？", "answer": "明年一季度", "ok": True},
        {"question": "谁决定？", "answer": None, "ok": None},
    ]
    fields = {
        "result": "CALL_BACK",
        "summary": " 对方在开会 ",
        "next_step": "再次致电",
        "next_step_on": "2026-12-01",
        "checklist": checklist,
    }
    created = await note(client, lead_id, **fields)
    stored = (await client.get(f"/follow-ups/{created['id']}")).json()
    assert stored == created
    expected = {**fields, "summary": "对方在开会", "kind": "CALL", "at": AT, "lead_id": lead_id}
    assert {name: stored[name] for name in expected} == expected
    assert (stored["version"], stored["next_step_done_at"]) == (1, None)
    lead = (await client.get(f"/leads/{lead_id}")).json()
    assert stored["owner_id"] == lead["owner_id"]
    assert stored["lead_name"] == "远景科技", "a lead without a name is called by its company"


async def test_every_violation_is_reported_at_once(client: AsyncClient) -> None:
    lead_id = (await create(client))["id"]
    body = {
        "lead_id": lead_id,
        "kind": "FAX",
        "at": "yesterday",
        "result": "MAYBE",
        "next_step_on": "2026-02-30",
        "checklist": [{"question": "", "ok": "maybe"}],
    }
    refused = await client.post("/follow-ups", json=body)
    assert refused.status_code == 422
    assert {pointer for pointer, _ in violations(refused)} == {
        "/kind", "/at", "/result", "/next_step_on", "/checklist/0/question", "/checklist/0/ok",
    }  # fmt: skip
    items = [{"question": "?"}] * 51
    body = {"lead_id": lead_id, "kind": "CALL", "at": AT, "checklist": items}
    refused = await client.post("/follow-ups", json=body)
    assert [pointer for pointer, _ in violations(refused)] == ["/checklist"]
    body = {"lead_id": lead_id, "kind": "CALL", "at": "2999-01-01T00:00:00Z"}
    refused = await client.post("/follow-ups", json=body)
    assert violations(refused) == {("/at", "INSTANT_IN_FUTURE")}


async def test_the_lead_shows_count_last_time_and_next_step_and_keeps_its_version(
    client: AsyncClient,
) -> None:
    lead_id = (await create(client))["id"]
    assert await totals(client, lead_id) == (0, None, None)
    first = await note(client, lead_id, next_step_on="2026-12-05")
    later = "2026-11-21T02:00:00Z"
    second = await note(client, lead_id, at=later, next_step_on="2026-12-01")
    assert await totals(client, lead_id) == (2, later, "2026-12-01")
    await client.post(f"/follow-ups/{second['id']}/complete")
    assert await totals(client, lead_id) == (2, later, "2026-12-05")
    await client.patch(f"/follow-ups/{first['id']}", json={"next_step_on": "2026-12-09"})
    assert await totals(client, lead_id) == (2, later, "2026-12-09")
    assert (await client.delete(f"/follow-ups/{second['id']}")).status_code == 204
    assert await totals(client, lead_id) == (1, AT, "2026-12-09")
    assert (await client.post(f"/follow-ups/{second['id']}/restore")).status_code == 200
    assert await totals(client, lead_id) == (2, later, "2026-12-09")
    lead = (await client.get(f"/leads/{lead_id}")).json()
    assert lead["version"] == 1
    entries = (await client.get(f"/leads/{lead_id}/audit")).json()["items"]
    assert len(entries) == 1, "the follow-ups have audit entries of their own"


async def test_an_edit_of_the_lead_is_no_follow_up_and_keeps_the_totals(
    client: AsyncClient,
) -> None:
    lead_id = (await create(client))["id"]
    await client.patch(f"/leads/{lead_id}", json={"need": "CRM"})
    assert await totals(client, lead_id) == (0, None, None)
    await note(client, lead_id, next_step_on="2026-12-01")
    await client.patch(f"/leads/{lead_id}", json={"need": "ERP"})
    await client.post(f"/leads/{lead_id}/qualify")
    assert await totals(client, lead_id) == (1, AT, "2026-12-01")


async def test_leads_are_sorted_and_filtered_by_their_follow_ups(client: AsyncClient) -> None:
    ids = [(await create(client, company=f"公司{n}"))["id"] for n in range(3)]
    await note(client, ids[0], next_step_on="2026-12-05")
    await note(client, ids[1], at="2026-11-21T02:00:00Z", next_step_on="2026-12-01")

    async def listed(query: str) -> list[str]:
        answer = await client.get(f"/leads?{query}")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await listed("sort=next_step_on") == [ids[1], ids[0], ids[2]]
    assert await listed("next_step_on__lte=2026-12-01") == [ids[1]]
    assert await listed("sort=last_followed_up_at") == [ids[0], ids[1], ids[2]]
    assert await listed("last_followed_up_at__isnull=true") == [ids[2]]


async def test_the_next_step_is_done_once_and_another_one_is_open_again(
    client: AsyncClient,
) -> None:
    lead_id = (await create(client))["id"]
    made = await note(client, lead_id, next_step="寄样品")
    done = (await client.post(f"/follow-ups/{made['id']}/complete")).json()
    again = (await client.post(f"/follow-ups/{made['id']}/complete")).json()
    assert done == again
    assert (done["version"], done["next_step_done_at"] is None) == (2, False)
    path = f"/follow-ups/{made['id']}"
    edited = (await client.patch(path, json={"summary": "样品已寄出"})).json()
    assert edited["next_step_done_at"] == done["next_step_done_at"]
    edited = (await client.patch(path, json={"next_step": "询问样品"})).json()
    assert edited["next_step_done_at"] is None
    without = await note(client, lead_id)
    refused = await client.post(f"/follow-ups/{without['id']}/complete")
    assert problem(refused) == (409, "NEXT_STEP_MISSING")


@pytest.mark.parametrize(("if_match", "status"), [(None, 428), ('"7"', 412)])
async def test_moves_and_edits_need_the_version(
    client: AsyncClient, if_match: str | None, status: int
) -> None:
    made = await note(client, (await create(client))["id"], next_step="寄样品")
    path = f"/follow-ups/{made['id']}"
    client.headers.pop("If-Match")
    headers = {} if if_match is None else {"If-Match": if_match}
    answers = [
        await client.post(f"{path}/complete", headers=headers),
        await client.patch(path, json={"summary": "x"}, headers=headers),
        await client.delete(path, headers=headers),
    ]
    assert [one.status_code for one in answers] == [status] * 3


async def test_the_lead_of_a_follow_up_is_fixed(client: AsyncClient) -> None:
    first, second = [(await create(client, company=f"公司{n}"))["id"] for n in "12"]
    path = "/follow-ups/by-external-id/crm/1"
    body = {"lead_id": first, "kind": "CALL", "at": AT}
    assert (await client.put(path, json=body)).status_code == 201
    moved = {**body, "lead_id": second, "at": "2999-01-01T00:00:00Z"}
    refused = await client.put(path, json=moved)
    assert violations(refused) == {("/lead_id", "LEAD_FIXED"), ("/at", "INSTANT_IN_FUTURE")}


async def test_converted_leads_have_follow_ups_and_deleted_ones_none(client: AsyncClient) -> None:
    converted = await create_qualified(client)
    assert (await client.post(f"/leads/{converted}/convert")).status_code == 202
    await note(client, converted)
    assert (await totals(client, converted))[0] == 1
    lead_id = (await create(client, company="星辰能源"))["id"]
    made = await note(client, lead_id)
    await client.delete(f"/leads/{lead_id}")
    body = {"lead_id": lead_id, "kind": "CALL", "at": AT}
    assert problem(await client.post("/follow-ups", json=body)) == (404, "LEAD_NOT_FOUND")
    refused = await client.patch(f"/follow-ups/{made['id']}", json={"summary": "x"})
    assert problem(refused) == (409, "LEAD_DELETED")
    assert (await client.delete(f"/follow-ups/{made['id']}")).status_code == 204


async def test_the_overdue_next_steps_of_a_day_are_one_list(client: AsyncClient) -> None:
    lead = await create(client)
    days = ("2026-12-03", "2026-12-01", "2026-12-02", "2026-11-30")
    made = [await note(client, lead["id"], next_step_on=day) for day in days]
    await note(client, lead["id"])
    await client.post(f"/follow-ups/{made[3]['id']}/complete")
    answer = await client.get(
        f"/follow-ups?owner_id={lead['owner_id']}&next_step_on__lte=2026-12-02"
        "&next_step_done_at__isnull=true&sort=next_step_on"
    )
    assert [one["next_step_on"] for one in answer.json()["items"]] == ["2026-12-01", "2026-12-02"]
    done = (await client.get("/follow-ups?done=true")).json()["items"]
    assert [one["id"] for one in done] == [made[3]["id"]]


async def test_whoever_sees_the_lead_sees_its_follow_ups_and_only_their_doer_edits_them(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    people = {name: sign_in(tenant, name, scope=SELLER) for name in Company.names}
    made_lead = await client.post("/leads", json={"company": "远景科技"}, headers=people["li"])
    lead_id = made_lead.json()["id"]
    share = f"/leads/{lead_id}/shares/PERSON/{directory_id('wang')}"
    body = {"access": "WRITE"}
    assert (await client.put(share, json=body, headers=people["li"])).status_code == 200
    body = {"lead_id": lead_id, "kind": "CALL", "at": AT, "summary": "ok"}
    made = await client.post("/follow-ups", json=body, headers=people["wang"])
    assert made.status_code == 201, made.text
    path = f"/follow-ups/{made.json()['id']}"
    # li owns the lead, sun and qian are li's managers; wang did it.
    for name in ("li", "sun", "qian", "zhao", "wang"):
        assert (await client.get(path, headers=people[name])).status_code == 200, name
        listed = await client.get(f"/follow-ups?lead_id={lead_id}", headers=people[name])
        assert [one["id"] for one in listed.json()["items"]] == [made.json()["id"]], name
        # A list that names no lead shows what the caller and their people did.
        own = [made.json()["id"]] if name in ("wang", "zhao") else []
        for query in ("", f"?owner_id={subject('wang')}"):
            listed = await client.get(f"/follow-ups{query}", headers=people[name])
            assert [one["id"] for one in listed.json()["items"]] == own, name
    listed = await client.get(f"/follow-ups?owner_id={subject('li')}", headers=people["li"])
    assert listed.json()["items"] == []
    hidden = await client.get(path, headers=people["bei"])
    assert problem(hidden) == (404, "FOLLOW_UP_NOT_FOUND")
    refused = await client.patch(path, json={"summary": "no"}, headers=people["li"])
    assert problem(refused) == (403, "RECORD_READ_ONLY")
    edited = await client.patch(path, json={"summary": "yes"}, headers=people["wang"])
    assert edited.status_code == 200
    access = (await client.get(f"{path}/access", headers=people["li"])).json()
    assert (access["mine"]["read"], access["mine"]["write"]) == (True, False)
    assert {one["under"] for one in access["mine"]["reasons"]} == {"mtl.lead"}


async def test_who_only_reads_a_lead_notes_nothing_about_it(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, wang, bei = (sign_in(tenant, name, scope=SELLER) for name in ("li", "wang", "bei"))
    lead_id = (await client.post("/leads", json={"company": "x"}, headers=li)).json()["id"]
    share = f"/leads/{lead_id}/shares/PERSON/{directory_id('wang')}"
    await client.put(share, json={}, headers=li)
    body = {"lead_id": lead_id, "kind": "CALL", "at": AT}
    refused = await client.post("/follow-ups", json=body, headers=wang)
    assert problem(refused) == (403, "RECORD_READ_ONLY")
    hidden = await client.post("/follow-ups", json=body, headers=bei)
    assert problem(hidden) == (404, "LEAD_NOT_FOUND")


async def test_events_carry_the_whole_follow_up(client: AsyncClient, tx: AsyncConnection) -> None:
    lead_id = (await create(client))["id"]
    made = await note(client, lead_id, next_step="寄样品", checklist=[{"question": "预算？"}])
    await client.post(f"/follow-ups/{made['id']}/complete")
    await client.delete(f"/follow-ups/{made['id']}")
    await client.post(f"/follow-ups/{made['id']}/restore")
    query = select(outbox.c.type, outbox.c.aggversion, outbox.c.payload)
    mine = outbox.c.aggregateid == UUID(made["id"])
    rows = (await tx.execute(query.where(mine).order_by(outbox.c.seq))).all()
    facts = ["created", "changed", "deleted", "restored"]
    assert [row.type for row in rows] == [f"mtl.follow_up.{fact}.v1" for fact in facts]
    assert [row.aggversion for row in rows] == [1, 2, 3, 4]
    state = rows[-1].payload["follow_up"]
    assert (state["lead_id"], state["next_step"], state["deleted"]) == (lead_id, "寄样品", False)
    assert state["checklist"] == [{"question": "预算？", "answer": None, "ok": None}]
