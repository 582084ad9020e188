"""Editing, deactivating, deleting and restoring products, over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import Shop, create_quote, open_shop
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
GTX = {"sku": "GTX", "name": "GTX 基础版", "unit": "PCS"}


async def create_product(client: Client, **more: Any) -> dict[str, Any]:
    answer = await client.post("/products", json={**GTX, **more})
    assert answer.status_code == 201, answer.text
    product: dict[str, Any] = answer.json()
    return product


@pytest.mark.parametrize(
    ("patch", "pointer", "code"),
    [
        ({"name": None}, "/name", "REQUIRED"),
        ({"name": " "}, "/name", "TOO_SHORT"),
        ({"sku": "a\\tb"}, "/sku", "PATTERN_MISMATCH"),
        ({"sku": "x" * 65}, "/sku", "TOO_LONG"),
        ({"unit": "?"}, "/unit", "PATTERN_MISMATCH"),
        ({"active": False}, "/active", "UNKNOWN_FIELD"),
        ({"version": 9}, "/version", "UNKNOWN_FIELD"),
    ],
)
async def test_bad_patches(client: Client, patch: dict[str, Any], pointer: str, code: str) -> None:
    product = await create_product(client)
    if patch.get("sku") == "a\\tb":
        patch = {"sku": "a\tb"}
    answer = await client.patch(f"/products/{product['id']}", json=patch)
    assert answer.status_code == 422, answer.text
    assert pointer in {e["pointer"] for e in answer.json()["errors"]}


async def test_a_patch_cannot_take_the_sku_of_another_product(
    client: Client, published: PublishedFacts
) -> None:
    product, other = await create_product(client), await create_product(client, sku="OTHER")
    answer = await client.patch(f"/products/{other['id']}", json={"sku": "GTX"})
    assert (answer.status_code, answer.json()["code"]) == (409, "PRODUCT_DUPLICATE")
    assert answer.json()["params"]["product_id"] == product["id"]
    free = await client.patch(f"/products/{other['id']}", json={"sku": "GTX-2", "name": "n"})
    assert (free.json()["sku"], free.json()["version"]) == ("GTX-2", 2)
    assert len(await published()) == 3


async def test_an_inactive_product_cannot_be_quoted(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    shop = await open_shop(tx)
    path = f"/products/{shop.product.id}"
    for _ in range(2):
        deactivated = await client.post(f"{path}/deactivate")
        assert (deactivated.json()["active"], deactivated.json()["version"]) == (False, 2)
    assert await quote_violation_code(client, shop) == "PRODUCT_INACTIVE"
    for _ in range(2):
        reactivated = await client.post(f"{path}/reactivate")
        assert (reactivated.json()["active"], reactivated.json()["version"]) == (True, 3)
    await create_quote(client, shop.body())
    assert [f.type for f in await published()][:2] == [
        "cpq.product.deactivated.v1",
        "cpq.product.reactivated.v1",
    ]


async def quote_violation_code(client: Client, shop: Shop) -> str:
    answer = await client.post("/quotes", json=shop.body())
    [error] = answer.json()["errors"]
    code: str = error["code"]
    return code


async def test_a_deleted_product_keeps_its_sku_and_cannot_be_quoted(
    client: Client, tx: AsyncConnection
) -> None:
    shop = await open_shop(tx)
    path = f"/products/{shop.product.id}"
    assert (await client.delete(path)).status_code == 204
    answer = await client.post(f"{path}/deactivate")
    assert (answer.status_code, answer.json()["code"]) == (404, "PRODUCT_NOT_FOUND")
    assert await quote_violation_code(client, shop) == "PRODUCT_UNKNOWN"
    # A deleted product keeps its SKU, because an ERP refers to it.
    duplicate = await client.post("/products", json={**GTX, "sku": shop.product.sku})
    assert (duplicate.status_code, duplicate.json()["code"]) == (409, "PRODUCT_DELETED")
    assert duplicate.json()["params"]["product_id"] == str(shop.product.id)
    listed = (await client.get("/products?deleted=true")).json()["items"]
    assert [one["id"] for one in listed] == [str(shop.product.id)]
    assert (await client.post(f"{path}/restore")).status_code == 200
    await create_quote(client, shop.body())


async def test_of_concurrent_changes_to_one_sku_one_succeeds(committed_client: Client) -> None:
    products = [await create_product(committed_client, sku=f"P{n}") for n in range(6)]
    answers = await asyncio.gather(
        *(committed_client.patch(f"/products/{p['id']}", json={"sku": "NEW"}) for p in products)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
