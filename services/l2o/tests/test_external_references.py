"""What other systems call a record stands in its answers and in every event of it."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.importing import finish_import
from testkit.plugin import PublishedFacts

SAP = {"system": "sap", "external_id": "0001000042"}
ERP = {"system": "erp", "external_id": "K-7"}


async def account_id(client: AsyncClient) -> str:
    answer = await client.post("/accounts", json={"name": "上海示例有限公司", "confirmed": True})
    assert answer.status_code == 201, answer.text
    created: str = answer.json()["id"]
    return created


async def body_of(client: AsyncClient, collection: str) -> dict[str, Any]:
    if collection == "accounts":
        return {"name": "北京示例有限公司"}
    return {"account_id": await account_id(client), "name": "王芳"}


def record_noun(collection: str) -> str:
    return {"opportunities": "opportunity"}.get(collection, collection.removesuffix("s"))


def named(event: Any) -> Any:
    """The external ids in the state of an event's record."""
    noun = event.type.split(".")[1]
    return event.payload[noun]["external_ids"]


@pytest.mark.parametrize("collection", ["accounts", "contacts", "opportunities"])
async def test_a_record_holds_its_external_ids_in_order(
    client: AsyncClient, published: PublishedFacts, collection: str
) -> None:
    body = await body_of(client, collection)
    path = f"/{collection}/by-external-id/sap/0001000042"
    put = await client.put(path, json=body)
    assert put.status_code == 201, put.text
    record = put.json()
    assert (record["external_ids"], record["version"]) == ([SAP], 1)
    added = await client.post(f"/{collection}/{record['id']}/external-ids", json=ERP)
    assert added.status_code == 201, added.text
    again = await client.post(f"/{collection}/{record['id']}/external-ids", json=ERP)
    assert again.status_code == 201, again.text
    shown = (await client.get(f"/{collection}/{record['id']}")).json()
    assert (shown["external_ids"], shown["version"]) == ([ERP, SAP], 2)
    listed = (await client.get(f"/{collection}?id__in={record['id']}")).json()["items"]
    assert [one["external_ids"] for one in listed] == [[ERP, SAP]]
    replaced = await client.put(path, json={**body, "name": "李娜"})
    assert (replaced.status_code, replaced.json()["external_ids"]) == (200, [ERP, SAP])
    noun = record_noun(collection)
    events = [
        e for e in await published() if e.payload.get(noun, {}).get(f"{noun}_id") == record["id"]
    ]
    assert [(e.sequence, named(e)) for e in events] == [
        (1, [SAP]),
        (2, [ERP, SAP]),
        (3, [ERP, SAP]),
    ]


async def test_an_external_id_of_another_record_changes_nothing(
    client: AsyncClient, published: PublishedFacts
) -> None:
    first, second = await account_id(client), await account_id(client)
    await client.post(f"/accounts/{first}/external-ids", json=SAP)
    taken = await client.post(f"/accounts/{second}/external-ids", json=SAP)
    assert (taken.status_code, taken.json()["code"]) == (409, "EXTERNAL_ID_TAKEN")
    assert (await client.get(f"/accounts/{second}")).json()["external_ids"] == []
    assert [e.sequence for e in await published()] == [1, 1, 2]


@pytest.mark.parametrize(
    ("resource", "content"),
    [
        ("l2o.account", "客户名称,外部编号,外部系统\n广州示例,0001000042,sap\n"),
        ("l2o.contact", "姓名,客户,外部编号,外部系统\n王芳,上海示例有限公司,0001000042,sap\n"),
        (
            "l2o.opportunity",
            "opportunity_id,account,deal_stage,engage_date,external_system\n"
            "0001000042,上海示例有限公司,Engaging,2026-11-01,sap\n",
        ),
    ],
)
async def test_an_imported_record_is_created_with_its_external_id(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    published: PublishedFacts,
    resource: str,
    content: str,
) -> None:
    await account_id(client)
    done = await finish_import(client, tx, tenant, resource, content.encode())
    assert done["counts"]["created"] == 1, done
    aggregate = f"{resource}."
    [event] = [e for e in await published() if e.type.startswith(aggregate) and named(e)]
    assert (event.sequence, named(event)) == (1, [SAP])


async def test_external_ids_that_are_added_at_once_are_all_held(
    committed_client: AsyncClient,
) -> None:
    client = committed_client
    account = await account_id(client)
    systems = [f"s{number}" for number in range(6)]
    answers = await asyncio.gather(
        *(
            client.post(
                f"/accounts/{account}/external-ids", json={"system": one, "external_id": "1"}
            )
            for one in systems
        )
    )
    assert [one.status_code for one in answers] == [201] * 6
    shown = (await client.get(f"/accounts/{account}")).json()
    assert [one["system"] for one in shown["external_ids"]] == systems
    assert shown["version"] == 7
