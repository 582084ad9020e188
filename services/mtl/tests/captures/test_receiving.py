"""Senders hand in payloads with the key of a channel, and leads come of them."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.channels.senders import (
    MAPPED,
    captures,
    issue_key,
    make_channel,
    open_channel,
    send,
)
from services.mtl.tests.factories import create, problem
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts, PublishedWork

FORM = {"form": {"name": " 王芳 ", "company": "远景科技", "phone": "138 0013 8000"}, "page": "/cn"}
MANAGER = "mtl.channel.read mtl.channel.write mtl.capture.read mtl.capture.write mtl.lead.*"


async def leads_of(client: AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/leads?sort=created_at")).json()["items"]
    return items


async def test_a_capture_becomes_a_lead_with_its_touch(
    client: AsyncClient, published: PublishedFacts
) -> None:
    channel_id, key = await open_channel(client, mapping=MAPPED)
    answer = await send(client, channel_id, key, FORM, event_id="e-1")
    assert answer.status_code == 201, answer.text
    assert answer.json()["outcome"] == "ACCEPTED"
    assert answer.json()["reasons"] == []
    [lead] = await leads_of(client)
    shown = {name: lead[name] for name in ("name", "company", "phone", "source", "owner_id")}
    assert shown == {
        "name": "王芳",
        "company": "远景科技",
        "phone": "+8613800138000",
        "source": "官网",
        "owner_id": None,
    }
    [touch] = (await client.get(f"/leads/{lead['id']}/touches")).json()["items"]
    assert (touch["kind"], touch["channel"]) == ("FORM", "官网")
    assert touch["payload"] == {
        "form.name": "王芳",
        "form.company": "远景科技",
        "form.phone": "138 0013 8000",
        "page": "/cn",
    }
    [capture] = await captures(client)
    assert (capture["outcome"], capture["lead_id"]) == ("ACCEPTED", lead["id"])
    assert (capture["channel_name"], capture["lead_name"]) == ("官网", "远景科技")
    facts = [fact.type for fact in await published()]
    assert facts.count("mtl.lead.captured.v1") == 1
    assert facts.count("mtl.lead_touch.recorded.v1") == 1


async def test_the_default_owner_gets_the_lead_and_its_task(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    await Company(tx).person("li")
    channel_id, key = await open_channel(client, default_owner_id=subject("li"))
    await send(client, channel_id, key, {"company": "远景科技"})
    [lead] = await leads_of(client)
    assert (lead["owner_id"], lead["owner_name"]) == (subject("li"), "li")
    [work] = await published_work()
    assert (work.step, work.kind, work.person) == ("raised", "WORK_LEAD", subject("li"))


async def test_a_default_owner_who_left_gets_nothing(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    company = Company(tx)
    await company.person("li")
    channel_id, key = await open_channel(client, default_owner_id=subject("li"))
    await company.person("li", active=False)
    await send(client, channel_id, key, {"company": "远景科技"})
    [lead] = await leads_of(client)
    assert lead["owner_id"] is None
    assert await published_work() == []


@pytest.mark.parametrize(
    ("policy", "outcome", "leads", "touches"),
    [
        ("BLOCK", "REJECTED", 1, 0),
        ("ATTACH", "ATTACHED", 1, 1),
        ("CREATE_AND_FLAG", "ACCEPTED", 2, 0),
        ("MERGE", "ATTACHED", 1, 1),
    ],
)
async def test_a_channel_says_what_becomes_of_duplicates(
    client: AsyncClient, policy: str, outcome: str, leads: int, touches: int
) -> None:
    lead = await create(client, name="王芳", phone="13800138000")
    channel_id, key = await open_channel(client, duplicate_policy=policy, shows_duplicates=True)
    payload = {"name": "王小芳", "phone": "+86 138-0013-8000", "company": "远景科技", "need": "CRM"}
    answer = await send(client, channel_id, key, payload)
    assert (answer.status_code, answer.json()["outcome"]) == (201, outcome)
    assert lead["id"] not in answer.text
    assert len(await leads_of(client)) == leads
    [capture] = await captures(client)
    assert capture["duplicate_of_id"] == lead["id"]
    found = (await client.get(f"/leads/{lead['id']}/touches")).json()["items"]
    assert len(found) == touches
    now = (await client.get(f"/leads/{lead['id']}")).json()
    filled = ("远景科技", "CRM") if policy == "MERGE" else (None, None)
    assert (now["name"], now["company"], now["need"]) == ("王芳", *filled)


async def test_a_flagged_lead_holds_no_key_of_the_other(client: AsyncClient) -> None:
    first = await create(client, name="王芳", phone="13800138000")
    channel_id, key = await open_channel(client, duplicate_policy="CREATE_AND_FLAG")
    for _ in range(2):
        await send(client, channel_id, key, {"phone": "13800138000"})
    assert {each["duplicate_of_id"] for each in await captures(client)} == {first["id"]}
    again = await client.post("/leads", json={"phone": "13800138000"})
    assert problem(again) == (409, "LEAD_DUPLICATE")
    assert again.json()["params"]["lead_id"] == first["id"]


async def test_a_converted_lead_is_not_filled_but_touched(client: AsyncClient) -> None:
    lead = await create(client, name="王芳", phone="13800138000")
    await client.post(f"/leads/{lead['id']}/qualify")
    await client.post(f"/leads/{lead['id']}/convert")
    channel_id, key = await open_channel(client, duplicate_policy="MERGE")
    answer = await send(client, channel_id, key, {"phone": "13800138000", "company": "远景科技"})
    assert answer.status_code == 201
    assert (await client.get(f"/leads/{lead['id']}")).json()["company"] is None
    assert len((await client.get(f"/leads/{lead['id']}/touches")).json()["items"]) == 1


async def test_values_that_would_make_another_duplicate_are_not_filled_in(
    client: AsyncClient,
) -> None:
    lead = await create(client, name="王芳", phone="13800138000")
    await create(client, name="李娜", email="li@example.com")
    channel_id, key = await open_channel(client, duplicate_policy="MERGE")
    payload = {"phone": "13800138000", "email": "li@example.com", "need": "CRM"}
    assert (await send(client, channel_id, key, payload)).status_code == 201
    now = (await client.get(f"/leads/{lead['id']}")).json()
    assert (now["email"], now["need"]) == (None, None)
    [capture] = await captures(client)
    assert (capture["outcome"], capture["lead_id"]) == ("ATTACHED", lead["id"])


@pytest.mark.parametrize("policy", ["ATTACH", "BLOCK"])
async def test_a_sender_does_not_learn_who_is_known(client: AsyncClient, policy: str) -> None:
    await create(client, name="王芳", phone="13800138000")
    channel_id, key = await open_channel(client, duplicate_policy=policy)
    known = (await send(client, channel_id, key, {"phone": "13800138000"})).json()
    unknown = (await send(client, channel_id, key, {"phone": "13800138001"})).json()
    for answer in (known, unknown):
        answer.pop("capture_id")
    assert known == unknown == {"outcome": "ACCEPTED", "reasons": []}


async def test_an_event_that_is_sent_again_counts_once(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, mapping=MAPPED)
    first = await send(client, channel_id, key, FORM, event_id="e-1")
    again = await send(client, channel_id, key, FORM, event_id="e-1")
    other_key = (await issue_key(client, channel_id))["key"]
    rotated = await send(client, channel_id, other_key, FORM, event_id="e-1")
    assert (first.status_code, again.status_code, rotated.status_code) == (201, 200, 200)
    assert first.json() == again.json() == rotated.json()
    assert len(await captures(client)) == 1
    changed = await send(client, channel_id, key, {"form": {"name": "李娜"}}, event_id="e-1")
    assert problem(changed) == (409, "CAPTURE_RECORDED_OTHERWISE")


async def test_the_event_id_may_be_a_field_that_the_mapping_names(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, mapping=MAPPED)
    statuses = [(await send(client, channel_id, key, {**FORM, "id": 7})).status_code for _ in "ab"]
    assert statuses == [201, 200]
    assert len(await leads_of(client)) == 1


async def test_two_channels_may_use_one_event_id(client: AsyncClient) -> None:
    for name in ("官网", "展会"):
        channel_id, key = await open_channel(client, name=name)
        answer = await send(client, channel_id, key, {"company": name}, event_id="e-1")
        assert answer.status_code == 201
    assert len(await leads_of(client)) == 2


async def test_custom_fields_are_filled_and_required_ones_are_asked_for(
    client: AsyncClient,
) -> None:
    for key, required in (("product", False), ("area", True)):
        field = {"resource": "mtl.lead", "key": key, "type": "TEXT", "required": required}
        names = {"label_zh": key, "label_en": key}
        assert (await client.post("/custom-fields", json=field | names)).status_code == 201
    channel_id, key = await open_channel(
        client,
        mapping={
            "fields": [
                {"target": "company", "sources": ["c"]},
                {"target": "custom.product", "sources": ["p"]},
                {"target": "custom.area", "sources": ["a"]},
            ]
        },
    )
    whole = await send(client, channel_id, key, {"c": "远景", "p": "CRM", "a": "华东"})
    assert whole.json()["outcome"] == "ACCEPTED"
    [lead] = await leads_of(client)
    assert lead["custom_fields"] == {"product": "CRM", "area": "华东"}
    part = (await send(client, channel_id, key, {"c": "远景", "p": "CRM"})).json()
    assert part["outcome"] == "QUARANTINED"
    assert [(one["field"], one["code"]) for one in part["reasons"]] == [("custom.area", "REQUIRED")]


async def test_rules_that_name_a_deleted_field_send_everything_to_quarantine(
    client: AsyncClient,
) -> None:
    field = {
        "resource": "mtl.lead",
        "key": "area",
        "type": "TEXT",
        "label_zh": "区",
        "label_en": "a",
    }
    field_id = (await client.post("/custom-fields", json=field)).json()["id"]
    mapping = {"fields": [{"target": "custom.area", "sources": ["a"]}]}
    channel_id, key = await open_channel(client, mapping=mapping)
    assert (await client.delete(f"/custom-fields/{field_id}")).status_code == 204
    answer = await send(client, channel_id, key, {"a": "华东"})
    assert answer.json()["outcome"] == "QUARANTINED"
    [capture] = await captures(client)
    assert [one["code"] for one in capture["reasons"]] == ["CAPTURE_RULES_UNREADABLE"]


async def test_a_day_in_the_payload_is_when_the_person_had_contact(client: AsyncClient) -> None:
    zone = {"kind": "INSTANT", "format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai"}
    fields = [
        {"target": "company", "sources": ["c"]},
        {"target": "touch.at", "sources": ["at"], "transforms": [zone]},
        {"target": "touch.subject", "sources": ["topic"]},
    ]
    channel_id, key = await open_channel(client, kind="SEMINAR", mapping={"fields": fields})
    payload = {"c": "远景", "at": "2026-11-20 10:00", "topic": "智能制造"}
    await send(client, channel_id, key, payload)
    [lead] = await leads_of(client)
    [touch] = (await client.get(f"/leads/{lead['id']}/touches")).json()["items"]
    assert (touch["at"], touch["kind"]) == ("2026-11-20T02:00:00Z", "SEMINAR")
    assert touch["subject"] == "智能制造"
    await send(client, channel_id, key, payload | {"c": "星辰", "at": "2999-01-01 10:00"})
    [late, _] = await captures(client)
    assert late["touched_at"] == late["created_at"]


async def test_managers_keep_channels_and_sellers_do_not(
    client: AsyncClient, tenant: UUID, tx: AsyncConnection
) -> None:
    await Company(tx).person("li")
    await make_channel(client)
    manager, seller = (
        sign_in(tenant, "li", scope=scope) for scope in (MANAGER, "mtl.lead.read mtl.lead.write")
    )
    for path in ("/channels", "/captures"):
        assert (await client.get(path, headers=manager)).status_code == 200
        assert problem(await client.get(path, headers=seller)) == (403, "SCOPE_MISSING")
