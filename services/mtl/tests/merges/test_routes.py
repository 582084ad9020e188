"""Leads are merged into one with all that belongs to them, and separated again."""

from typing import Any

from httpx import AsyncClient

from services.mtl.tests.factories import create, problem
from services.mtl.tests.merges.factories import (
    activities,
    add_activities,
    merge,
    merged,
    read,
    three_leads,
    touch,
    undo,
)
from testkit.plugin import PublishedFacts


async def test_three_leads_become_one_and_three_again(client: AsyncClient) -> None:
    a, b, c = await three_leads(client)
    own = [await add_activities(client, one["id"], n) for one, n in ((a, 3), (b, 2), (c, 4))]
    before = [await read(client, one["id"]) for one in (a, b, c)]
    made = await merged(client, a, b, c)
    survivor = await read(client, a["id"])
    assert survivor["region_code"] == "330106"
    assert (survivor["address"], survivor["country"]) == ("文三路 1 号", "CN")
    assert (survivor["name"], survivor["company"]) == ("王芳", "远景科技")
    assert (survivor["email"], survivor["other_email"]) == ("a@example.com", "c@example.com")
    assert (survivor["phone"], survivor["other_phone"]) == ("+8613800138000", "+8613800138002")
    assert survivor["attributes"] == {"标签": "x"}
    assert await activities(client, a["id"]) == own[0] | own[1] | own[2]
    assert len(own[0] | own[1] | own[2]) == 9
    assert survivor["follow_up_count"] == 4
    redirected = await client.get(f"/leads/{b['id']}")
    assert (redirected.status_code, redirected.headers["Cache-Control"]) == (307, "no-store")
    assert redirected.headers["Location"] == f"/mtl/v1/leads/{a['id']}"
    [listed] = (await client.get("/leads")).json()["items"]
    assert listed["id"] == a["id"]
    undone = await undo(client, made["id"])
    assert undone.status_code == 200, undone.text
    assert (undone.json()["version"], undone.json()["kept"]) == (2, [])
    changing = ("version", "updated_at", "owned_since")  # the clock of an open lead begins anew
    for lead, activity, earlier in zip((a, b, c), own, before, strict=True):
        present = await read(client, lead["id"])
        assert await activities(client, lead["id"]) == activity
        assert {k: v for k, v in present.items() if k not in changing} == {
            k: v for k, v in earlier.items() if k not in changing
        }


async def test_what_came_since_stays_with_the_survivor(client: AsyncClient) -> None:
    a, b, _ = await three_leads(client)
    old = await add_activities(client, b["id"], 2)
    made = await merged(client, a, b)
    new = await add_activities(client, a["id"], 3)
    edited = await client.patch(f"/leads/{a['id']}", json={"address": "文三路 2 号"})
    assert edited.status_code == 200, edited.text
    undone = (await undo(client, made["id"])).json()
    assert [(one["field"], one["label"]) for one in undone["kept"]] == [("address", "Address")]
    assert await activities(client, a["id"]) == new
    assert await activities(client, b["id"]) == old
    survivor = await read(client, a["id"])
    assert (survivor["address"], survivor["company"]) == ("文三路 2 号", None)
    assert survivor["attributes"] == {}


async def test_the_preview_says_which_value_wins_and_why(client: AsyncClient) -> None:
    a, b, c = await three_leads(client)
    path = f"/leads/{a['id']}/merge/preview"
    body: dict[str, Any] = {"lead_ids": [b["id"], c["id"]]}
    english = (await client.post(path, json=body, headers={"Accept-Language": "en"})).json()
    choices = {one["field"]: one for one in english["choices"]}
    assert [one["lead_version"] for one in english["leads"]] == [1, 1, 1]
    assert (choices["name"]["reason"], choices["name"]["values"]) == ("OWN", {"name": "王芳"})
    [left_out] = choices["name"]["left_out"]
    assert (left_out["lead_id"], left_out["value"]) == (c["id"], "王芳芳")
    assert choices["address"]["reason_text"] == "Only this lead has it"
    assert choices["email"]["reason"] == "UNITED"
    body["pinned"] = {"name": c["id"], "email": c["id"]}
    chinese = (await client.post(path, json=body, headers={"Accept-Language": "zh-CN"})).json()
    choices = {one["field"]: one for one in chinese["choices"]}
    assert (choices["name"]["label"], choices["name"]["reason_text"]) == ("姓名", "由您指定")
    assert choices["email"]["values"] == {
        "email": "c@example.com",
        "other_email": "a@example.com",
    }
    assert (await read(client, a["id"]))["version"] == 1


