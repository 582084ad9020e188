"""Creating and reading people."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from kernel.personal import personal_fields
from org.logins.store import logins
from org.people.domain import Person
from org.people.schemas import PersonIn, PersonOut
from services.org.tests.factories import PASSWORD, codes, create_person
from testkit import tokens
from testkit.plugin import PublishedFacts


async def test_a_person_is_stored_and_published(
    client: AsyncClient, published: PublishedFacts
) -> None:
    body = {
        "name": " 李娜 ",
        "email": "li.na@example.com",
        "username": "Li.Na",
        "password": PASSWORD,
        "scopes": ["mtl.lead.write", "mtl.lead.read", "mtl.lead.read"],
    }
    answer = await client.post("/people", json=body)
    assert answer.status_code == 201, answer.text
    person = answer.json()
    assert answer.headers["Location"] == f"/org/v1/people/{person['id']}"
    assert (person["name"], person["username"], person["active"]) == ("李娜", "li.na", True)
    assert person["scopes"] == ["mtl.lead.read", "mtl.lead.write"]
    assert person["version"] == 1
    assert "tenant_id" not in person
    assert (await client.get(f"/people/{person['id']}")).json() == person
    [event] = await published()
    assert (event.type, event.sequence) == ("org.person.created.v1", 1)
    assert event.payload == {
        "person": {
            "person_id": person["id"],
            "name": "李娜",
            "email": "li.na@example.com",
            "active": True,
            "subject": person["id"],
            "phone": None,
            "posts": [],
            "manager_id": None,
            "leaves": [],
            "role_ids": [],
            "custom_fields": {},
            "deleted": False,
        }
    }


async def test_only_the_name_is_required(client: AsyncClient, tx: AsyncConnection) -> None:
    answer = await client.post("/people", json={"name": "Ann"})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["email"], answer.json()["username"]) == (None, None)
    assert answer.json()["scopes"] == []
    assert (await tx.execute(select(logins))).all() == []


async def test_passwords_are_neither_stored_nor_returned(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    answer = await client.post(
        "/people", json={"name": "A", "username": "ann", "password": PASSWORD}
    )
    assert PASSWORD not in answer.text
    stored_hash = (await tx.execute(select(logins.c.secret_hash))).scalar_one()
    assert stored_hash.startswith("$argon2id$")
    assert PASSWORD not in repr(
        PersonIn.model_validate({"name": "A", "username": "ann", "password": PASSWORD})
    )


async def test_mail_addresses_are_normalized(client: AsyncClient) -> None:
    answer = await client.post("/people", json={"name": "A", "email": " Li.Na@EXAMPLE.com "})
    assert (answer.status_code, answer.json()["email"]) == (201, "li.na@example.com")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": " "}, {("/name", "TOO_SHORT")}),
        ({"name": "x" * 201}, {("/name", "TOO_LONG")}),
        ({"name": "a\0"}, {("/name", "TEXT_INVALID")}),
        ({"email": "nobody"}, {("/email", "EMAIL_INVALID")}),
        ({"email": "a@b"}, {("/email", "EMAIL_INVALID")}),
        ({"email": "a b@c.de"}, {("/email", "EMAIL_INVALID")}),
        ({"username": "li na"}, {("/username", "PATTERN_MISMATCH")}),
        ({"username": "李娜"}, {("/username", "PATTERN_MISMATCH")}),
        ({"username": "x"}, {("/username", "PATTERN_MISMATCH")}),
        ({"password": "short"}, {("/password", "TOO_SHORT")}),
        ({"password": "x" * 129}, {("/password", "TOO_LONG")}),
        ({"password": None}, {("/password", "REQUIRED")}),
        ({"username": None}, {("/password", "USERNAME_MISSING")}),
        ({"scopes": ["MTL.lead.read"]}, {("/scopes/0", "PATTERN_MISMATCH")}),
        ({"scopes": ["mtl.lead"]}, {("/scopes/0", "PATTERN_MISMATCH")}),
        ({"scopes": ["mtl.lead.read", "a b"]}, {("/scopes/1", "PATTERN_MISMATCH")}),
        ({"scopes": ["*.lead.read"]}, {("/scopes/0", "PATTERN_MISMATCH")}),
        ({"scopes": "*"}, {("/scopes", "TYPE_INVALID")}),
        ({"tenant_id": str(new_id())}, {("/tenant_id", "UNKNOWN_FIELD")}),
        (
            {"name": None, "email": "x", "id": "1"},
            {
                ("/name", "TYPE_INVALID"),
                ("/email", "EMAIL_INVALID"),
                ("/id", "UNKNOWN_FIELD"),
            },
        ),
    ],
)
async def test_invalid_people_are_refused(
    client: AsyncClient,
    published: PublishedFacts,
    change: dict[str, Any],
    expected: set[tuple[str, str]],
) -> None:
    body = {"name": "Ann", "username": "ann", "password": PASSWORD, **change}
    answer = await client.post("/people", json=body)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected
    assert await published() == []


async def test_usernames_are_unique_across_tenants(
    client: AsyncClient, published: PublishedFacts
) -> None:
    await create_person(client)
    other = tokens.bearer(new_id())
    for headers, username in (({}, "LI.NA"), (other, "li.na")):
        answer = await client.post(
            "/people",
            json={"name": "B", "username": username, "password": PASSWORD},
            headers=headers,
        )
        assert answer.status_code == 422
        assert codes(answer) == {("/username", "USERNAME_TAKEN")}
        [error] = answer.json()["errors"]
        assert error["message"] == "The username li.na is already in use."
    assert len(await published()) == 1
    assert len((await client.get("/people")).json()["items"]) == 2  # with the caller


async def test_callers_can_grant_only_their_own_scopes(
    client: AsyncClient, tenant: UUID, published: PublishedFacts
) -> None:
    limited = tokens.bearer(tenant, scope="org.person.write mtl.*")
    accepted = await client.post(
        "/people", json={"name": "A", "scopes": ["mtl.lead.read", "mtl.*"]}, headers=limited
    )
    assert accepted.status_code == 201
    for scope in ("rms.payment.write", "rms.*", "*"):
        answer = await client.post(
            "/people", json={"name": "B", "scopes": ["mtl.lead.read", scope]}, headers=limited
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPES_NOT_HELD")
        assert answer.json()["params"] == {"scopes": [scope]}
    assert len(await published()) == 1


async def test_the_list_is_newest_first_and_paged(client: AsyncClient) -> None:
    caller = (await client.get(f"/people/{tokens.CALLER}")).json()
    made = [(await client.post("/people", json={"name": f"P{n}"})).json() for n in range(5)]
    first = (await client.get("/people?limit=2")).json()
    second = (await client.get(f"/people?limit=2&cursor={first['next_cursor']}")).json()
    third = (await client.get(f"/people?limit=2&cursor={second['next_cursor']}")).json()
    assert [*first["items"], *second["items"], *third["items"]] == [*made[::-1], caller]
    assert third["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [("limit=0", "TOO_SMALL"), ("nick=x", "UNKNOWN_FIELD"), ("cursor=x", "CURSOR_INVALID")],
)
async def test_invalid_list_parameters_are_refused(
    client: AsyncClient, query: str, code: str
) -> None:
    answer = await client.get(f"/people?{query}")
    assert answer.status_code == 422
    assert [e["code"] for e in answer.json()["errors"]] == [code]


def test_personal_fields_are_marked() -> None:
    marked = {("name",): "name", ("email",): "email", ("username",): "username"}
    marked[("phone",)] = "phone"
    for model in (PersonIn, Person):
        assert personal_fields(model) == marked
    inside = {path for path in personal_fields(PersonOut) if len(path) > 1}
    assert personal_fields(PersonOut) == marked | dict.fromkeys(inside, "name")
