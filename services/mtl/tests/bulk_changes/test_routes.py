"""Changes of many leads: tried, made by the rights of the caller, undone."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Again
from mtl.bulk_changes.actions import requests, running
from mtl.bulk_changes.domain import LeadChange, restored, values_before
from mtl.bulk_changes.timers import change_leads, give_up_bulk_change
from parties.company_sizes import CompanySize
from services.mtl.tests.factories import create, make_lead, problem, violations
from testkit.directory import Company, directory_id, sign_in, subject
from testkit.jobs import make_job

SELLER = (
    "mtl.lead.read mtl.lead.write mtl.bulk_change.read mtl.bulk_change.write"
    " mtl.follow_up.read mtl.follow_up.write"
)
TAGGED: dict[str, Any] = {
    "fields": {"industry": "制造", "company_size": "FROM_100", "expected_on": "2026-12-31"},
    "add_tags": ["重点"],
    "remove_tags": ["旧"],
}


def test_a_change_and_its_undo_are_inverse() -> None:
    change = LeadChange(
        fields={"industry": "制造", "company_size": "FROM_100", "expected_on": None},
        add_tags=("b",),
        remove_tags=("A",),
    )
    lead = make_lead(industry="教育", tags=("a", "c"))
    changed = change.edited(lead)
    assert (changed.industry, changed.company_size, changed.tags) == (
        "制造",
        CompanySize.FROM_100,
        ("c", "b"),
    )
    assert restored(changed, values_before(lead, change)) == lead
    assert LeadChange.from_json(change.to_json()) == change


async def run(tx: AsyncConnection, change_id: str) -> int:
    """Run the job of a bulk change to its end; return its chunks."""
    query = select(jobs).where(jobs.c.kind == "lead_bulk_change", jobs.c.key == change_id)
    row = (await tx.execute(query)).one()
    chunks = 1
    while isinstance(await change_leads(tx, make_job(row.tenant_id, row.kind, row.key)), Again):
        chunks += 1
    return chunks


async def start(client: AsyncClient, query: str, change: Any, **headers: Any) -> dict[str, Any]:
    body = {"query": query, "change": change}
    answer = await client.post("/bulk-changes", json=body, **headers)
    assert answer.status_code == 201, answer.text
    bulk: dict[str, Any] = answer.json()
    return bulk


async def test_selected_leads_are_changed_in_chunks_and_given_back(
    client: AsyncClient, tx: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LEADS_AT_ONCE", 2)
    chosen = [await create(client, company=f"c{n}", source="展会", tags=["旧"]) for n in range(5)]
    other = await create(client, company="other", source="官网")
    query = "source=展会"
    trial = await client.post("/bulk-changes/preview", json={"query": query, "change": TAGGED})
    found = trial.json()
    assert (found["leads"], found["changed"], found["not_allowed"]) == (5, 5, 0)
    assert found["examples"][0]["before"]["tags"] == ["旧"]
    assert found["examples"][0]["after"]["industry"] == "制造"
    bulk = await start(client, query, TAGGED)
    assert (bulk["state"], bulk["leads"], bulk["counts"]["waiting"]) == ("RUNNING", 5, 5)
    assert problem(await client.post(f"/bulk-changes/{bulk['id']}/undo")) == (409, "BULK_NOT_DONE")
    assert await run(tx, bulk["id"]) == 3
    done = (await client.get(f"/bulk-changes/{bulk['id']}")).json()
    assert (done["state"], done["counts"]["changed"]) == ("DONE", 5)
    for lead in chosen:
        changed = (await client.get(f"/leads/{lead['id']}")).json()
        assert (changed["tags"], changed["expected_on"]) == (["重点"], "2026-12-31")
    assert (await client.get(f"/leads/{other['id']}")).json() == other
    await client.patch(f"/leads/{chosen[0]['id']}", json={"need": "CRM"})
    undoing = await client.post(f"/bulk-changes/{bulk['id']}/undo")
    assert undoing.json()["state"] == "UNDOING"
    await run(tx, bulk["id"])
    undone = (await client.get(f"/bulk-changes/{bulk['id']}")).json()
    assert undone["state"] == "UNDONE"
    assert (undone["counts"]["undone"], undone["counts"]["edited_since"]) == (4, 1)
    for lead in chosen[1:]:
        given_back = (await client.get(f"/leads/{lead['id']}")).json()
        assert (given_back["tags"], given_back["industry"]) == (["旧"], None)
    rows = (await client.get(f"/bulk-changes/{bulk['id']}/leads?outcome=EDITED_SINCE")).json()
    assert [one["lead_name"] for one in rows["items"]] == ["c0"]
    again = await client.post(f"/bulk-changes/{bulk['id']}/undo")
    assert (again.status_code, again.json()["state"]) == (200, "UNDONE")


async def test_a_leaver_hands_over_leads_and_next_steps(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, wang = subject("li"), subject("wang")
    leaver = sign_in(tenant, "li", scope=SELLER)
    lead = (await client.post("/leads", json={"company": "a"}, headers=leaver)).json()
    body = {"lead_id": lead["id"], "kind": "CALL", "at": "2026-11-20T02:00:00Z"}
    step = {"next_step": "报价", "next_step_on": "2026-12-01"}
    opened = await client.post("/follow-ups", json={**body, **step}, headers=leaver)
    done = await client.post("/follow-ups", json=body, headers=leaver)
    bulk = await start(client, f"owner_id={li}", {"owner_id": wang, "next_steps": True})
    await run(tx, bulk["id"])
    assert (await client.get(f"/leads/{lead['id']}")).json()["owner_id"] == wang
    owners = [(opened, wang), (done, li)]
    for follow_up, owner in owners:
        found = (await client.get(f"/follow-ups/{follow_up.json()['id']}")).json()
        assert found["owner_id"] == owner
    history = (await client.get(f"/leads/{lead['id']}/owners")).json()["items"]
    assert [(one["from_owner_id"], one["to_owner_id"]) for one in history] == [(li, wang)]
    await client.post(f"/bulk-changes/{bulk['id']}/undo")
    await run(tx, bulk["id"])
    assert (await client.get(f"/leads/{lead['id']}")).json()["owner_id"] == li
    given_back = (await client.get(f"/follow-ups/{opened.json()['id']}")).json()
    assert given_back["owner_id"] == li


async def test_a_seller_changes_only_what_they_may(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    """A lead that is shared for reading stands in the list, and is refused with the reason."""
    await Company(tx).build()
    li, zhou = (sign_in(tenant, name, scope=SELLER) for name in ("li", "zhou"))
    own = (await client.post("/leads", json={"company": "own"}, headers=li)).json()
    shared = (await client.post("/leads", json={"company": "shared"}, headers=zhou)).json()
    hidden = (await client.post("/leads", json={"company": "hidden"}, headers=zhou)).json()
    share = f"/leads/{shared['id']}/shares/PERSON/{directory_id('li')}"
    assert (await client.put(share, json={}, headers=zhou)).status_code == 200
    body = {"query": "", "change": {"add_tags": ["x"]}}
    trial = (await client.post("/bulk-changes/preview", json=body, headers=li)).json()
    assert (trial["leads"], trial["changed"], trial["not_allowed"]) == (2, 1, 1)
    bulk = await start(client, "", {"add_tags": ["x"]}, headers=li)
    await run(tx, bulk["id"])
    rows = (await client.get(f"/bulk-changes/{bulk['id']}/leads", headers=li)).json()["items"]
    outcomes = {one["lead_name"]: (one["outcome"], one["code"]) for one in rows}
    assert outcomes == {"own": ("CHANGED", None), "shared": ("REFUSED", "RECORD_READ_ONLY")}
    assert [one["reason"] for one in rows if one["code"]] != [None]
    for lead, tags in [(own, ["x"]), (shared, []), (hidden, [])]:
        assert (await client.get(f"/leads/{lead['id']}")).json()["tags"] == tags
    other = await client.get(f"/bulk-changes/{bulk['id']}", headers=zhou)
    assert problem(other) == (404, "BULK_CHANGE_NOT_FOUND")


async def test_one_refused_lead_stops_no_other(client: AsyncClient, tx: AsyncConnection) -> None:
    first, gone = await create(client, company="a"), await create(client, company="b")
    bulk = await start(client, "", {"add_tags": ["x"]})
    await client.delete(f"/leads/{gone['id']}")
    await run(tx, bulk["id"])
    found = (await client.get(f"/bulk-changes/{bulk['id']}")).json()["counts"]
    assert (found["changed"], found["refused"]) == (1, 1)
    assert (await client.get(f"/leads/{first['id']}")).json()["tags"] == ["x"]


async def test_what_changes_nothing_is_counted_as_such(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead = await create(client, company="a", tags=["X"])
    bulk = await start(client, "", {"add_tags": ["x"]})
    await run(tx, bulk["id"])
    assert (await client.get(f"/bulk-changes/{bulk['id']}")).json()["counts"]["unchanged"] == 1
    assert (await client.get(f"/leads/{lead['id']}")).json() == lead


async def test_a_job_that_is_given_up_fails_the_change(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await create(client, company="a")
    bulk = await start(client, "", {"add_tags": ["x"]})
    await give_up_bulk_change(tx, make_job(tenant, "lead_bulk_change", bulk["id"]))
    found = (await client.get(f"/bulk-changes/{bulk['id']}")).json()
    assert (found["state"], found["counts"]["waiting"]) == ("FAILED", 1)


async def test_bad_changes_are_refused_with_every_violation(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = await client.post("/bulk-changes", json={"query": "", "change": {}})
    assert violations(empty) == {("/change", "BULK_CHANGE_EMPTY")}
    fields = {"company_size": "HUGE", "phone": "1", "expected_on": "soon"}
    body = {"query": "status=NO", "change": {"fields": fields, "add_tags": [""]}}
    bad = await client.post("/bulk-changes", json=body)
    assert bad.status_code == 422
    assert len(violations(bad)) == 4
    unknown = await client.post(
        "/bulk-changes", json={"query": "colour=red", "change": {"add_tags": ["x"]}}
    )
    assert unknown.status_code == 422
    nobody = {"query": "", "change": {"owner_id": "nobody"}}
    answer = await client.post("/bulk-changes", json=nobody)
    assert violations(answer) == {("/change/owner_id", "OWNER_UNKNOWN")}
    monkeypatch.setattr(requests, "MAX_LEADS", 1)
    await create(client, company="a")
    await create(client, company="b")
    large = await client.post("/bulk-changes", json={"query": "", "change": {"add_tags": ["x"]}})
    assert problem(large) == (409, "BULK_TOO_LARGE")
