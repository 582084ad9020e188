"""Lists of all resources, fixed accounts, and audited moves."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.accounts.store import ACCOUNT
from services.l2o.tests.factories import NOON, add_account, add_contact, add_opportunity
from testkit.plugin import Client

RESOURCES = ("account", "contact", "opportunity")


def collection(resource: str) -> str:
    return {"opportunity": "/opportunities"}.get(resource, f"/{resource}s")


async def body_of(client: Client, resource: str, **fields: Any) -> dict[str, Any]:
    if resource == "account":
        return {"name": "x", **fields}
    account = await client.post("/accounts", json={"name": "parent", "confirmed": True})
    return {"name": "x", "account_id": account.json()["id"], **fields}


@pytest.mark.parametrize("resource", ["contact", "opportunity"])
async def test_an_upsert_by_external_id_cannot_change_the_account(
    client: Client, resource: str
) -> None:
    body = await body_of(client, resource)
    path = f"{collection(resource)}/by-external-id/sap/42"
    assert (await client.put(path, json=body)).status_code == 201
    other = {**body, "account_id": (await body_of(client, resource))["account_id"]}
    moved = await client.put(path, json=other)
    assert [(e["pointer"], e["code"]) for e in moved.json()["errors"]] == [
        ("/account_id", "ACCOUNT_FIXED")
    ]


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
