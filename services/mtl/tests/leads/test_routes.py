"""Capture, read and list leads over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from services.mtl.tests.factories import (
    CONTACT,
    create,
    problem,
    violations,
)
from testkit.plugin import PublishedFacts

Token = Callable[..., str]
ME = "01990000-0000-7000-8000-000000000001"


async def test_a_captured_lead_is_normalized_stored_and_published(
    client: AsyncClient, published: PublishedFacts
) -> None:
    body = {
        "name": " 王芳 ",
        "company": "远景科技",
        "phone": "０１０－６２３４５６７８",
        "email": "Wang.Fang@Example.com",
        "external_id": "EXPO-1",
        "source": "展会",
        "attributes": {"兴趣": " CRM "},
    }
    answer = await client.post("/leads", json=body)
    lead = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/mtl/v1/leads/{lead['id']}"
    expected = {
        **body,
        "name": "王芳",
        "phone": "+861062345678",
        "email": "wang.fang@example.com",
        "attributes": {"兴趣": "CRM"},
        "owner_id": ME,
        "status": "RAW",
        "version": 1,
        "converted_at": None,
    }
    assert {name: lead[name] for name in expected} == expected
    assert "tenant_id" not in lead
    assert (await client.get(f"/leads/{lead['id']}")).json() == lead
    [event] = await published()
    assert (event.type, event.sequence) == ("mtl.lead.captured.v1", 1)
    assert event.payload["lead"]["phone"] == "+861062345678"


@pytest.mark.parametrize("field", ["name", "company", "phone", "email", "external_id"])
async def test_one_identifying_field_is_enough(client: AsyncClient, field: str) -> None:
    fields = {**CONTACT, "external_id": "1"}
    assert (await client.post("/leads", json={field: fields[field]})).status_code == 201


LONG = "x" * 1001


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("", "LEAD_EMPTY")}),
        ({"name": None, "source": "展会"}, {("", "LEAD_EMPTY")}),
        ({"colour": "red"}, {("", "LEAD_EMPTY"), ("/colour", "UNKNOWN_FIELD")}),
        ({"source": ""}, {("", "LEAD_EMPTY"), ("/source", "TOO_SHORT")}),
        ({"name": "  "}, {("/name", "TOO_SHORT")}),
        ({"name": "x" * 201}, {("/name", "TOO_LONG")}),
        ({"name": 1}, {("/name", "TYPE_INVALID")}),
        ({"name": "a\0b"}, {("/name", "TEXT_INVALID")}),
        ({"phone": "12"}, {("/phone", "PHONE_INVALID")}),
        ({"phone": "13800138000 or 5"}, {("/phone", "PHONE_INVALID")}),
        ({"email": "a@b"}, {("/email", "EMAIL_INVALID")}),
        ({"company": "A", "attributes": {"a": LONG}}, {("/attributes/a", "TOO_LONG")}),
        ({"company": "A", "attributes": {"a": 1}}, {("/attributes/a", "TYPE_INVALID")}),
        (
            {"company": "A", "attributes": {str(n): "" for n in range(101)}},
            {("/attributes", "TOO_LONG")},
        ),
        (
            {"name": "", "phone": "abc", "email": "x", "colour": "red", "tenant_id": "y"},
            {
                ("/name", "TOO_SHORT"),
                ("/phone", "PHONE_INVALID"),
                ("/email", "EMAIL_INVALID"),
                ("/colour", "UNKNOWN_FIELD"),
                ("/tenant_id", "UNKNOWN_FIELD"),
            },
        ),
    ],
)
async def test_all_violations_of_a_body_are_reported_at_once(
    client: AsyncClient,
    published: PublishedFacts,
    body: dict[str, Any],
    expected: set[tuple[str, str]],
) -> None:
    answer = await client.post("/leads", json=body)
    assert problem(answer) == (422, "VALIDATION_FAILED")
    assert violations(answer) == expected
    assert await published() == []


async def test_violations_are_in_the_language_of_the_caller(client: AsyncClient) -> None:
    body = {"phone": "12", "email": "x", "colour": "red"}
    answer = await client.post("/leads", json=body, headers={"Accept-Language": "zh-CN"})
    assert {error["message"] for error in answer.json()["errors"]} == {
        "不是有效的电话号码。",
        "不是有效的邮箱地址。",
        "未知字段。",
    }


@pytest.mark.parametrize("content", [b"[]", b"null", b'"x"', b"{", b'{"name": "\\ud800"}', b"1"])
async def test_malformed_bodies_are_refused(client: AsyncClient, content: bytes) -> None:
    answer = await client.post(
        "/leads", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    ("again", "matched"),
    [
        ({"phone": "0086 138-0013-8000"}, "phone"),
        ({"email": "W@EXAMPLE.COM"}, "email"),
        ({"external_id": " 7 "}, "external_id"),
        ({"phone": "010-62345678", "email": "w@example.com"}, "email"),
        ({"external_id": "7", "email": "w@example.com", "phone": "13800138000"}, "phone"),
    ],
)
async def test_a_duplicate_error_identifies_the_existing_lead(
    client: AsyncClient, published: PublishedFacts, again: dict[str, str], matched: str
) -> None:
    first = await create(client, **CONTACT, external_id="7")
    answer = await client.post("/leads", json=again)
    assert problem(answer) == (409, "LEAD_DUPLICATE")
    assert answer.json()["params"] == {"lead_id": first["id"], "matched": matched}
    assert answer.json()["detail"].startswith("This lead already exists (same ")
    assert len(await published()) == 1


async def test_equal_names_and_companies_are_not_duplicates(client: AsyncClient) -> None:
    first = await create(client, name="王芳", company="远景科技")
    second = await create(client, name="王芳", company="远景科技")
    assert first["id"] != second["id"]


async def test_a_refused_duplicate_reserves_no_keys(client: AsyncClient) -> None:
    await create(client, phone="13800138000")
    both = {"phone": "13800138000", "email": "new@example.com"}
    assert (await client.post("/leads", json=both)).status_code == 409
    await create(client, email="new@example.com")


async def test_another_tenant_may_have_the_same_lead(client: AsyncClient, token: Token) -> None:
    mine = await create(client, **CONTACT)
    other = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    assert (await client.post("/leads", json=CONTACT, headers=other)).status_code == 201
    for method, path in [
        ("GET", ""),
        ("GET", "/history"),
        ("POST", "/qualify"),
        ("POST", "/convert"),
    ]:
        answer = await client.request(method, f"/leads/{mine['id']}{path}", headers=other)
        assert problem(answer) == (404, "LEAD_NOT_FOUND")
    assert len((await client.get("/leads", headers=other)).json()["items"]) == 1


async def test_lists_are_newest_first_paged_and_filtered(client: AsyncClient, token: Token) -> None:
    mine = [(await create(client, external_id=str(n)))["id"] for n in range(5)]
    theirs = {"Authorization": f"Bearer {token(sub='another')}"}
    other = (await client.post("/leads", json={"company": "A"}, headers=theirs)).json()["id"]
    await client.post(f"/leads/{mine[0]}/qualify")

    async def listed(query: str) -> list[str]:
        return [lead["id"] for lead in (await client.get(f"/leads?{query}")).json()["items"]]

    assert await listed("") == [other, *reversed(mine)]
    assert await listed("status=SQL") == [mine[0]]
    assert await listed("owner_id=another") == [other]
    assert await listed(f"owner_id={ME}&status=RAW") == list(reversed(mine[1:]))
    listed_ids: list[str] = []
    page = (await client.get("/leads?limit=2&status=RAW")).json()
    while page["next_cursor"]:
        listed_ids += [lead["id"] for lead in page["items"]]
        page = (await client.get(f"/leads?limit=2&status=RAW&cursor={page['next_cursor']}")).json()
    assert [*listed_ids, *(lead["id"] for lead in page["items"])] == [other, *reversed(mine[1:])]


@pytest.mark.parametrize(
    ("query", "violation"),
    [
        ("status=OLD", ("?status", "VALUE_UNKNOWN")),
        ("colour=red", ("?colour", "UNKNOWN_FIELD")),
        ("cursor=abc", ("?cursor", "CURSOR_INVALID")),
        ("limit=0", ("?limit", "TOO_SMALL")),
    ],
)
async def test_invalid_list_parameters_are_refused(
    client: AsyncClient, query: str, violation: tuple[str, str]
) -> None:
    answer = await client.get(f"/leads?{query}")
    assert (answer.status_code, violations(answer)) == (422, {violation})


async def test_unknown_ids_answer_404_and_malformed_ids_422(client: AsyncClient) -> None:
    for method, path in [("GET", ""), ("POST", "/qualify"), ("POST", "/convert")]:
        answer = await client.request(method, f"/leads/{uuid4()}{path}")
        assert problem(answer) == (404, "LEAD_NOT_FOUND")
        assert (await client.request(method, f"/leads/x{path}")).status_code == 422
