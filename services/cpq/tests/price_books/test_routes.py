from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.cpq.tests.factories import add_price_book, add_product, cny, make_price_entry
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
Token = Callable[..., str]


def money(amount: str, currency: str = "CNY") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def entry(product_id: object, price: str = "100", **more: Any) -> dict[str, Any]:
    return {"product_id": str(product_id), "list_price": money(price), **more}


def tier(from_quantity: str, price: str) -> dict[str, Any]:
    return {"from_quantity": from_quantity, "unit_price": money(price)}


def book(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"name": "标准价", "currency": "CNY", "valid_from": "2026-01-01"}
    return {**head, "entries": list(entries), **more}


async def test_a_book_is_created_read_and_published(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    b, a = (await add_product(tx, sku="B")).id, (await add_product(tx, sku="A")).id
    tiers = [tier("10", "90"), tier("100.5", "80.123456")]
    body = book(entry(a, "100", tiers=tiers), entry(b, "0.5"), valid_to="2027-01-01")
    answer = await client.post("/price-books", json=body)
    created = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/cpq/v1/price-books/{created['id']}"
    assert (created["valid_from"], created["valid_to"]) == ("2026-01-01", "2027-01-01")
    assert [each.pop("product_name") for each in created["entries"]] == ["A 产品", "B 产品"]
    assert created["entries"] == [
        {
            "product_id": str(a),
            "list_price": money("100.00"),
            "tiers": [tier("10", "90.00"), tier("100.5", "80.123456")],
        },
        {"product_id": str(b), "list_price": money("0.50"), "tiers": []},
    ]
    assert (await client.get(f"/price-books/{created['id']}")).json() == answer.json()
    [fact] = await published()
    assert (fact.type, fact.sequence) == ("cpq.price_book.created.v1", 1)
    assert fact.payload["price_book"] == {
        "price_book_id": created["id"],
        **{name: created[name] for name in ("name", "currency", "valid_from", "valid_to")},
        "entries": created["entries"],
        "custom_fields": {},
        "deleted": False,
    }


async def test_all_violations_are_reported_together_and_nothing_is_stored(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    known = (await add_product(tx)).id
    unknown = new_id()
    body = book(
        entry(known, "-1", tiers=[tier("10", "9"), tier("10", "8")]),
        entry(unknown),
        entry(known, list_price=money("1", "USD")),
        valid_to="2026-01-01",
    )
    answer = await client.post("/price-books", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/valid_to", "PERIOD_EMPTY"),
        ("/entries/0/list_price/amount", "TOO_SMALL"),
        ("/entries/0/tiers/1/from_quantity", "TIERS_NOT_INCREASING"),
        ("/entries/1/product_id", "PRODUCT_UNKNOWN"),
        ("/entries/2/product_id", "PRODUCT_REPEATED"),
        ("/entries/2/list_price/currency", "CURRENCY_MISMATCH"),
    }
    assert await published() == []
    assert (await client.get("/price-books")).json()["items"] == []


async def test_violations_are_in_the_callers_language(client: Client) -> None:
    answer = await client.post(
        "/price-books", json=book(valid_to="2025-01-01"), headers={"Accept-Language": "zh-CN"}
    )
    assert [e["message"] for e in answer.json()["errors"]] == [
        "结束日期须晚于 2026-01-01。",
        "长度至少为 1。",
    ]


async def test_books_may_overlap_and_are_listed_without_prices(
    client: Client, tx: AsyncConnection
) -> None:
    product = await add_product(tx)
    ids = [
        str((await add_price_book(tx, [make_price_entry(product.id, cny("1"))])).id)
        for _ in range(3)
    ]
    first = (await client.get("/price-books", params={"limit": 2})).json()
    second = (await client.get("/price-books", params={"cursor": first["next_cursor"]})).json()
    listed = [*first["items"], *second["items"]]
    assert [item["id"] for item in listed] == ids[::-1]
    assert "entries" not in listed[0]
    assert (await client.get("/price-books?colour=x")).status_code == 422


async def test_another_tenants_products_and_books_are_unknown(
    client: Client, tx: AsyncConnection, token: Token
) -> None:
    product = await add_product(tx)
    existing = await add_price_book(tx, [make_price_entry(product.id, cny("1"))])
    other = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    hidden = await client.get(f"/price-books/{existing.id}", headers=other)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "PRICE_BOOK_NOT_FOUND")
    answer = await client.post("/price-books", json=book(entry(product.id)), headers=other)
    assert [e["code"] for e in answer.json()["errors"]] == ["PRODUCT_UNKNOWN"]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"name": ""}, "/name", "TOO_SHORT"),
        ({"currency": "XXX"}, "/currency", "CURRENCY_UNKNOWN"),
        ({"currency": "cny"}, "/currency", "CURRENCY_UNKNOWN"),
        ({"valid_from": "2026-02-30"}, "/valid_from", "DATE_INVALID"),
        ({"valid_from": "2026-01-01T00:00:00"}, "/valid_from", "DATE_INVALID"),
        ({"valid_from": "20260101"}, "/valid_from", "DATE_INVALID"),
        ({"valid_from": "２０２６-01-01"}, "/valid_from", "DATE_INVALID"),
        ({"valid_from": 1767225600}, "/valid_from", "DATE_INVALID"),
        ({"valid_from": None}, "/valid_from", "DATE_INVALID"),
        ({"valid_to": ""}, "/valid_to", "DATE_INVALID"),
        ({"entries": None}, "/entries", "TYPE_INVALID"),
        ({"entries": []}, "/entries", "TOO_SHORT"),
        ({"entries": [entry("x")]}, "/entries/0/product_id", "ID_INVALID"),
        ({"entries": [{}]}, "/entries/0/product_id", "REQUIRED"),
        ({"rank": 1}, "/rank", "UNKNOWN_FIELD"),
    ],
)
async def test_bad_bodies(client: Client, fields: dict[str, Any], pointer: str, code: str) -> None:
    answer = await client.post("/price-books", json=book(entry(new_id()), **fields))
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"list_price": money("1e5")}, "/list_price/amount", "DECIMAL_STRING_INVALID"),
        ({"list_price": money("NaN")}, "/list_price/amount", "DECIMAL_STRING_INVALID"),
        ({"list_price": money("1.1234567")}, "/list_price/amount", "DECIMAL_STRING_INVALID"),
        ({"list_price": money("1" * 17)}, "/list_price/amount", "DECIMAL_STRING_INVALID"),
        ({"list_price": {"amount": 1, "currency": "CNY"}}, "/list_price/amount",
         "DECIMAL_STRING_INVALID"),
        ({"list_price": {"amount": "1"}}, "/list_price/currency", "REQUIRED"),
        ({"list_price": "1"}, "/list_price", "TYPE_INVALID"),
        ({"list_price": {**money("1"), "x": 1}}, "/list_price/x", "UNKNOWN_FIELD"),
        ({"tiers": [tier("0", "1")]}, "/tiers/0/from_quantity", "TOO_SMALL"),
        ({"tiers": [tier("-3", "1")]}, "/tiers/0/from_quantity", "TOO_SMALL"),
        ({"tiers": [tier("1", "-1")]}, "/tiers/0/unit_price/amount", "TOO_SMALL"),
        ({"tiers": [tier(str(n), "1") for n in range(1, 52)]}, "/tiers", "TOO_LONG"),
        ({"tiers": None}, "/tiers", "TYPE_INVALID"),
    ],
)  # fmt: skip
async def test_bad_entries(
    client: Client, tx: AsyncConnection, fields: dict[str, Any], pointer: str, code: str
) -> None:
    product = await add_product(tx)
    answer = await client.post("/price-books", json=book(entry(product.id, **fields)))
    assert answer.status_code == 422, answer.text
    violations = {(e["pointer"], e["code"]) for e in answer.json()["errors"]}
    assert violations == {(f"/entries/0{pointer}", code)}
