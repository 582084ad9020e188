"""What every resource stands on: lists, custom fields, external ids, preconditions, history."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.accounts import store as accounts
from services.l2o.tests.factories import NOON, add_account, add_contact, add_opportunity
from testkit.plugin import Client, PublishedFacts

RESOURCES = ("account", "contact", "opportunity")


def collection(resource: str) -> str:
    return {"opportunity": "/opportunities"}.get(resource, f"/{resource}s")


async def body_of(client: Client, resource: str, **fields: Any) -> dict[str, Any]:
    if resource == "account":
        return {"name": "x", **fields}
    account = await client.post("/accounts", json={"name": "parent"})
    return {"name": "x", "account_id": account.json()["id"], **fields}


async def define(client: Client, resource: str, key: str, **fields: Any) -> None:
    definition = {"resource": f"l2o.{resource}", "key": key, "label_zh": "甲", "label_en": "A"}
    answer = await client.post("/custom-fields", json={**definition, **fields})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("resource", RESOURCES)
async def test_custom_fields_are_checked_told_patched_and_filtered(
    client: Client, published: PublishedFacts, resource: str
) -> None:
    await define(client, resource, "score", type="NUMBER", filterable=True)
    path = collection(resource)
    bad = await client.post(path, json=await body_of(client, resource, custom_fields={"x": 1}))
    assert bad.json()["errors"][0]["pointer"] == "/custom_fields/x"
    body = await body_of(client, resource, custom_fields={"score": "7.5"})
    made = (await client.post(path, json=body)).json()
    assert made["custom_fields"] == {"score": "7.5"}
    fact = (await published())[-1]
    assert fact.payload[resource]["custom_fields"] == {"score": "7.5"}
    for query, count in (("gte=7", 1), ("gt=7.5", 0)):
        found = await client.get(f"{path}?custom.score__{query}")
        assert len(found.json()["items"]) == count, found.text
    patched = await client.patch(f"{path}/{made['id']}", json={"custom_fields": {"score": None}})
    assert patched.json()["custom_fields"] == {}
    told = (await client.get(f"{path}/{made['id']}/audit")).json()["items"]
    assert len(told) == 2
    assert [change["field"] for change in told[0]["changes"]] == ["custom_fields.score"]


@pytest.mark.parametrize("resource", RESOURCES)
async def test_what_was_deleted_comes_back_by_its_name(
    client: Client, published: PublishedFacts, resource: str
) -> None:
    body = await body_of(client, resource)
    path = f"{collection(resource)}/by-external-id/sap/42"
    made = (await client.put(path, json=body)).json()
    await client.delete(f"{collection(resource)}/{made['id']}")
    gone = await client.get(path)
    assert (gone.status_code, gone.json()["params"]) == (404, {"key": "sap/42"})
    before = len(await published())
    back = await client.put(path, json={**body, "name": "y"})
    assert (back.status_code, back.json()["id"], back.json()["name"]) == (200, made["id"], "y")
    assert (await client.get(path)).json() == back.json()
    verbs = [fact.type.split(".")[2] for fact in (await published())[before:]]
    assert verbs == ["restored", "changed"]


@pytest.mark.parametrize("resource", RESOURCES)
async def test_another_systems_name_for_it(
    client: Client, published: PublishedFacts, resource: str
) -> None:
    body = await body_of(client, resource)
    path = f"{collection(resource)}/by-external-id/sap/00/42"
    made = await client.put(path, json=body)
    assert made.status_code == 201, made.text
    count = len(await published())
    assert (await client.put(path, json=body)).json() == made.json()
    assert len(await published()) == count
    changed = await client.put(path, json={**body, "name": "y"})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await client.get(path)).json()["name"] == "y"
    if resource != "account":
        other = {**body, "account_id": (await body_of(client, resource))["account_id"]}
        moved = await client.put(path, json=other)
        assert [(e["pointer"], e["code"]) for e in moved.json()["errors"]] == [
            ("/account_id", "ACCOUNT_FIXED")
        ]


@pytest.mark.parametrize("resource", RESOURCES)
async def test_whoever_has_not_seen_it_does_not_change_it(client: Client, resource: str) -> None:
    path = collection(resource)
    made = (await client.post(path, json=await body_of(client, resource))).json()
    path = f"{path}/{made['id']}"
    sent: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"name": "y"}),
        ("DELETE", path, None),
        ("POST", f"{path}/transfer", {"owner_id": "nobody"}),
    ]
    if resource == "opportunity":
        sent += [
            ("POST", f"{path}/move", {"stage": "BIDDING"}),
            ("POST", f"{path}/win", None),
            ("POST", f"{path}/lose", {"reason": "x"}),
        ]
    for method, address, body in sent:
        if address.endswith("/transfer"):
            continue
        for headers, code in ((None, 428), ({"If-Match": '"7"'}, 412)):
            request = client.build_request(method, address, json=body, headers=headers)
            if headers is None:
                del request.headers["If-Match"]
            answer = await client.send(request)
            assert answer.status_code == code, (method, address, answer.text)
    assert (await client.get(path)).headers["ETag"] == '"1"'


@pytest.mark.parametrize("resource", RESOURCES)
async def test_lists_are_filtered_sorted_counted_and_searched(
    client: Client, resource: str
) -> None:
    path = collection(resource)
    body = await body_of(client, resource)
    for name in ("阿尔法科技", "贝塔科技", "Gamma"):
        assert (await client.post(path, json={**body, "name": name})).status_code == 201

    async def names(query: str) -> list[str]:
        answer = await client.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()["items"] if one["name"] != "parent"]

    assert await names("q=科技") == ["贝塔科技", "阿尔法科技"]
    assert await names("q=gamma") == ["Gamma"]
    assert (await names("sort=-name"))[-1] == "Gamma"
    assert await names("name__startswith=贝") == ["贝塔科技"]
    counted = (await client.get(f"{path}?include_total=true&limit=1&fields=name")).json()
    assert counted["total"] == 3
    assert set(counted["items"][0]) == {"id", "name"}
    assert await names("deleted=true") == []
    first = (await client.get(f"{path}?sort=name&limit=1")).json()
    foreign = await client.get(f"{path}?sort=-name&limit=1&cursor={first['next_cursor']}")
    assert foreign.json()["errors"][0]["code"] == "CURSOR_INVALID"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/accounts?colour=red", "UNKNOWN_FIELD"),
        ("/accounts?annual_revenue__gte=much", "DECIMAL_STRING_INVALID"),
        ("/accounts?created_at__gte=yesterday", "INSTANT_INVALID"),
        ("/accounts?sort=phone", "VALUE_UNKNOWN"),
        ("/accounts?parent_id=1", "ID_INVALID"),
        ("/accounts?custom.colour=red", "UNKNOWN_FIELD"),
        ("/contacts?is_primary=perhaps", "TYPE_INVALID"),
        ("/contacts?fields=colour", "VALUE_UNKNOWN"),
        ("/contacts?limit=0", "TOO_SMALL"),
        ("/opportunities?stage=DREAMING", "VALUE_UNKNOWN"),
        ("/opportunities?closed_date__lt=2026-13-01", "DATE_INVALID"),
        ("/opportunities?sort=stage,amount", "VALUE_UNKNOWN"),
        ("/opportunities?cursor=x", "CURSOR_INVALID"),
        ("/opportunities/funnel?stage=DREAMING", "VALUE_UNKNOWN"),
    ],
)
async def test_bad_questions(client: Client, path: str, code: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 422, answer.text
    assert [error["code"] for error in answer.json()["errors"]] == [code]


async def test_every_change_leaves_its_trace(client: AsyncClient, tx: AsyncConnection) -> None:
    account = await add_account(tx)
    await add_contact(tx, account.id)
    sale = await add_opportunity(tx, account_id=account.id)
    await client.post(f"/opportunities/{sale.id}/move", json={"stage": "BIDDING"})
    entries = (await client.get(f"/opportunities/{sale.id}/audit")).json()["items"]
    changes = {one["field"]: (one["from"], one["to"]) for one in entries[0]["changes"]}
    assert changes == {"stage": ("FIRST_CONTACT", "BIDDING")}
    assert (await accounts.get(tx, account.id)).updated_at == NOON
