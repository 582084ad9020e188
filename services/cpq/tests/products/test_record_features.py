"""Products by external id, their lists, bad bodies, and moves with If-Match."""

import asyncio
from typing import Any

import httpx
import pytest

from services.cpq.tests.factories import list_ids, status_and_code
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
GTX = {"sku": "GTX", "name": "GTX 基础版", "series": "GTX"}
BY_ERP = "/products/by-external-id/erp/4711"


async def create_product(client: Client, **more: Any) -> dict[str, Any]:
    answer = await client.post("/products", json={**GTX, **more})
    assert answer.status_code == 201, answer.text
    product: dict[str, Any] = answer.json()
    return product


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


async def test_a_move_needs_if_match_unless_it_changes_nothing(client: Client) -> None:
    product = await create_product(client)
    path = f"/products/{product['id']}"
    del client.headers["If-Match"]
    answer = await client.post(f"{path}/deactivate", json={})
    assert status_and_code(answer) == (428, "PRECONDITION_REQUIRED")
    assert (await client.post(f"{path}/reactivate")).status_code == 200


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
