"""Shared record features of products: custom fields, external ids, lists, audit, concurrency."""

import asyncio
from typing import Any

import httpx
import pytest

from kernel.ids import new_id
from services.cpq.tests.factories import define_custom_field, list_ids, status_and_code
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
GTX = {"sku": "GTX", "name": "GTX 基础版", "series": "GTX"}
BY_ERP = "/products/by-external-id/erp/4711"


async def create_product(client: Client, **more: Any) -> dict[str, Any]:
    answer = await client.post("/products", json={**GTX, **more})
    assert answer.status_code == 201, answer.text
    product: dict[str, Any] = answer.json()
    return product


async def test_custom_fields_are_validated_merged_and_published(
    client: Client, published: PublishedFacts
) -> None:
    await define_custom_field(client, "cpq.product", "weight", "NUMBER")
    await define_custom_field(client, "cpq.product", "colour", "TEXT", required=True)
    missing = await client.post("/products", json=GTX)
    [error] = missing.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/custom_fields/colour", "REQUIRED")
    product = await create_product(client, custom_fields={"weight": "1.50", "colour": "red"})
    path = f"/products/{product['id']}"
    patch = {"custom_fields": {"weight": "2"}, "series": None}
    changed = (await client.patch(path, json=patch)).json()
    assert changed["custom_fields"] == {"weight": "2", "colour": "red"}
    assert changed["series"] is None
    assert (await published())[-1].payload["product"]["custom_fields"] == changed["custom_fields"]
    assert await list_ids(client, "/products?custom.weight__gt=1.9") == [product["id"]]
    assert await list_ids(client, "/products?custom.colour=blue") == []


async def test_an_erp_writes_a_product_by_external_id(
    client: Client, published: PublishedFacts
) -> None:
    first = await client.put(BY_ERP, json=GTX)
    assert (first.status_code, first.headers["ETag"]) == (201, '"1"')
    product = first.json()
    for body, version, active in (
        (GTX, 1, True),
        ({**GTX, "name": "GTX 2"}, 2, True),
        ({**GTX, "name": "GTX 3", "active": False}, 4, False),
        ({**GTX, "name": "GTX 3"}, 5, True),
    ):
        answer = await client.put(BY_ERP, json=body)
        assert answer.status_code == 200, answer.text
        saved = answer.json()
        assert (saved["id"], saved["version"], saved["active"]) == (product["id"], version, active)
        assert (await client.get(BY_ERP)).json() == saved
    assert [fact.type.split(".")[2] for fact in await published()] == [
        "created",
        "changed",
        "changed",
        "deactivated",
        "reactivated",
    ]
    conflict = await client.put("/products/by-external-id/erp/4712", json=GTX)
    assert status_and_code(conflict) == (409, "PRODUCT_DUPLICATE")
    unknown = await client.get("/products/by-external-id/erp/4712")
    assert status_and_code(unknown) == (404, "PRODUCT_NOT_FOUND")


async def test_a_put_by_external_id_restores_a_deleted_product(client: Client) -> None:
    product = (await client.put(BY_ERP, json=GTX)).json()
    await client.delete(f"/products/{product['id']}")
    assert (await client.get(BY_ERP)).json()["params"] == {"key": "erp/4711"}
    restored = await client.put(BY_ERP, json={**GTX, "name": "旗舰"})
    assert (restored.status_code, restored.json()["id"]) == (200, product["id"])
    assert (await client.get(BY_ERP)).json()["name"] == "旗舰"


async def test_a_product_can_have_several_external_ids(client: Client) -> None:
    product = (await client.put(BY_ERP, json=GTX)).json()
    path = f"/products/{product['id']}/external-ids"
    added = await client.post(path, json={"system": "plm", "external_id": "A/1"})
    assert added.status_code == 201, added.text
    assert [one["system"] for one in (await client.get(path)).json()["items"]] == ["erp", "plm"]
    other = await create_product(client, sku="OTHER")
    conflict = await client.post(
        f"/products/{other['id']}/external-ids", json={"system": "erp", "external_id": "4711"}
    )
    assert status_and_code(conflict) == (409, "EXTERNAL_ID_TAKEN")
    for method in ("GET", "POST"):
        missing_product = await client.request(
            method,
            f"/products/{new_id()}/external-ids",
            json={"system": "erp", "external_id": "9"},
        )
        assert status_and_code(missing_product) == (404, "PRODUCT_NOT_FOUND")


