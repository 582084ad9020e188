"""Accounts that are there already: found, refused or confirmed, in requests, files, conversions."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.conversions.handlers import on_lead_converted
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import add_contact, lead_converted, make_lead
from services.l2o.tests.importing import counts, findings, finish_import
from testkit.directory import Company, directory_id, sign_in, subject
from testkit.plugin import Client, Committed, PublishedFacts

CODE = "91110000600037341L"
NAME = "杭州远景科技有限公司"
SELLER = "l2o.account.read l2o.account.write l2o.contact.read l2o.contact.write"


async def create(client: AsyncClient, **fields: Any) -> Response:
    return await client.post("/accounts", json={"name": NAME, **fields})


async def created(client: AsyncClient, **fields: Any) -> str:
    answer = await create(client, **fields)
    assert answer.status_code == 201, answer.text
    account_id: str = answer.json()["id"]
    return account_id


async def set_policy(client: AsyncClient, **actions: str) -> None:
    answer = await client.patch("/collision-policy", json=actions, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


async def check(client: AsyncClient, **facts: Any) -> dict[str, Any]:
    answer = await client.post("/accounts/duplicate-check", json=facts)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_same_name_is_created_once_unless_it_is_confirmed(
    client: Client, published: PublishedFacts
) -> None:
    first = await created(client)
    refused = await create(client, name=f" {NAME.replace('科技', '科 技')} ".replace(" ", ""))
    assert (refused.status_code, refused.json()["code"]) == (409, "ACCOUNT_MAY_COLLIDE")
    [shown] = refused.json()["params"]["collisions"]
    assert (shown["account_id"], shown["keys"], shown["score"]) == (first, ["NAME"], 100)
    await created(client, confirmed=True)
    assert len(await published()) == 2


async def test_a_credit_code_is_blocked_though_it_is_confirmed(client: Client) -> None:
    await created(client, uscc=CODE)
    refused = await create(client, name="另一家公司", uscc=CODE, confirmed=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "ACCOUNT_COLLIDES")


@pytest.mark.parametrize(
    ("known", "given", "key"),
    [
        ({"phone": "0571-8765 4321"}, {"phone": "+8657187654321"}, "PHONE"),
        ({"phones": [{"phone": "13800138000"}]}, {"phone": "138 0013 8000"}, "PHONE"),
        ({"email": "a@example.com"}, {"emails": [{"email": "A@Example.com"}]}, "EMAIL"),
        ({"emails": [{"email": "a@example.com"}]}, {"email": "a@example.com"}, "EMAIL"),
        ({"website": "www.example.com"}, {"website": "http://example.com/about"}, "WEBSITE"),
        (
            {"websites": [{"website": "example.com"}]},
            {"websites": [{"website": "www.example.com"}]},
            "WEBSITE",
        ),
    ],
)
async def test_every_key_is_found_wherever_it_stands(
    client: Client, known: dict[str, Any], given: dict[str, Any], key: str
) -> None:
    await set_policy(client, website="WARN")
    await created(client, country="CN", **known)
    refused = await create(client, name="上海海天食品厂", country="CN", **given)
    assert refused.status_code == 409, refused.text
    assert refused.json()["params"]["keys"] == [key]


async def test_the_number_of_a_contact_is_one_of_its_account(
    client: Client, tx: AsyncConnection
) -> None:
    account = await created(client)
    await add_contact(tx, UUID(account), name="王芳")
    body = {"account_id": account, "name": "李娜", "phones": [{"phone": "13800138000"}]}
    assert (await client.post("/contacts", json=body)).status_code == 201
    found = await check(client, phone="+8613800138000")
    assert [(one["account_id"], one["keys"]) for one in found["collisions"]] == [
        (account, ["PHONE"])
    ]


async def test_the_policy_decides_and_defaults_are_shown(client: Client, tenant: UUID) -> None:
    shown = (await client.get("/collision-policy")).json()
    assert (shown["uscc"], shown["name"], shown["similar_name"]) == ("BLOCK", "WARN", "ALLOW")
    assert (shown["id"], shown["version"]) == (str(tenant), 0)
    await set_policy(client, name="ALLOW", similar_name="BLOCK")
    assert (await client.get("/collision-policy")).json()["version"] == 1
    await created(client)
    await created(client)
    similar = await create(client, name="杭州园景科技有限公司", confirmed=True)
    assert (similar.status_code, similar.json()["code"]) == (409, "ACCOUNT_COLLIDES")
    wrong = await client.patch(
        "/collision-policy", json={"name": "MAYBE"}, headers={"If-Match": "*"}
    )
    assert wrong.status_code == 422


async def test_of_a_hidden_account_only_its_holder_is_shown(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    company = await Company(tx).build()
    assert company
    await created(client, uscc=CODE, owner_id=subject("zheng"))
    client.headers.update(sign_in(tenant, "li", scope=SELLER))
    found = await check(client, name=NAME, uscc=CODE.lower())
    [one] = found["collisions"]
    assert (found["action"], one["action"]) == ("BLOCK", "BLOCK")
    assert (one["account_id"], one["account_name"]) == (None, None)
    assert (one["owner_id"], one["owner_name"]) == (subject("zheng"), "zheng")
    assert one["department_name"] is not None
    refused = await create(client, uscc=CODE)
    params = refused.json()["params"]
    assert params["holder"] == f"zheng ({one['department_name']})"
    assert NAME not in str(params["collisions"])
    assert "account_id" not in params["collisions"][0]
    for language, words in (("zh-CN", "负责人：zheng"), ("en", "belongs to zheng")):
        answer = await client.post(
            "/accounts", json={"name": NAME, "uscc": CODE}, headers={"Accept-Language": language}
        )
        assert words in answer.json()["title"]


async def test_an_account_lists_those_like_it_and_not_itself(client: Client) -> None:
    first = await created(client)
    second = await created(client, confirmed=True)
    answer = (await client.get(f"/accounts/{first}/duplicates")).json()
    assert [one["account_id"] for one in answer["collisions"]] == [second]
    assert (await client.delete(f"/accounts/{second}", headers={"If-Match": "*"})).is_success
    answer = (await client.get(f"/accounts/{first}/duplicates")).json()
    assert (answer["action"], answer["collisions"]) == ("ALLOW", [])


async def test_an_edit_may_not_take_what_is_blocked(client: Client) -> None:
    await created(client, uscc=CODE)
    other = await created(client, name="上海海天食品厂")
    path, match = f"/accounts/{other}", {"If-Match": "*"}
    taken = await client.patch(path, json={"uscc": CODE}, headers=match)
    assert (taken.status_code, taken.json()["code"]) == (409, "ACCOUNT_COLLIDES")
    renamed = await client.patch(path, json={"name": NAME}, headers=match)
    assert renamed.status_code == 200, renamed.text
    assert (await client.patch(path, json={"employees": 5}, headers=match)).status_code == 200


async def test_a_file_warns_and_refuses_by_the_policy(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await created(client, uscc=CODE, phone="0571-87654321")
    rows = f"客户名称,电话,统一社会信用代码\n甲公司,0571-87654321,\n乙公司,,{CODE}\n丙公司,,\n"
    ended = await finish_import(client, tx, tenant, "l2o.account", rows.encode())
    assert ended["counts"] == counts(created=2, refused=1, with_warnings=1)
    assert await findings(client, ended["id"]) == {2: [("客户名称", "ACCOUNT_COLLISION")]}
    assert await findings(client, ended["id"], "refusals") == {3: [(None, "ACCOUNT_COLLIDES")]}


async def test_a_conversion_is_rejected_only_by_what_is_blocked(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    await created(client, uscc=CODE)
    warned = lead_converted(lead=make_lead(company=NAME))
    await on_lead_converted(tx, warned, meta())
    assert (await client.get(f"/accounts/{warned.account_id}")).status_code == 200
    blocked = lead_converted(lead=make_lead(company="另一家公司", uscc=CODE))
    await on_lead_converted(tx, blocked, meta())
    assert (await client.get(f"/accounts/{blocked.account_id}")).status_code == 404
    last = (await published())[-1]
    assert (last.type, last.payload["reason"]) == (
        "l2o.conversion.rejected.v1",
        "ACCOUNT_COLLIDES",
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"uscc": CODE}, "ACCOUNT_COLLIDES"),
        ({"phone": "+8613800138000"}, "ACCOUNT_MAY_COLLIDE"),
        ({"emails": [{"email": "a@example.com"}]}, "ACCOUNT_MAY_COLLIDE"),
    ],
)
async def test_of_accounts_with_one_key_at_once_one_is_created(
    committed_client: Client, committed: Committed, fields: dict[str, Any], code: str
) -> None:
    names = ["海天", "金龙", "长江", "黄河", "泰山", "华山"]
    answers = await asyncio.gather(
        *(create(committed_client, name=f"{name}食品厂", **fields) for name in names)
    )
    outcome = Counter((a.status_code, a.json().get("code")) for a in answers)
    assert outcome == {(201, None): 1, (409, code): 5}


async def test_who_may_read_and_change_the_policy(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    assert directory_id("li")
    client.headers.update(sign_in(tenant, "li", scope="l2o.collision_policy.read"))
    assert (await client.get("/collision-policy")).status_code == 200
    refused = await client.patch(
        "/collision-policy", json={"name": "ALLOW"}, headers={"If-Match": "*"}
    )
    assert refused.status_code == 403
