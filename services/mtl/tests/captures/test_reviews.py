"""People decide about captures in quarantine."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.channels.senders import captures, open_channel, send, send_batch
from services.mtl.tests.conversions.neighbours import add_account
from services.mtl.tests.factories import create, problem, violations
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts

GATE = {"required_fields": ["phone"]}


async def quarantined(client: AsyncClient, **channel: Any) -> dict[str, Any]:
    """Hand in a capture without the phone that the channel requires."""
    channel_id, key = await open_channel(client, gate=GATE, **channel)
    answer = await send(client, channel_id, key, {"name": "王芳", "email": "w@example.com"})
    assert answer.json()["outcome"] == "QUARANTINED", answer.text
    [capture] = await captures(client, f"channel_id={channel_id}&outcome=QUARANTINED")
    return capture


async def decide(client: AsyncClient, capture_id: str, verb: str, **body: Any) -> Any:
    return await client.post(f"/captures/{capture_id}/{verb}", json=body)


async def test_an_approved_capture_becomes_a_lead_with_corrections(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    await Company(tx).person("li")
    capture = await quarantined(client)
    assert capture["fields"] == {"name": "王芳", "email": "w@example.com", "source": "官网"}
    client.headers.update(sign_in(tenant, "li", scope="*"))
    fields = {"phone": "138-0013-8000", "email": None}
    answer = await decide(client, capture["id"], "approve", fields=fields, note="已电话核实")
    assert answer.status_code == 200, answer.text
    approved = answer.json()
    assert (approved["outcome"], approved["reviewed_by_name"]) == ("ACCEPTED", "li")
    assert (approved["review_note"], approved["version"]) == ("已电话核实", 2)
    lead = (await client.get(f"/leads/{approved['lead_id']}")).json()
    assert (lead["phone"], lead["email"], lead["name"]) == ("+8613800138000", None, "王芳")
    [touch] = (await client.get(f"/leads/{lead['id']}/touches")).json()["items"]
    assert touch["payload"] == {"name": "王芳", "email": "w@example.com"}
    entry = (await client.get(f"/captures/{capture['id']}/audit")).json()["items"][0]
    assert entry["actor_name"] == "li"
    assert "outcome" in {change["field"] for change in entry["changes"]}
    facts = [fact.type for fact in await published()]
    assert facts.count("mtl.lead.captured.v1") == 1


async def test_approving_again_repeats_the_answer_and_nothing_else(client: AsyncClient) -> None:
    capture = await quarantined(client)
    body = {"fields": {"phone": "13800138000"}, "note": "好"}
    first = await decide(client, capture["id"], "approve", **body)
    again = await decide(client, capture["id"], "approve", **body)
    assert again.json() == first.json()
    other = await decide(client, capture["id"], "approve", fields={"phone": "13800138001"})
    assert problem(other) == (409, "MOVE_MADE_OTHERWISE")
    rejected = await decide(client, capture["id"], "reject", note="同行")
    assert problem(rejected) == (409, "CAPTURE_NOT_WAITING")
    assert len((await client.get("/leads")).json()["items"]) == 1


async def test_a_rejected_capture_keeps_its_first_reason(client: AsyncClient) -> None:
    capture = await quarantined(client)
    first = await decide(client, capture["id"], "reject", note="同行询价")
    assert (first.status_code, first.json()["outcome"]) == (200, "REJECTED")
    assert first.json()["review_note"] == "同行询价"
    assert (await decide(client, capture["id"], "reject", note="同行询价")).json() == first.json()
    other = await decide(client, capture["id"], "reject", note="广告")
    assert problem(other) == (409, "MOVE_MADE_OTHERWISE")
    approved = await decide(client, capture["id"], "approve")
    assert problem(approved) == (409, "CAPTURE_NOT_WAITING")
    assert (await client.get("/leads")).json()["items"] == []


async def test_a_stale_copy_is_not_decided_about(client: AsyncClient) -> None:
    capture = await quarantined(client)
    client.headers.pop("If-Match")
    for headers, status in (({"If-Match": '"9"'}, 412), ({}, 428)):
        for verb, body in (("approve", {}), ("reject", {"note": "x"})):
            path = f"/captures/{capture['id']}/{verb}"
            answer = await client.post(path, json=body, headers=headers)
            assert answer.status_code == status, answer.text


async def test_every_field_of_an_approved_capture_must_be_valid(client: AsyncClient) -> None:
    capture = await quarantined(client)
    fields = {"phone": "12", "email": "no mail", "uscc": "91110000600037341X"}
    answer = await decide(client, capture["id"], "approve", fields=fields)
    assert answer.status_code == 422
    assert violations(answer) == {
        ("/fields/phone", "PHONE_INVALID"),
        ("/fields/email", "EMAIL_INVALID"),
        ("/fields/uscc", "USCC_INVALID"),
    }
    answer = await decide(client, capture["id"], "approve", fields={"phone": {"a": 1}, "x": 1})
    assert violations(answer) == {
        ("/fields/phone", "TYPE_INVALID"),
        ("/fields/x", "UNKNOWN_FIELD"),
    }
    empty = await decide(client, capture["id"], "approve", fields={"name": None, "email": None})
    assert violations(empty) == {("/fields", "LEAD_EMPTY")}
    assert (await captures(client))[0]["outcome"] == "QUARANTINED"


@pytest.mark.parametrize(("policy", "outcome"), [("ATTACH", "ATTACHED"), ("MERGE", "ATTACHED")])
async def test_an_approved_duplicate_is_attached(
    client: AsyncClient, policy: str, outcome: str
) -> None:
    lead = await create(client, name="王芳", email="w@example.com")
    capture = await quarantined(client, duplicate_policy=policy)
    approved = (await decide(client, capture["id"], "approve")).json()
    assert (approved["outcome"], approved["lead_id"]) == (outcome, lead["id"])
    assert len((await client.get(f"/leads/{lead['id']}/touches")).json()["items"]) == 1


async def test_an_approved_duplicate_is_refused_where_the_channel_says_so(
    client: AsyncClient,
) -> None:
    await create(client, name="王芳", email="w@example.com")
    capture = await quarantined(client, duplicate_policy="BLOCK")
    answer = await decide(client, capture["id"], "approve")
    assert problem(answer) == (409, "CAPTURE_KNOWN")
    assert (await captures(client))[0]["outcome"] == "QUARANTINED"


async def test_the_queue_has_pages_tabs_and_filters(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, gate=GATE)
    good, bad = {"phone": "13800138000"}, {"name": "王芳"}
    await send_batch(client, channel_id, key, [{"payload": each} for each in (bad, good, bad, bad)])
    query = "outcome=QUARANTINED&sort=created_at&limit=2&count_by=outcome"
    first = (await client.get(f"/captures?{query}")).json()
    assert {each["value"]: each["count"] for each in first["counts"]}["QUARANTINED"] == 3
    rest = (await client.get(f"/captures?{query}&cursor={first['next_cursor']}")).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert await captures(client, f"channel_id={channel_id}&outcome=REJECTED") == []
    assert len(await captures(client, "created_at__gte=2020-01-01T00:00:00Z")) == 4
    assert "payload" not in first["items"][0]
    whole = (await client.get(f"/captures/{first['items'][0]['id']}?expand=channel")).json()
    assert whole["payload"] == bad
    assert whole["channel"]["name"] == "官网"


async def test_reviewers_see_what_is_like_a_capture_before_they_decide(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    lead = await create(client, company="杭州远景科技有限公司", name="王芳", email="w@example.com")
    account_id = await add_account(tx, "远景科技", owner_id=subject("zheng"))
    capture = await quarantined(client)
    answer = await client.get(f"/captures/{capture['id']}/duplicates")
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["duplicates"]
    assert (found["lead_id"], found["score"], found["reasons"]) == (
        lead["id"],
        100,
        ["EMAIL_EQUAL"],
    )
    body = {"name": "王芳", "email": "w@example.com", "source": "官网"}
    check = await client.post("/leads/duplicate-check", json=body)
    assert check.json() == answer.json()
    corrected = await client.post("/leads/duplicate-check", json={"company": "远景科技"})
    assert [one["account_id"] for one in corrected.json()["accounts"]] == [str(account_id)]
    seller = sign_in(tenant, "li", scope="mtl.capture.read mtl.lead.read")
    hidden = (await client.get(f"/captures/{capture['id']}/duplicates", headers=seller)).json()
    assert (hidden["duplicates"][0]["lead_id"], hidden["duplicates"][0]["score"]) == (None, 100)
    refused = sign_in(tenant, "li", scope="mtl.lead.read")
    answer = await client.get(f"/captures/{capture['id']}/duplicates", headers=refused)
    assert problem(answer) == (403, "SCOPE_MISSING")