async def test_a_merge_is_published_with_all_leads(
    client: AsyncClient, published: PublishedFacts
) -> None:
    a, b, _ = await three_leads(client)
    await add_activities(client, b["id"], 2)
    count = len(await published())
    made = await merged(client, a, b)
    facts = (await published())[count:]
    assert [fact.type for fact in facts] == [
        "mtl.lead.merged_into.v1",
        "mtl.lead.merged.v1",
        "mtl.follow_up.changed.v1",
    ]
    gone, survivor, follow_up = (fact.payload for fact in facts)
    assert (gone["lead"]["deleted"], gone["survivor_id"]) == (True, a["id"])
    assert (gone["lead"]["merged_into_id"], gone["merge_id"]) == (a["id"], made["id"])
    assert survivor["merged_lead_ids"] == [b["id"]]
    assert survivor["lead"]["address"] == "文三路 1 号"
    assert follow_up["follow_up"]["lead_id"] == a["id"]
    await undo(client, made["id"])
    types = [fact.type for fact in (await published())[count + 3 :]]
    assert types == [
        "mtl.lead.restored.v1",
        "mtl.lead.merge_undone.v1",
        "mtl.follow_up.changed.v1",
    ]


async def test_the_keys_of_a_merged_lead_lead_to_the_survivor(client: AsyncClient) -> None:
    a, b, c = await three_leads(client)
    d = await create(client, name="丁一", phone="13800138003", email="d@example.com")
    made = await merged(client, a, c, d)
    for phone in ("13800138002", "13800138003"):  # the second one found no field
        refused = await client.post("/leads", json={"phone": phone})
        assert refused.json()["params"] == {"lead_id": a["id"], "matched": "phone"}
    changed = await client.patch(f"/leads/{a['id']}", json={"other_phone": None})
    assert changed.status_code == 200, changed.text
    assert problem(await client.post("/leads", json={"phone": "13800138002"}))[0] == 409
    taken = await client.patch(f"/leads/{b['id']}", json={"phone": "13800138003"})
    assert taken.json()["params"]["lead_id"] == a["id"]
    assert (await undo(client, made["id"])).status_code == 200
    refused = await client.post("/leads", json={"phone": "13800138003"})
    assert refused.json()["params"]["lead_id"] == d["id"]


async def test_keys_are_free_while_the_survivor_is_deleted(client: AsyncClient) -> None:
    a, _, c = await three_leads(client)
    await merged(client, a, c)
    assert (await client.delete(f"/leads/{a['id']}")).status_code == 204
    other = await create(client, email="c@example.com")
    assert problem(await client.post(f"/leads/{a['id']}/restore")) == (409, "LEAD_DUPLICATE")
    assert (await client.delete(f"/leads/{other['id']}")).status_code == 204
    assert (await client.post(f"/leads/{a['id']}/restore")).status_code == 200
    assert problem(await client.post("/leads", json={"email": "c@example.com"}))[0] == 409


async def test_a_key_that_the_survivor_got_since_refuses_the_undo(client: AsyncClient) -> None:
    a, _, c = await three_leads(client)
    made = await merged(client, a, c)
    edited = await client.patch(
        f"/leads/{a['id']}", json={"wechat_id": None, "phone": "13800138002", "other_phone": None}
    )
    assert edited.status_code == 200, edited.text
    refused = await undo(client, made["id"])
    assert problem(refused) == (409, "LEAD_DUPLICATE")
    assert refused.json()["params"]["lead_id"] == a["id"]


