"""Transfers of accounts with their contacts, and the visibility of related records."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.factories import add_account, add_contact, add_opportunity
from testkit.directory import Company, directory_id, sign_in, subject
from testkit.plugin import Client, PublishedFacts

SCOPE = " ".join(
    f"l2o.{name}.{verb}"
    for name in ("account", "contact", "opportunity")
    for verb in ("read", "write")
)


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


def headers_of(tenant: UUID, name: str) -> dict[str, str]:
    return sign_in(tenant, name, scope=SCOPE)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_transferred_account_takes_its_contacts_along(
    client: Client, tx: AsyncConnection, published: PublishedFacts, company: Company
) -> None:
    account = await add_account(tx, owner_id=subject("li"))
    contacts = [await add_contact(tx, account.id, name=name) for name in ("甲", "乙")]
    deleted_id = contacts[1].id
    await client.delete(f"/contacts/{deleted_id}")
    path = f"/accounts/{account.id}/transfer"
    body = {"owner_id": subject("zhou"), "reason": "区域调整"}
    transferred = await client.post(path, json=body, headers={"If-Match": '"1"'})
    assert (transferred.status_code, transferred.json()["version"]) == (200, 2), transferred.text
    [change] = (await client.get(f"/contacts/{contacts[0].id}/owners")).json()["items"]
    assert change["to_owner_id"] == body["owner_id"], "the contact's own history"
    events = (await published())[1:]
    assert [(event.type, event.sequence) for event in events] == [
        ("l2o.account.assigned.v1", 2),
        ("l2o.contact.changed.v1", 2),
        ("l2o.contact.changed.v1", 3),
    ]
    assert events[0].payload["from_owner_id"] == subject("li")
    assert events[0].payload["reason"] == "区域调整"
    await client.post(f"/contacts/{deleted_id}/restore")
    for contact in contacts:
        stored = (await client.get(f"/contacts/{contact.id}")).json()
        assert stored["owner_id"] == subject("zhou")
    again = await client.post(path, json=body, headers={"If-Match": '"1"'})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    [change] = (await client.get(f"/accounts/{account.id}/owners")).json()["items"]
    assert (change["to_owner_name"], change["reason"]) == ("zhou", "区域调整")
    stale = await client.post(path, json={"owner_id": subject("li")}, headers={"If-Match": '"1"'})
    assert problem(stale) == (412, "STALE_COPY")


async def test_an_invisible_account_is_treated_as_missing(
    client: Client, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    hidden = await add_account(tx, owner_id=subject("zheng"))
    headers = headers_of(tenant, "li")
    body = {"account_id": str(hidden.id), "name": "x"}
    for path in ("/contacts", "/opportunities"):
        answer = await client.post(path, json=body, headers=headers)
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            ("/account_id", "ACCOUNT_UNKNOWN")
        ]
        upserted = await client.put(f"{path}/by-external-id/sap/1", json=body, headers=headers)
        assert upserted.status_code == 422
    child = {"name": "x", "parent_id": str(hidden.id)}
    created = await client.post("/accounts", json=child, headers=headers)
    assert created.json()["errors"][0]["code"] == "PARENT_UNKNOWN"
    mine = (await client.post("/accounts", json={"name": "x"}, headers=headers)).json()["id"]
    moved = await client.patch(
        f"/accounts/{mine}", json={"parent_id": str(hidden.id)}, headers=headers
    )
    assert moved.json()["errors"][0]["code"] == "PARENT_UNKNOWN"
    for path in (f"/accounts/{hidden.id}", f"/accounts/{hidden.id}/subtree"):
        assert problem(await client.get(path, headers=headers)) == (404, "ACCOUNT_NOT_FOUND")


async def test_sharing_an_account_shares_what_hangs_on_it(
    client: Client, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    account = await add_account(tx, owner_id=subject("zheng"))
    path = f"/accounts/{account.id}/shares/PERSON/{directory_id('li')}"
    assert (await client.put(path, json={})).status_code == 200
    owner, guest = headers_of(tenant, "zheng"), headers_of(tenant, "li")
    body = {"account_id": str(account.id), "name": "王伟"}
    contact = (await client.post("/contacts", json=body, headers=owner)).json()["id"]
    opportunity = (await client.post("/opportunities", json=body, headers=owner)).json()["id"]
    assert (await client.get(f"/contacts/{contact}", headers=guest)).status_code == 200
    assert [
        item["id"] for item in (await client.get("/contacts", headers=guest)).json()["items"]
    ] == [contact]
    edited = await client.patch(f"/contacts/{contact}", json={"name": "x"}, headers=guest)
    assert problem(edited) == (403, "RECORD_READ_ONLY")
    shown = await client.get(f"/opportunities/{opportunity}", headers=guest)
    assert shown.status_code == 200
    refused = await client.post("/contacts", json=body, headers=guest)
    assert problem(refused) == (403, "RECORD_READ_ONLY")
    assert (await client.put(path, json={"access": "WRITE"})).status_code == 200
    created = (await client.post("/contacts", json=body, headers=guest)).json()
    assert created["owner_id"] == subject("zheng"), "a contact has the owner of its account"


async def test_a_subtree_contains_only_accounts_that_the_caller_sees(
    client: Client, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    top = await add_account(tx, name="top", owner_id=subject("li"))
    for name, owner in (("a", "zhou"), ("b", "zheng")):
        headers = headers_of(tenant, "zhao")
        body = {"name": name, "parent_id": str(top.id), "owner_id": subject(owner)}
        assert (await client.post("/accounts", json=body, headers=headers)).status_code == 201
    path = f"/accounts/{top.id}/subtree"
    for name, expected in (("sun", {"top", "a"}), ("qian", {"top", "a", "b"}), ("li", {"top"})):
        items = (await client.get(path, headers=headers_of(tenant, name))).json()["items"]
        assert {item["name"] for item in items} == expected, name


@pytest.mark.parametrize("path", ["/accounts", "/opportunities"])
async def test_an_owner_must_be_an_active_person(
    client: Client, tx: AsyncConnection, company: Company, path: str
) -> None:
    await company.person("bei", active=False)
    account = await add_account(tx)
    fields = {"account_id": str(account.id)} if path == "/opportunities" else {}
    for owner, code in (("nobody", "OWNER_UNKNOWN"), ("bei", "OWNER_INACTIVE")):
        answer = await client.post(path, json={"name": "x", "owner_id": subject(owner), **fields})
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/owner_id", code)]
    created = await client.post(path, json={"name": "x", "owner_id": subject("li"), **fields})
    assert created.json()["owner_id"] == subject("li")


async def test_an_account_with_open_opportunities_cannot_be_deleted(
    client: Client, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    opportunity = await add_opportunity(tx, account_id=account.id)
    path = f"/accounts/{account.id}"
    refused = await client.delete(path)
    assert problem(refused) == (409, "ACCOUNT_HAS_OPPORTUNITIES")
    assert refused.json()["params"]["opportunities"] == 1
    assert (await client.post(f"/opportunities/{opportunity.id}/win")).status_code == 200
    assert (await client.delete(path)).status_code == 204
    for resource in ("contacts", "opportunities"):
        body = {"account_id": str(account.id), "name": "x"}
        assert (await client.post(f"/{resource}", json=body)).status_code == 422
    assert (await client.delete(f"/opportunities/{opportunity.id}")).status_code == 204
    orphan = await client.post(f"/opportunities/{opportunity.id}/restore")
    assert problem(orphan) == (409, "ACCOUNT_DELETED")
    assert (await client.post(f"{path}/restore")).status_code == 200
    assert (await client.post(f"/opportunities/{opportunity.id}/restore")).status_code == 200
