"""Edits of price books, and their earlier versions."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import PERSON, Shop, create_quote, open_shop
from testkit.plugin import Committed, PublishedFacts

Client = httpx.AsyncClient


@pytest.fixture
async def shop(tx: AsyncConnection) -> Shop:
    return await open_shop(tx)


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def entry(shop: Shop, price: str, **tiers: str) -> dict[str, Any]:
    return {
        "product_id": str(shop.product.id),
        "list_price": yuan(price),
        "tiers": [
            {"from_quantity": name.removeprefix("from_"), "unit_price": yuan(amount)}
            for name, amount in tiers.items()
        ],
    }


async def test_changed_prices_apply_to_new_quotes_only(
    client: Client, shop: Shop, published: PublishedFacts
) -> None:
    old = await create_quote(client, shop.body())
    path = f"/price-books/{shop.book.id}"
    before = (await client.get(path)).json()
    entries = [entry(shop, "110", from_5="100")]
    answer = await client.patch(path, json={"entries": entries}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    book = answer.json()
    assert (book["version"], book["name"]) == (2, before["name"])
    assert book["entries"][0]["list_price"] == yuan("110.00")
    assert (await client.get(path)).json() == book
    new = await create_quote(client, shop.body({"quantity": "3"}, {"quantity": "5"}))
    assert [line["tier_price"] for line in new["lines"]] == [yuan("110.00"), yuan("100.00")]
    assert (old["price_book_version"], new["price_book_version"]) == (1, 2)
    assert (await client.get(f"/quotes/{old['id']}")).json() == old
    fact = (await published())[1]
    assert (fact.type, fact.sequence) == ("cpq.price_book.changed.v1", 2)
    assert fact.payload["price_book"]["entries"][0]["tiers"][0]["from_quantity"] == "5"


async def test_a_batch_reprices_a_book_and_creates_another(client: Client, shop: Shop) -> None:
    patch = {"entries": [entry(shop, "110", from_5="100")]}
    new = {"name": "新书", "currency": "CNY", "valid_from": "2027-01-01"}
    items = [
        {"id": str(shop.book.id), "version": 1, "patch": patch},
        {"create": {**new, "entries": [entry(shop, "120")]}},
        {"create": {**new, "entries": []}},
    ]
    answer = await client.post("/price-books/batch", json={"items": items})
    repriced, created, refused = answer.json()["items"]
    assert [one["status"] for one in (repriced, created, refused)] == [200, 201, 422]
    assert repriced["record"]["entries"][0]["tiers"][0]["unit_price"] == yuan("100.00")
    for one in (repriced, created):
        path = f"/price-books/{one['record']['id']}"
        assert (await client.get(path)).json() == one["record"]


async def test_earlier_versions_of_a_book_can_be_read(client: Client, shop: Shop) -> None:
    path = f"/price-books/{shop.book.id}"
    first = (await client.get(path)).json()
    await client.patch(path, json={"entries": [entry(shop, "110")]})
    second = (await client.get(path)).json()
    await client.patch(path, json={"valid_to": "2027-01-01", "name": "旧价"})
    listed = (await client.get(f"{path}/versions")).json()["items"]
    assert [(item["version"], item["replaced_by"]) for item in listed] == [
        (2, PERSON),
        (1, PERSON),
    ]
    for expected in (first, second):
        version = (await client.get(f"{path}/versions/{expected['version']}")).json()
        for name in ("name", "currency", "valid_from", "valid_to", "entries"):
            assert version[name] == expected[name], name
    page = (await client.get(f"{path}/versions", params={"limit": 1})).json()
    second_page = await client.get(f"{path}/versions", params={"cursor": page["next_cursor"]})
    assert [item["version"] for item in second_page.json()["items"]] == [1]
    for missing in (f"{path}/versions/3", f"{path}/versions/99"):
        answer = await client.get(missing)
        assert answer.json()["code"] == "PRICE_BOOK_VERSION_NOT_FOUND"
    assert (await client.get(f"{path}/versions/0")).status_code == 422
    unknown_book = await client.get(f"/price-books/{shop.product.id}/versions")
    assert unknown_book.json()["code"] == "PRICE_BOOK_NOT_FOUND"


async def test_a_patch_without_a_difference_makes_no_version(
    client: Client, shop: Shop, published: PublishedFacts
) -> None:
    path = f"/price-books/{shop.book.id}"
    book = (await client.get(path)).json()
    same = {"name": book["name"], "entries": book["entries"], "valid_to": None}
    for patch in ({}, same):
        assert (await client.patch(path, json=patch)).json() == book
    assert await published() == []
    assert (await client.get(f"{path}/versions")).json()["items"] == []


@pytest.mark.parametrize(
    ("patch", "pointer", "code"),
    [
        ({"currency": "USD"}, "/currency", "UNKNOWN_FIELD"),
        ({"name": ""}, "/name", "TOO_SHORT"),
        ({"valid_from": None}, "/valid_from", "REQUIRED"),
        ({"valid_to": "2026-01-01"}, "/valid_to", "PERIOD_EMPTY"),
        ({"valid_to": "soon"}, "/valid_to", "DATE_INVALID"),
        ({"entries": []}, "/entries", "TOO_SHORT"),
        ({"entries": None}, "/entries", "REQUIRED"),
        ({"entries": 1}, "/entries", "TYPE_INVALID"),
    ],
)
async def test_bad_patches(
    client: Client, shop: Shop, patch: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.patch(f"/price-books/{shop.book.id}", json=patch)
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


async def test_all_violations_of_a_patch_are_reported_together(client: Client, shop: Shop) -> None:
    dollars = {**entry(shop, "1"), "list_price": {"amount": "1", "currency": "USD"}}
    unknown = {**entry(shop, "1"), "product_id": str(shop.opportunity_id)}
    tiers = entry(shop, "1", from_5="1", from_4="1")
    path = f"/price-books/{shop.book.id}"
    answer = await client.patch(path, json={"entries": [dollars, unknown, tiers]})
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/entries/0/list_price/currency", "CURRENCY_MISMATCH"),
        ("/entries/1/product_id", "PRODUCT_UNKNOWN"),
        ("/entries/2/product_id", "PRODUCT_REPEATED"),
        ("/entries/2/tiers/1/from_quantity", "TIERS_NOT_INCREASING"),
    }


async def test_a_quote_is_priced_from_one_version_of_a_changing_book(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """Header, entries and tiers are read by separate statements while the book changes."""
    async with committed.app.begin(tenant) as tx:
        shop = await open_shop(tx)
    path = f"/price-books/{shop.book.id}"
    answers = await asyncio.gather(
        *(
            committed_client.patch(path, json={"entries": [entry(shop, f"{n}00", from_10=f"{n}0")]})
            for n in range(2, 8)
        ),
        *(
            committed_client.post("/quotes", json=shop.body({"quantity": "1"}, {"quantity": "10"}))
            for _ in range(10)
        ),
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    prices = {
        version["version"]: version["entries"][0]["list_price"]
        for version in [
            (await committed_client.get(f"{path}/versions/{n}")).json() for n in range(1, 7)
        ]
    }
    book = (await committed_client.get(path)).json()
    prices[book["version"]] = book["entries"][0]["list_price"]
    for quote in (answer.json() for answer in answers[6:]):
        first, second = quote["lines"]
        version = quote["price_book_version"]
        assert first["tier_price"] == prices[version]
        tenth = "90.00" if version == 1 else f"{float(prices[version]['amount']) / 10:.2f}"
        assert second["tier_price"] == yuan(tenth)


async def test_a_price_book_is_read_with_its_products_and_sent_back(
    client: Client, shop: Shop
) -> None:
    path = f"/price-books/{shop.book.id}"
    expanded = (await client.get(f"{path}?expand=entries.product")).json()
    [product] = [one["product"] for one in expanded["entries"]]
    assert (product["id"], product["sku"]) == (str(shop.product.id), shop.product.sku)
    plain = (await client.get(path)).json()
    sent_back = await client.patch(path, json={"entries": expanded["entries"]})
    assert (sent_back.status_code, sent_back.json()) == (200, plain), sent_back.text
