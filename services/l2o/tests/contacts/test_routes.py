"""The HTTP API of contacts."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.factories import add_account, add_contact
from testkit.plugin import PublishedFacts

Token = Callable[..., str]
ID = str(uuid4())


async def test_a_created_contact_is_normalized_stored_and_published(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    request_body = {
        "account_id": str(account.id),
        "name": " 王伟 ",
        "phone": "138-0013-8000",
        "email": "Wang.Wei@Example.com",
    }
    answer = await client.post("/contacts", json=request_body)
    assert answer.status_code == 201, answer.text
    created = answer.json()
    assert answer.headers["Location"] == f"/l2o/v1/contacts/{created['id']}"
    assert created == {
        "id": created["id"],
        "account_id": str(account.id),
        "name": "王伟",
        "phone": "+8613800138000",
        "email": "wang.wei@example.com",
        "title": None,
        "roles": [],
        "is_primary": True,
        "phones": [],
        "emails": [],
        "external_ids": [],
        "custom_fields": {},
        "owner_id": account.owner_id,
        "account_name": account.name,
        "owner_name": None,
        "version": 1,
        "created_at": created["created_at"],
        "updated_at": created["created_at"],
        "deleted_at": None,
    }
    assert (await client.get(f"/contacts/{created['id']}")).json() == created
    [event] = await published()
    assert (event.type, event.sequence) == ("l2o.contact.created.v1", 1)
    assert event.payload["contact"]["phone"] == "+8613800138000"


async def test_all_spellings_of_a_phone_are_stored_as_one(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    spellings = ["13800138000", "+86 138 0013 8000", "0086-13800138000", "１３８００１３８０００"]
    stored = set()
    for phone in spellings:
        request_body = {"account_id": str(account.id), "name": "王伟", "phone": phone}
        stored.add((await client.post("/contacts", json=request_body)).json()["phone"])
    assert stored == {"+8613800138000"}


async def test_a_contact_of_an_unknown_account_is_refused(
    client: AsyncClient, tx: AsyncConnection, token: Token, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    other = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    for account_id, headers in [(ID, {}), (str(account.id), other)]:
        request_body = {"account_id": account_id, "name": "王伟"}
        answer = await client.post("/contacts", json=request_body, headers=headers)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            ("/account_id", "ACCOUNT_UNKNOWN")
        ]
    assert await published() == []


async def test_the_list_is_newest_first_and_filtered_by_account(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account, other = await add_account(tx), await add_account(tx)
    mine = [str((await add_contact(tx, account.id)).id) for _ in range(3)]
    theirs = str((await add_contact(tx, other.id)).id)
    items = (await client.get("/contacts")).json()["items"]
    assert [contact["id"] for contact in items] == [theirs, *mine[::-1]]
    query = f"/contacts?account_id={account.id}&limit=2"
    first = (await client.get(query)).json()
    second = (await client.get(f"{query}&cursor={first['next_cursor']}")).json()
    assert [c["id"] for c in first["items"] + second["items"]] == mine[::-1]
    assert second["next_cursor"] is None


def body(**changes: Any) -> dict[str, Any]:
    return {"account_id": ID, "name": "x", **changes}


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        ({}, {("/account_id", "REQUIRED"), ("/name", "REQUIRED")}),
        (body(account_id=None), {("/account_id", "ID_INVALID")}),
        (body(name="\t"), {("/name", "TOO_SHORT")}),
        (body(name="x" * 201), {("/name", "TOO_LONG")}),
        (body(name="x\0"), {("/name", "TEXT_INVALID")}),
        (body(phone="+86 138001380001"), {("/phone", "PHONE_INVALID")}),
        (body(phone="1" * 51), {("/phone", "TOO_LONG")}),
        (body(phone=[]), {("/phone", "TYPE_INVALID")}),
        (body(email="wang"), {("/email", "EMAIL_INVALID")}),
        (body(email="wang@example"), {("/email", "EMAIL_INVALID")}),
        (body(email="x@example.com\0"), {("/email", "TEXT_INVALID")}),
        (body(email="x" * 321), {("/email", "TOO_LONG")}),
        (body(owner_id="me"), {("/owner_id", "UNKNOWN_FIELD")}),
        (
            body(name="", phone="?", email="?", mail="?"),
            {
                ("/name", "TOO_SHORT"),
                ("/phone", "PHONE_INVALID"),
                ("/email", "EMAIL_INVALID"),
                ("/mail", "UNKNOWN_FIELD"),
            },
        ),
        ([body()], {("", "TYPE_INVALID")}),
    ],
)
async def test_invalid_bodies_are_refused(
    client: AsyncClient, request_body: Any, expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/contacts", json=request_body)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == expected
    assert all(e["message"] != e["code"] for e in answer.json()["errors"])
