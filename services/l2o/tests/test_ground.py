"""What all resources share: lists, custom fields, external ids, preconditions, audit."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.accounts.store import ACCOUNT
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
async def test_custom_fields_are_validated_published_patched_and_filtered(
    client: Client, published: PublishedFacts, resource: str
) -> None:
    await define(client, resource, "score", type="NUMBER", filterable=True)
    path = collection(resource)
    bad = await client.post(path, json=await body_of(client, resource, custom_fields={"x": 1}))
    assert bad.json()["errors"][0]["pointer"] == "/custom_fields/x"
    body = await body_of(client, resource, custom_fields={"score": "7.5"})
    created = (await client.post(path, json=body)).json()
    assert created["custom_fields"] == {"score": "7.5"}
    event = (await published())[-1]
    assert event.payload[resource]["custom_fields"] == {"score": "7.5"}
    for query, count in (("gte=7", 1), ("gt=7.5", 0)):
        answer = await client.get(f"{path}?custom.score__{query}")
        assert len(answer.json()["items"]) == count, answer.text
    patched = await client.patch(f"{path}/{created['id']}", json={"custom_fields": {"score": None}})
    assert patched.json()["custom_fields"] == {}
    entries = (await client.get(f"{path}/{created['id']}/audit")).json()["items"]
    assert len(entries) == 2
    assert [change["field"] for change in entries[0]["changes"]] == ["custom_fields.score"]


@pytest.mark.parametrize("resource", RESOURCES)
async def test_an_upsert_by_external_id_restores_a_deleted_record(
    client: Client, published: PublishedFacts, resource: str
) -> None:
    body = await body_of(client, resource)
    path = f"{collection(resource)}/by-external-id/sap/42"
    created = (await client.put(path, json=body)).json()
    await client.delete(f"{collection(resource)}/{created['id']}")
    missing = await client.get(path)
    assert (missing.status_code, missing.json()["params"]) == (404, {"key": "sap/42"})
    before = len(await published())
    restored = await client.put(path, json={**body, "name": "y"})
    assert (restored.status_code, restored.json()["id"], restored.json()["name"]) == (
        200,
        created["id"],
        "y",
    )
    assert (await client.get(path)).json() == restored.json()
    verbs = [event.type.split(".")[2] for event in (await published())[before:]]
    assert verbs == ["restored", "changed"]


@pytest.mark.parametrize("resource", RESOURCES)
async def test_an_upsert_by_external_id_creates_and_replaces(
    client: Client, published: PublishedFacts, resource: str
) -> None:
    body = await body_of(client, resource)
    path = f"{collection(resource)}/by-external-id/sap/00/42"
    created = await client.put(path, json=body)
    assert created.status_code == 201, created.text
    count = len(await published())
    assert (await client.put(path, json=body)).json() == created.json()
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
async def test_changes_require_a_current_if_match(client: Client, resource: str) -> None:
    path = collection(resource)
    created = (await client.post(path, json=await body_of(client, resource))).json()
    path = f"{path}/{created['id']}"
    requests: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"name": "y"}),
        ("DELETE", path, None),
        ("POST", f"{path}/transfer", {"owner_id": "nobody"}),
    ]
    if resource == "opportunity":
        requests += [
            ("POST", f"{path}/move", {"stage": "BIDDING"}),
            ("POST", f"{path}/win", None),
            ("POST", f"{path}/lose", {"reason": "x"}),
        ]
    for method, address, body in requests:
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
        return [item["name"] for item in answer.json()["items"] if item["name"] != "parent"]

    assert await names("q=科技") == ["贝塔科技", "阿尔法科技"]
    assert await names("q=gamma") == ["Gamma"]
    assert (await names("sort=-name"))[-1] == "Gamma"
    assert await names("name__startswith=贝") == ["贝塔科技"]
    counted = (await client.get(f"{path}?include_total=true&limit=1&fields=name")).json()
    assert counted["total"] == 3
    assert set(counted["items"][0]) == {"id", "name"}
    assert await names("deleted=true") == []
    first = (await client.get(f"{path}?sort=name&limit=1")).json()
    other_sort = await client.get(f"{path}?sort=-name&limit=1&cursor={first['next_cursor']}")
    assert other_sort.json()["errors"][0]["code"] == "CURSOR_INVALID"


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
async def test_invalid_queries_are_refused(client: Client, path: str, code: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 422, answer.text
    assert [error["code"] for error in answer.json()["errors"]] == [code]


async def test_changes_are_audited(client: AsyncClient, tx: AsyncConnection) -> None:
    account = await add_account(tx)
    await add_contact(tx, account.id)
    opportunity = await add_opportunity(tx, account_id=account.id)
    await client.post(f"/opportunities/{opportunity.id}/move", json={"stage": "BIDDING"})
    entries = (await client.get(f"/opportunities/{opportunity.id}/audit")).json()["items"]
    changes = {change["field"]: (change["from"], change["to"]) for change in entries[0]["changes"]}
    assert changes == {"stage": ("FIRST_CONTACT", "BIDDING")}
    assert (await ACCOUNT.get(tx, account.id)).updated_at == NOON