async def test_every_declared_filter_and_sort(client: Client) -> None:
    basic = (await create_product(client))["id"]
    special = (await create_product(client, sku="MG-1", name="MG 特别版", series="MG", unit="KG"))[
        "id"
    ]
    plain = (await create_product(client, sku="Z", name="服务", series=None, active=False))["id"]
    for query, expected in {
        "active=true": [special, basic],
        "sku=MG-1": [special],
        "sku__startswith=G": [basic],
        "sku__in=Z,GTX": [plain, basic],
        "series=MG": [special],
        "series__isnull=true": [plain],
        "unit=KG": [special],
        "name__startswith=MG": [special],
        "q=tbb": [special],  # the initials of 特别版
        "q=mg 特別": [special],
        "q=基础": [basic],
        "sort=sku": [basic, special, plain],
        "sort=-name": [plain, special, basic],
        "created_at__lt=2020-01-01T00:00:00Z": [],
    }.items():
        assert await list_ids(client, f"/products?{query}") == expected, query
    page = (await client.get("/products?include_total=true&fields=sku&limit=1")).json()
    assert (page["total"], page["items"]) == (3, [{"id": plain, "sku": "Z"}])
    await client.delete(f"/products/{plain}")
    assert await list_ids(client, "/products?deleted=true") == [plain]


async def test_search_finds_the_new_name_and_not_the_old_one(client: Client) -> None:
    product = await create_product(client)
    await client.patch(f"/products/{product['id']}", json={"name": "旗舰"})
    assert await list_ids(client, "/products?q=旗舰") == [product["id"]]
    assert await list_ids(client, "/products?q=基础版") == []


async def test_the_audit_shows_each_change(client: Client) -> None:
    product = await create_product(client)
    path = f"/products/{product['id']}"
    await client.patch(path, json={"name": "GTX 2"})
    await client.post(f"{path}/deactivate")
    entries = (await client.get(f"{path}/audit")).json()["items"]
    assert [entry["verb"] for entry in entries] == ["UPDATE", "UPDATE", "INSERT"]
    assert entries[1]["changes"] == [{"field": "name", "from": "GTX 基础版", "to": "GTX 2"}]
    assert entries[0]["changes"] == [{"field": "active", "from": True, "to": False}]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"series": ""}, "/series", "TOO_SHORT"),
        ({"series": "x" * 101}, "/series", "TOO_LONG"),
        ({"series": 1}, "/series", "TYPE_INVALID"),
        ({"custom_fields": {"x": 1}}, "/custom_fields/x", "UNKNOWN_FIELD"),
        ({"custom_fields": None}, "/custom_fields", "TYPE_INVALID"),
    ],
)
async def test_bad_bodies(client: Client, fields: dict[str, Any], pointer: str, code: str) -> None:
    for answer in (
        await client.post("/products", json={**GTX, **fields}),
        await client.put(BY_ERP, json={**GTX, **fields}),
    ):
        assert answer.status_code == 422, answer.text
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_a_change_needs_if_match(client: Client) -> None:
    product = await create_product(client)
    path = f"/products/{product['id']}"
    del client.headers["If-Match"]
    for method, tail in (("PATCH", ""), ("DELETE", ""), ("POST", "/deactivate")):
        answer = await client.request(
            method, f"{path}{tail}", json={"name": "x"} if not tail else {}
        )
        assert status_and_code(answer) == (428, "PRECONDITION_REQUIRED")
    # A move that changes nothing needs no If-Match.
    assert (await client.post(f"{path}/reactivate")).status_code == 200


async def test_concurrent_puts_of_one_external_id_make_one_product(
    committed_client: Client,
) -> None:
    answers = await asyncio.gather(*(committed_client.put(BY_ERP, json=GTX) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {answer.json()["version"] for answer in answers} == {1}


async def test_of_a_patch_a_move_and_a_deletion_with_one_etag_one_succeeds(
    committed_client: Client,
) -> None:
    product = await create_product(committed_client)
    path, tag = f"/products/{product['id']}", {"If-Match": '"1"'}
    answers = await asyncio.gather(
        committed_client.patch(path, json={"name": "x"}, headers=tag),
        committed_client.post(f"{path}/deactivate", headers=tag),
        committed_client.delete(path, headers=tag),
    )
    assert sorted(answer.status_code for answer in answers)[1:] in ([404, 404], [412, 412])


async def test_concurrent_deletions_and_restores_are_serialized(committed_client: Client) -> None:
    product = await create_product(committed_client)
    path = f"/products/{product['id']}"
    answers = await asyncio.gather(
        *(committed_client.delete(path) for _ in range(4)),
        *(committed_client.post(f"{path}/restore") for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} == {200, 204}
    entries = (await committed_client.get(f"{path}/audit")).json()["items"]
    deleted = [entry["changes"][0]["to"] is not None for entry in entries[:-1]][::-1]
    assert deleted == [n % 2 == 0 for n in range(len(deleted))]  # deleted, restored, deleted, ...