async def test_chains_resolve_to_the_last_survivor_and_are_undone_from_the_end(
    client: AsyncClient,
) -> None:
    a, _, c = await three_leads(client)
    d = await create(client, name="丁一", phone="13800138003")
    own = [await add_activities(client, one["id"], n) for one, n in ((a, 2), (c, 3), (d, 1))]
    first = await merged(client, a, c)
    second = await merged(client, d, await read(client, a["id"]))
    for lead in (a, c):
        answer = await client.get(f"/leads/{lead['id']}/timeline?limit=5")
        assert answer.headers["Location"] == f"/mtl/v1/leads/{d['id']}/timeline?limit=5"
    assert await activities(client, d["id"]) == own[0] | own[1] | own[2]
    refused = await undo(client, first["id"])
    assert (problem(refused), refused.json()["params"]) == (
        (409, "MERGE_FOLLOWED"),
        {"merge_id": second["id"]},
    )
    assert (await undo(client, second["id"])).status_code == 200
    assert await activities(client, a["id"]) == own[0] | own[1]
    assert (await undo(client, first["id"])).status_code == 200
    assert await activities(client, c["id"]) == own[1]
    assert await activities(client, d["id"]) == own[2]
    for key, lead in (("13800138000", a), ("13800138002", c), ("13800138003", d)):
        refused = await client.post("/leads", json={"phone": key})
        assert refused.json()["params"]["lead_id"] == lead["id"]


async def test_the_later_of_two_merges_into_a_lead_is_undone_first(client: AsyncClient) -> None:
    a, b, c = await three_leads(client)
    first = await merged(client, a, b)
    second = await merged(client, await read(client, a["id"]), c)
    refused = await undo(client, first["id"])
    assert refused.json()["params"] == {"merge_id": second["id"]}
    shown = (await client.get(f"/leads/{a['id']}/merges")).json()["items"]
    assert [one["id"] for one in shown] == [second["id"], first["id"]]
    assert [one["name"] for one in shown[0]["leads"]] == ["王芳芳"]
    assert shown[0]["survivor_name"] == "远景科技"
    assert (await undo(client, second["id"])).status_code == 200
    assert (await undo(client, first["id"])).status_code == 200


async def test_external_ids_and_shares_follow_and_come_back(client: AsyncClient) -> None:
    a, b, _ = await three_leads(client)
    name = {"system": "sap", "external_id": "B-1"}
    assert (await client.post(f"/leads/{b['id']}/external-ids", json=name)).status_code == 201
    made = await merged(client, a, b)
    written = await client.put("/leads/by-external-id/sap/B-1", json={"company": "新名称"})
    assert (written.status_code, written.json()["id"]) == (200, a["id"])
    assert (await undo(client, made["id"])).status_code == 200
    found = await client.get("/leads/by-external-id/sap/B-1")
    assert found.json()["id"] == b["id"]


async def test_a_touch_that_both_leads_were_sent_stays_where_it_was(client: AsyncClient) -> None:
    a, b, _ = await three_leads(client)
    same = [await touch(client, one["id"], external_id="web-1") for one in (a, b)]
    made = await merged(client, a, b)
    assert await activities(client, a["id"]) == {same[0]["id"]}
    await undo(client, made["id"])
    assert await activities(client, b["id"]) == {same[1]["id"]}


async def test_the_same_merge_is_made_once_and_another_one_is_refused(client: AsyncClient) -> None:
    a, b, _ = await three_leads(client)
    made = await merged(client, a, b)
    again = await merge(client, a, b)
    assert (again.status_code, again.json()["id"]) == (200, made["id"])
    otherwise = await merge(client, await read(client, a["id"]), b, pinned={"name": a["id"]})
    assert problem(otherwise) == (409, "MOVE_MADE_OTHERWISE")


async def test_the_timeline_says_who_merged(client: AsyncClient) -> None:
    a, b, _ = await three_leads(client)
    made = await merged(client, a, b)
    items = (await client.get(f"/leads/{a['id']}/timeline")).json()["items"]
    [entry] = [one for one in items if one["kind"] == "MERGE"]
    assert (entry["title"], entry["actor"]) == ("Merged: 远景科技", made["merged_by"])
    await undo(client, made["id"])
    items = (await client.get(f"/leads/{a['id']}/timeline")).json()["items"]
    assert "MERGE" not in {one["kind"] for one in items}
