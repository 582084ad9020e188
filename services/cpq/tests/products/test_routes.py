from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import add_product
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
Token = Callable[..., str]


async def test_a_product_is_created_read_and_published(
    client: Client, published: PublishedFacts
) -> None:
    answer = await client.post("/products", json={"sku": " GTX  ".strip(), "name": " 基础版 "})
    created = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/cpq/v1/products/{created['id']}"
    assert (created["sku"], created["name"], created["unit"]) == ("GTX", "基础版", "PCS")
    assert (created["active"], created["version"]) == (True, 1)
    assert "tenant_id" not in created
    assert (await client.get(f"/products/{created['id']}")).json() == created
    [fact] = await published()
    assert (fact.type, fact.sequence) == ("cpq.product.created.v1", 1)
    assert fact.payload["product"] == {
        "product_id": created["id"],
        "sku": "GTX",
        "name": "基础版",
        "unit": "PCS",
        "active": True,
        "series": None,
        "custom_fields": {},
        "deleted": False,
    }


async def test_a_duplicate_sku_answers_409_with_the_product(
    client: Client, published: PublishedFacts
) -> None:
    first = (await client.post("/products", json={"sku": "A 1", "name": "a"})).json()
    duplicate = await client.post("/products", json={"sku": " A 1 ", "name": "b"})
    assert (duplicate.status_code, duplicate.json()["code"]) == (409, "PRODUCT_DUPLICATE")
    assert duplicate.json()["params"] == {"sku": "A 1", "product_id": first["id"]}
    assert "A 1" in duplicate.json()["detail"]
    assert len(await published()) == 1


async def test_another_tenant_sees_nothing_and_may_use_the_same_sku(
    client: Client, token: Token
) -> None:
    body = {"sku": "A", "name": "a"}
    mine = (await client.post("/products", json=body)).json()["id"]
    other = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    hidden = await client.get(f"/products/{mine}", headers=other)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "PRODUCT_NOT_FOUND")
    assert (await client.get("/products", headers=other)).json()["items"] == []
    assert (await client.post("/products", json=body, headers=other)).status_code == 201


async def test_products_are_listed_newest_first_in_pages(
    client: Client, tx: AsyncConnection
) -> None:
    ids = [str((await add_product(tx, sku=f"P{n}", active=n != 1)).id) for n in range(4)]
    first = (await client.get("/products", params={"limit": 3})).json()
    second = (await client.get("/products", params={"cursor": first["next_cursor"]})).json()
    listed = [item["id"] for item in [*first["items"], *second["items"]]]
    assert (listed, second["next_cursor"]) == (ids[::-1], None)
    inactive = (await client.get("/products", params={"active": "false"})).json()
    assert [item["id"] for item in inactive["items"]] == [ids[1]]
    active = (await client.get("/products", params={"active": "true"})).json()
    assert [item["id"] for item in active["items"]] == [ids[3], ids[2], ids[0]]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("colour=red", "?colour", "UNKNOWN_FIELD"),
        ("active=perhaps", "?active", "TYPE_INVALID"),
        ("limit=0", "?limit", "TOO_SMALL"),
        ("cursor=AAAA", "?cursor", "CURSOR_INVALID"),
    ],
)
async def test_bad_queries(client: Client, query: str, pointer: str, code: str) -> None:
    answer = await client.get(f"/products?{query}")
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"sku": None}, {("/sku", "TYPE_INVALID")}),
        ({"sku": ""}, {("/sku", "TOO_SHORT")}),
        ({"sku": "   "}, {("/sku", "TOO_SHORT")}),
        ({"sku": "x" * 65}, {("/sku", "TOO_LONG")}),
        ({"sku": "a  b"}, {("/sku", "PATTERN_MISMATCH")}),
        ({"sku": "a\tb"}, {("/sku", "PATTERN_MISMATCH")}),
        ({"sku": "a\0b"}, {("/sku", "TEXT_INVALID")}),
        ({"sku": 7}, {("/sku", "TYPE_INVALID")}),
        ({"name": "x" * 201}, {("/name", "TOO_LONG")}),
        ({"unit": "two words"}, {("/unit", "PATTERN_MISMATCH")}),
        ({"active": "yes"}, {("/active", "TYPE_INVALID")}),
        ({"colour": "red"}, {("/colour", "UNKNOWN_FIELD")}),
        ({"sku": "", "name": "", "x": 1}, {
            ("/sku", "TOO_SHORT"), ("/name", "TOO_SHORT"), ("/x", "UNKNOWN_FIELD")
        }),
    ],
)  # fmt: skip
async def test_bad_bodies(
    client: Client, fields: dict[str, Any], errors: set[tuple[str, str]]
) -> None:
    answer = await client.post("/products", json={"sku": "A", "name": "a", **fields})
    assert answer.status_code == 422, answer.text
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == errors


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("sku=r-200", ["R-200"]),
        ("sku=%20R-200%20", ["R-200"]),
        ("sku=Ｒ-200", ["R-200"]),
        ("sku__in=r-200,KG-1,x", ["R-200", "kg-1"]),
        ("sku__startswith=r-", ["R-200"]),
        ("unit=pce", ["R-200"]),
    ],
)
async def test_codes_are_found_in_any_case(client: Client, query: str, skus: list[str]) -> None:
    for sku, unit in (("R-200", "PCE"), ("kg-1", "kg")):
        await client.post("/products", json={"sku": sku, "name": sku, "unit": unit})
    items = (await client.get(f"/products?{query}")).json()["items"]
    assert sorted(item["sku"] for item in items) == skus
