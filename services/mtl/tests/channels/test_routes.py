"""Channels over HTTP: their rules are checked when saved, and can be tried."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.channels.senders import MAPPED, captures, make_channel, open_channel, send
from services.mtl.tests.factories import create, problem, violations
from testkit.directory import Company, subject
from testkit.plugin import PublishedFacts

GATE = {
    "required_fields": ["company"],
    "blocked_mail_domains": ["mailinator.com"],
    "blocked_words": ["贷款"],
    "conditions": [
        {
            "label": "预算太小",
            "when": {"field": "budget", "operator": "LT", "value": "1000"},
            "outcome": "REJECT",
        }
    ],
}


async def attempt(client: AsyncClient, channel_id: str, payload: Any) -> dict[str, Any]:
    answer = await client.post(f"/channels/{channel_id}/try", json={"payload": payload})
    assert answer.status_code == 200, answer.text
    tried: dict[str, Any] = answer.json()
    return tried


async def test_a_channel_shows_all_its_rules(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    await Company(tx).person("li")
    fields = {
        "mapping": MAPPED,
        "gate": GATE,
        "default_owner_id": subject("li"),
        "allowed_origins": ["https://www.example.com", "http://localhost:3000"],
        "honeypot": "/form/website2",
        "duplicate_policy": "MERGE",
        "requests_per_minute": 600,
    }
    channel = await make_channel(client, **fields)
    shown = (await client.get(f"/channels/{channel['id']}?expand=default_owner")).json()
    assert shown["default_owner_name"] == shown["default_owner"]["name"] == "li"
    for name, value in fields.items():
        assert name == "gate" or shown[name] == value
    assert GATE.items() <= shown["gate"].items()
    assert shown["gate"]["if_mail_domain_blocked"] == "REJECT"
    [fact] = await published()
    assert fact.type == "mtl.channel.created.v1"
    assert fact.payload["channel"]["duplicate_policy"] == "MERGE"
    edited = await client.patch(
        f"/channels/{channel['id']}", json={"gate": {"if_missing": "REJECT"}}
    )
    assert edited.json()["gate"]["if_missing"] == "REJECT"
    assert edited.json()["gate"]["blocked_words"] == ["贷款"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"mapping": {"fields": [{"target": "fone", "sources": ["a"]}]}}, "VALUE_UNKNOWN"),
        ({"mapping": {"felder": []}}, "UNKNOWN_FIELD"),
        (
            {"mapping": {"fields": [{"target": "name", "sources": ["a[?b]"]}]}},
            "MAPPING_PATH_INVALID",
        ),
        ({"gate": {"required_fields": ["fone"]}}, "CHANNEL_FIELD_UNKNOWN"),
        ({"gate": {"conditions": [{"label": "x", "when": {}}]}}, "RULE_CONDITION_SHAPE"),
        ({"gate": {"blocked_mail_domains": ["@x"]}}, "PATTERN_MISMATCH"),
        ({"honeypot": "a b"}, "MAPPING_PATH_INVALID"),
        ({"allowed_origins": ["https://a.example/path"]}, "PATTERN_MISMATCH"),
        ({"allowed_origins": ["*"]}, "PATTERN_MISMATCH"),
        ({"requests_per_minute": 0}, "TOO_SMALL"),
        ({"requests_per_minute": 6_001}, "TOO_LARGE"),
        ({"requests_per_minute": "60"}, "TYPE_INVALID"),
        ({"kind": "FAX"}, "VALUE_UNKNOWN"),
        ({"default_owner_id": "nobody"}, "OWNER_UNKNOWN"),
        ({"mapping": {"fields": [{"target": "name", "constant": "a\0"}]}}, "TEXT_INVALID"),
    ],
)
async def test_wrong_rules_are_refused(
    client: AsyncClient, fields: dict[str, Any], expected: str
) -> None:
    body = {"name": "官网", "kind": "WEB_FORM", **fields}
    answer = await client.post("/channels", json=body)
    assert answer.status_code == 422, answer.text
    assert expected in {code for _, code in violations(answer)}
    channel_id = (await make_channel(client))["id"]
    edited = await client.patch(f"/channels/{channel_id}", json=fields)
    assert edited.status_code == 422, edited.text


async def test_an_inactive_person_gets_no_channel(client: AsyncClient, tx: AsyncConnection) -> None:
    await Company(tx).person("li", active=False)
    body = {"name": "官网", "kind": "WEB_FORM", "default_owner_id": subject("li")}
    answer = await client.post("/channels", json=body)
    assert violations(answer) == {("/default_owner_id", "OWNER_INACTIVE")}


async def test_a_trial_says_everything_and_stores_nothing(client: AsyncClient) -> None:
    await create(client, name="李娜", phone="13800138000")
    channel = await make_channel(client, mapping=MAPPED, gate=GATE, honeypot="form.trap")
    form = {"name": " 王芳", "phone": "138 0013 8000", "mail": "a@x.mailinator.com", "need": "贷款"}
    tried = await attempt(client, channel["id"], {"form": form | {"budget": 500}, "id": "e-1"})
    assert tried["verdict"] == "REJECTED"
    assert tried["honeypot_filled"] is False
    assert [(one["field"], one["code"]) for one in tried["reasons"]] == [
        ("company", "CAPTURE_FIELD_MISSING"),
        ("email", "CAPTURE_MAIL_DOMAIN_BLOCKED"),
        ("need", "CAPTURE_WORD_BLOCKED"),
        (None, "CAPTURE_CONDITION_MET"),
    ]
    assert tried["reasons"][3]["message"] == "It meets the condition “预算太小”."
    by_target = {one["target"]: one for one in tried["fields"]}
    assert by_target["name"] == {
        "target": "name",
        "value": "王芳",
        "source": "form.name",
        "found": " 王芳",
        "is_default": False,
    }
    assert tried["lead"]["phone"] == "+8613800138000"
    assert tried["lead"]["budget"] == {"amount": "500.00", "currency": "CNY"}
    assert await captures(client) == []
    assert len((await client.get("/leads")).json()["items"]) == 1


async def test_a_trial_names_values_that_fit_no_field(client: AsyncClient) -> None:
    channel = await make_channel(client)
    payload = {"phone": "12", "email": "x", "uscc": "1", "company": "远景", "expected_on": "soon"}
    tried = await attempt(client, channel["id"], payload)
    assert tried["verdict"] == "QUARANTINED"
    assert {(one["field"], one["code"]) for one in tried["reasons"]} == {
        ("phone", "PHONE_INVALID"),
        ("email", "EMAIL_INVALID"),
        ("uscc", "USCC_INVALID"),
        ("expected_on", "DATE_INVALID"),
    }
    assert tried["lead"] == {"company": "远景", "source": "官网"}


async def test_reasons_are_in_the_language_of_the_sender(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, gate=GATE)
    payload = {"need": "贷款", "phone": "12"}
    for language, missing, unfit in (
        ("zh-CN", "缺少必填信息。", "提交的内容需要审核或不符合要求。"),
        ("en", "Required information is missing.", "The content was not accepted as it is."),
    ):
        sent = await send(client, channel_id, key, payload, Accept_Language=language)
        messages = [one["message"] for one in sent.json()["reasons"]]
        assert missing in messages
        assert unfit in messages
        assert "贷款" not in sent.text


async def test_a_deleted_channel_is_not_tried(client: AsyncClient) -> None:
    channel_id = (await make_channel(client))["id"]
    await client.delete(f"/channels/{channel_id}")
    answer = await client.post(f"/channels/{channel_id}/try", json={"payload": {}})
    assert problem(answer) == (404, "CHANNEL_NOT_FOUND")


async def test_rules_are_tried_before_they_are_saved(client: AsyncClient) -> None:
    channel = await make_channel(client, mapping=MAPPED, gate=GATE)
    path = f"/channels/{channel['id']}"
    payload = {"contact": {"firm": "远景", "mobile": "138-0013-8000"}, "trap": "x"}
    fields = [
        {"target": "company", "sources": ["contact.firm"]},
        {"target": "phone", "sources": ["contact.mobile"]},
    ]
    rules = {"mapping": {"fields": fields}, "honeypot": "trap"}
    tried = await client.post(f"{path}/try", json={"payload": payload, "rules": rules})
    assert tried.status_code == 200, tried.text
    found = tried.json()
    assert found["lead"]["phone"] == "+8613800138000"
    assert (found["honeypot_filled"], found["verdict"]) == (True, "REJECTED")
    strict = {**rules, "gate": {"required_fields": ["email"]}, "honeypot": None}
    answer = await client.post(f"{path}/try", json={"payload": payload, "rules": strict})
    [reason] = answer.json()["reasons"]
    assert (reason["field"], answer.json()["verdict"]) == ("email", "QUARANTINED")
    # What is left out is tried as it was saved.
    assert (await attempt(client, channel["id"], payload))["lead"] == {"source": "官网"}
    assert (await client.get(path)).json() == channel


async def test_wrong_rules_that_are_tried_are_refused_with_all_reasons(
    client: AsyncClient,
) -> None:
    channel_id = (await make_channel(client))["id"]
    rules = {
        "mapping": {"fields": [{"target": "nickname", "sources": ["a"]}]},
        "gate": {"required_fields": ["nickname"]},
        "honeypot": "a[",
    }
    body = {"payload": {}, "rules": rules}
    answer = await client.post(f"/channels/{channel_id}/try", json=body)
    assert answer.status_code == 422, answer.text
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {
        "/rules/mapping/fields/0/target",
        "/rules/gate/required_fields/0",
        "/rules/honeypot",
    }
