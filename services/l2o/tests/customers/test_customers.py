"""Accounts change hands with their contacts; who sees what of a customer."""

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


def as_(tenant: UUID, name: str) -> dict[str, str]:
    return sign_in(tenant, name, scope=SCOPE)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_contacts_follow_their_account(
    client: Client, tx: AsyncConnection, published: PublishedFacts, company: Company
) -> None:
    account = await add_account(tx, owner_id=subject("li"))
    contacts = [await add_contact(tx, account.id, name=name) for name in ("甲", "乙")]
    gone = contacts[1].id
    await client.delete(f"/contacts/{gone}")
    path = f"/accounts/{account.id}/transfer"
    body = {"owner_id": subject("zhou"), "reason": "区域调整"}
    given = await client.post(path, json=body, headers={"If-Match": '"1"'})
    assert (given.status_code, given.json()["version"]) == (200, 2), given.text
    facts = (await published())[1:]
    assert [(f.type, f.sequence) for f in facts] == [
        ("l2o.account.assigned.v1", 2),
        ("l2o.contact.changed.v1", 2),
        ("l2o.contact.changed.v1", 3),
    ]
    assert facts[0].payload["from_owner_id"] == subject("li")
    assert facts[0].payload["reason"] == "区域调整"
    await client.post(f"/contacts/{gone}/restore")
    for contact in contacts:
        shown = (await client.get(f"/contacts/{contact.id}")).json()
        assert shown["owner_id"] == subject("zhou")
    again = await client.post(path, json=body, headers={"If-Match": '"1"'})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    [change] = (await client.get(f"/accounts/{account.id}/owners")).json()["items"]
    assert (change["to_owner_name"], change["reason"]) == ("zhou", "区域调整")
    stale = await client.post(path, json={"owner_id": subject("li")}, headers={"If-Match": '"1"'})
    assert problem(stale) == (412, "STALE_COPY")


async def test_what_one_does_not_see_is_not_there(
    client: Client, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    theirs = await add_account(tx, owner_id=subject("zheng"))
    headers = as_(tenant, "li")
    body = {"account_id": str(theirs.id), "name": "x"}
    for path in ("/contacts", "/opportunities"):
        answer = await client.post(path, json=body, headers=headers)
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            ("/account_id", "ACCOUNT_UNKNOWN")
        ]
        named = await client.put(f"{path}/by-external-id/sap/1", json=body, headers=headers)
        assert named.status_code == 422
    child = {"name": "x", "parent_id": str(theirs.id)}
    made = await client.post("/accounts", json=child, headers=headers)
    assert made.json()["errors"][0]["code"] == "PARENT_UNKNOWN"
    mine = (await client.post("/accounts", json={"name": "x"}, headers=headers)).json()["id"]
    moved = await client.patch(
        f"/accounts/{mine}", json={"parent_id": str(theirs.id)}, headers=headers
    )
    assert moved.json()["errors"][0]["code"] == "PARENT_UNKNOWN"
    for path in (f"/accounts/{theirs.id}", f"/accounts/{theirs.id}/subtree"):
        assert problem(await client.get(path, headers=headers)) == (404, "ACCOUNT_NOT_FOUND")


async def test_a_shared_account_shows_its_contacts_and_not_its_opportunities(
    client: Client, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    account = await add_account(tx, owner_id=subject("zheng"))
    path = f"/accounts/{account.id}/shares/PERSON/{directory_id('li')}"
    assert (await client.put(path, json={})).status_code == 200
    owner, guest = as_(tenant, "zheng"), as_(tenant, "li")
    body = {"account_id": str(account.id), "name": "王伟"}
    contact = (await client.post("/contacts", json=body, headers=owner)).json()["id"]
    sale = (await client.post("/opportunities", json=body, headers=owner)).json()["id"]
    assert (await client.get(f"/contacts/{contact}", headers=guest)).status_code == 200
    assert [
        one["id"] for one in (await client.get("/contacts", headers=guest)).json()["items"]
    ] == [contact]
    edited = await client.patch(f"/contacts/{contact}", json={"name": "x"}, headers=guest)
    assert problem(edited) == (403, "RECORD_READ_ONLY")
    hidden = await client.get(f"/opportunities/{sale}", headers=guest)
    assert problem(hidden) == (404, "OPPORTUNITY_NOT_FOUND")
    made = (await client.post("/contacts", json=body, headers=guest)).json()
    assert made["owner_id"] == subject("zheng"), "a contact belongs to whom its account does"


async def test_a_manager_sees_the_subtree_of_a_customer_as_far_as_their_people(
    client: Client, tx: AsyncConnection, tenant: UUID, company: Company
) -> None:
    top = await add_account(tx, name="top", owner_id=subject("li"))
    for name, owner in (("a", "zhou"), ("b", "zheng")):
        headers = as_(tenant, "zhao")
        body = {"name": name, "parent_id": str(top.id), "owner_id": subject(owner)}
        assert (await client.post("/accounts", json=body, headers=headers)).status_code == 201
    path = f"/accounts/{top.id}/subtree"
    for name, seen in (("sun", {"top", "a"}), ("qian", {"top", "a", "b"}), ("li", {"top"})):
        items = (await client.get(path, headers=as_(tenant, name))).json()["items"]
        assert {one["name"] for one in items} == seen, name


@pytest.mark.parametrize("path", ["/accounts", "/opportunities"])
async def test_an_owner_is_an_active_person(
    client: Client, tx: AsyncConnection, company: Company, path: str
) -> None:
    await company.person("bei", active=False)
    account = await add_account(tx)
    fields = {"account_id": str(account.id)} if path == "/opportunities" else {}
    for owner, code in (("nobody", "OWNER_UNKNOWN"), ("bei", "OWNER_INACTIVE")):
        answer = await client.post(path, json={"name": "x", "owner_id": subject(owner), **fields})
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/owner_id", code)]
    made = await client.post(path, json={"name": "x", "owner_id": subject("li"), **fields})
    assert made.json()["owner_id"] == subject("li")


async def test_an_account_with_open_opportunities_stays(
    client: Client, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    sale = await add_opportunity(tx, account_id=account.id)
    path = f"/accounts/{account.id}"
    refused = await client.delete(path)
    assert problem(refused) == (409, "ACCOUNT_HAS_OPPORTUNITIES")
    assert refused.json()["params"]["opportunities"] == 1
    assert (await client.post(f"/opportunities/{sale.id}/win")).status_code == 200
    assert (await client.delete(path)).status_code == 204
    for resource in ("contacts", "opportunities"):
        body = {"account_id": str(account.id), "name": "x"}
        assert (await client.post(f"/{resource}", json=body)).status_code == 422
    assert (await client.delete(f"/opportunities/{sale.id}")).status_code == 204
    orphan = await client.post(f"/opportunities/{sale.id}/restore")
    assert problem(orphan) == (409, "ACCOUNT_UNKNOWN")
    assert (await client.post(f"{path}/restore")).status_code == 200
    assert (await client.post(f"/opportunities/{sale.id}/restore")).status_code == 200
