"""Contacts that are there already by number or mail, and contacts with several of both."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from l2o.collisions.domain import CollisionKey, KnownPerson, PersonFacts, contact_collisions
from services.l2o.tests.factories import add_account
from services.l2o.tests.importing import counts, findings, finish_import
from testkit.directory import Company, sign_in, subject
from testkit.plugin import Client, Committed, PublishedFacts

PHONE, MAIL = "+8613800138000", "a@example.com"
SELLER = "l2o.account.read l2o.contact.read l2o.contact.write"


def test_people_collide_by_number_and_mail() -> None:
    facts = PersonFacts(phones=frozenset({PHONE}), emails=frozenset({MAIL}))
    ids = sorted(new_id() for _ in range(3))
    known = [
        KnownPerson(contact_id=key, name="x", owner_id=None, facts=found)
        for key, found in zip(
            ids, [facts, PersonFacts(emails=facts.emails), PersonFacts()], strict=True
        )
    ]
    found = contact_collisions(facts, reversed(known))
    assert [(one.record_id, one.keys) for one in found] == [
        (ids[0], (CollisionKey.PHONE, CollisionKey.EMAIL)),
        (ids[1], (CollisionKey.EMAIL,)),
    ]
    assert facts.without(PersonFacts(phones=facts.phones)) == PersonFacts(emails=facts.emails)


async def set_policy(client: AsyncClient, **actions: str) -> None:
    answer = await client.patch("/collision-policy", json=actions, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


async def create(client: AsyncClient, account_id: UUID, **fields: Any) -> Response:
    body = {"account_id": str(account_id), "name": "王芳", **fields}
    return await client.post("/contacts", json=body)


async def test_contacts_have_several_numbers_and_mails(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    phones = [{"kind": "MOBILE", "phone": "138 0013 8000"}, {"kind": "HOME", "phone": "6437 2345"}]
    refused = await create(client, account.id, phones=phones)
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/phones/1/phone", "PHONE_INVALID")
    emails = [{"kind": "WORK", "email": "Wang@Example.com"}]
    contact = (await create(client, account.id, phones=phones[:1], emails=emails)).json()
    assert contact["phones"] == [{"kind": "MOBILE", "phone": PHONE}]
    assert contact["emails"] == [{"kind": "WORK", "email": "wang@example.com"}]
    for query in ("13800138000", "8000", "wang@example.com", "example.com"):
        items = (await client.get("/contacts", params={"q": query})).json()["items"]
        assert [one["id"] for one in items] == [contact["id"]], query
    path, match = f"/contacts/{contact['id']}", {"If-Match": '"1"'}
    changed = await client.patch(path, json={"phones": []}, headers=match)
    assert (changed.json()["phones"], changed.json()["emails"]) == ([], contact["emails"])
    assert (await client.get("/contacts?q=13800138000")).json()["items"] == []
    states = [event.payload["contact"] for event in await published()]
    assert [(one["phones"], one["emails"]) for one in states] == [
        (contact["phones"], contact["emails"]),
        ([], contact["emails"]),
    ]


async def test_a_transfer_and_a_new_primary_keep_the_numbers(
    client: Client, tx: AsyncConnection
) -> None:
    await Company(tx).build()
    account = await add_account(tx, owner_id=subject("li"))
    phones = [{"kind": "MOBILE", "phone": PHONE}]
    first = (await create(client, account.id, phones=phones)).json()
    second = (await create(client, account.id, name="李娜")).json()
    moved = await client.post(
        f"/accounts/{account.id}/transfer", json={"owner_id": subject("wang")}
    )
    assert moved.status_code == 200, moved.text
    answer = await client.post(f"/contacts/{second['id']}/make-primary", headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    shown = (await client.get(f"/contacts/{first['id']}")).json()
    assert (shown["owner_id"], shown["is_primary"]) == (subject("wang"), False)
    assert shown["phones"] == phones


async def test_by_default_contacts_may_share_a_number(client: Client, tx: AsyncConnection) -> None:
    account = await add_account(tx)
    for _ in range(2):
        assert (await create(client, account.id, phone=PHONE)).status_code == 201


@pytest.mark.parametrize(
    ("known", "given", "keys"),
    [
        ({"phone": PHONE}, {"phone": "138 0013 8000"}, ["PHONE"]),
        ({"phones": [{"phone": PHONE}]}, {"phone": PHONE}, ["PHONE"]),
        ({"phone": PHONE}, {"phones": [{"phone": PHONE}]}, ["PHONE"]),
        ({"email": MAIL}, {"emails": [{"email": MAIL.upper()}]}, ["EMAIL"]),
        ({"email": MAIL, "phone": PHONE}, {"email": MAIL, "phone": PHONE}, ["PHONE", "EMAIL"]),
    ],
)
async def test_a_tenant_may_block_a_second_contact(
    client: Client,
    tx: AsyncConnection,
    known: dict[str, Any],
    given: dict[str, Any],
    keys: list[str],
) -> None:
    await set_policy(client, contact_phone="BLOCK", contact_email="BLOCK")
    account, other = await add_account(tx), await add_account(tx, name="另一家公司")
    assert (await create(client, account.id, **known)).status_code == 201
    refused = await create(client, other.id, **given, confirmed=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "CONTACT_COLLIDES")
    assert refused.json()["params"]["keys"] == keys
    free = (await create(client, other.id, name="李娜")).json()
    path = f"/contacts/{free['id']}"
    taken = await client.patch(path, json=given, headers={"If-Match": "*"})
    assert (taken.status_code, taken.json()["code"]) == (409, "CONTACT_COLLIDES")


async def test_a_warning_is_confirmed_and_names_who_has_a_hidden_contact(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    await set_policy(client, contact_phone="WARN")
    theirs = await add_account(tx, owner_id=subject("zheng"))
    mine = await add_account(tx, name="另一家公司", owner_id=subject("li"))
    assert (await create(client, theirs.id, phone=PHONE)).status_code == 201
    client.headers.update(sign_in(tenant, "li", scope=SELLER))
    refused = await create(client, mine.id, phone=PHONE)
    assert (refused.status_code, refused.json()["code"]) == (409, "CONTACT_MAY_COLLIDE")
    [shown] = refused.json()["params"]["collisions"]
    assert (shown["owner_name"], shown["keys"]) == ("zheng", ["PHONE"])
    assert "contact_id" not in shown
    assert "contact_name" not in shown
    assert (await create(client, mine.id, phone=PHONE, confirmed=True)).status_code == 201


async def test_a_file_has_several_numbers_in_a_cell_and_is_refused_what_is_blocked(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await set_policy(client, contact_phone="BLOCK", contact_email="WARN")
    account = await add_account(tx)
    assert (await create(client, account.id, phone=PHONE, email=MAIL)).status_code == 201
    rows = (
        "姓名,客户,其他电话,其他邮箱\n"
        f"李娜,{account.name},139 0013 9000；+8613700137000,{MAIL}、b@example.com\n"
        f"张三,{account.name},138 0013 8000,\n"
    )
    ended = await finish_import(client, tx, tenant, "l2o.contact", rows.encode())
    assert ended["counts"] == counts(created=1, refused=1), ended
    assert await findings(client, ended["id"], "refusals") == {3: [(None, "CONTACT_COLLIDES")]}
    [item] = (await client.get("/contacts?q=13900139000")).json()["items"]
    contact = (await client.get(f"/contacts/{item['id']}")).json()
    assert [one["phone"] for one in contact["phones"]] == ["+8613900139000", "+8613700137000"]
    assert [one["email"] for one in contact["emails"]] == [MAIL, "b@example.com"]


async def test_of_contacts_with_one_number_at_once_one_is_created(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    await set_policy(committed_client, contact_phone="BLOCK")
    async with committed.app.begin(tenant) as tx:
        accounts = [await add_account(tx, name=f"公司{number}") for number in range(6)]
    answers = await asyncio.gather(
        *(create(committed_client, account.id, phone=PHONE) for account in accounts)
    )
    outcome = Counter((a.status_code, a.json().get("code")) for a in answers)
    assert outcome == {(201, None): 1, (409, "CONTACT_COLLIDES"): 5}


async def test_of_first_contacts_at_once_one_is_primary(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
    answers = await asyncio.gather(
        *(create(committed_client, account.id, name=f"人{number}") for number in range(6))
    )
    assert {a.status_code for a in answers} == {201}
    assert sum(a.json()["is_primary"] for a in answers) == 1
