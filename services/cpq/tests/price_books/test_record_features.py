"""Price books: deletion, versions, external ids, lists, and the audit of prices."""

import random
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import (
    Shop,
    add_product,
    create_quote,
    define_custom_field,
    errors_of,
    list_ids,
    open_shop,
    status_and_code,
)

Client = httpx.AsyncClient
BY_ERP = "/price-books/by-external-id/erp/2026"


@pytest.fixture
async def shop(tx: AsyncConnection) -> Shop:
    return await open_shop(tx)


def omit_name(shown: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of an answer without its product's name."""
    return {name: value for name, value in shown.items() if name != "product_name"}


def entry(product_id: object, price: str, **tiers: str) -> dict[str, Any]:
    return {
        "product_id": str(product_id),
        "list_price": {"amount": price, "currency": "CNY"},
        "tiers": [
            {
                "from_quantity": name.removeprefix("from_"),
                "unit_price": {"amount": amount, "currency": "CNY"},
            }
            for name, amount in tiers.items()
        ],
    }


def body(shop: Shop, **more: Any) -> dict[str, Any]:
    head = {"name": "经销商价", "currency": "CNY", "valid_from": "2026-01-01"}
    return {**head, "entries": [entry(shop.product.id, "50")], **more}


async def test_a_quote_cannot_be_priced_from_a_deleted_book(client: Client, shop: Shop) -> None:
    quote = await create_quote(client, shop.body())
    path = f"/price-books/{shop.book.id}"
    assert (await client.delete(path)).status_code == 204
    versions = await client.get(f"{path}/versions")
    assert status_and_code(versions) == (404, "PRICE_BOOK_NOT_FOUND")
    assert await errors_of(client, shop.body()) == {("/price_book_id", "PRICE_BOOK_MISSING")}
    named = shop.body(price_book_id=str(shop.book.id))
    assert await errors_of(client, named) == {("/price_book_id", "PRICE_BOOK_UNKNOWN")}
    assert (await client.get(f"/quotes/{quote['id']}")).json() == quote
    assert (await client.post(f"{path}/restore")).status_code == 200
    await create_quote(client, shop.body())


async def test_custom_fields_are_part_of_the_version_history(client: Client, shop: Shop) -> None:
    await define_custom_field(client, "cpq.price_book", "channel", "TEXT")
    book = (
        await client.post("/price-books", json=body(shop, custom_fields={"channel": "A"}))
    ).json()
    path = f"/price-books/{book['id']}"
    changed = await client.patch(path, json={"custom_fields": {"channel": "B"}})
    assert changed.json()["custom_fields"] == {"channel": "B"}
    assert (await client.get(f"{path}/versions/1")).json()["custom_fields"] == {"channel": "A"}


async def test_an_erp_writes_versions_of_a_book_by_external_id(client: Client, shop: Shop) -> None:
    first = await client.put(BY_ERP, json=body(shop))
    assert first.status_code == 201, first.text
    second = await client.put(BY_ERP, json=body(shop, entries=[entry(shop.product.id, "60")]))
    assert (second.status_code, second.json()["version"]) == (200, 2)
    versions = await client.get(f"/price-books/{second.json()['id']}/versions")
    assert [one["version"] for one in versions.json()["items"]] == [1]
    dollars = [{**entry(shop.product.id, "1"), "list_price": {"amount": "1", "currency": "USD"}}]
    other = await client.put(BY_ERP, json=body(shop, currency="USD", entries=dollars))
    assert [(e["pointer"], e["code"]) for e in other.json()["errors"]] == [
        ("/currency", "CURRENCY_MISMATCH")
    ]


async def test_an_existing_entry_may_keep_a_deleted_product(client: Client, shop: Shop) -> None:
    await client.delete(f"/products/{shop.product.id}")
    path = f"/price-books/{shop.book.id}"
    assert (await client.patch(path, json={"name": "新名"})).status_code == 200
    refused = await client.post("/price-books", json=body(shop))
    assert [e["code"] for e in refused.json()["errors"]] == ["PRODUCT_UNKNOWN"]


async def test_every_declared_filter_and_sort(client: Client, shop: Shop) -> None:
    standard = str(shop.book.id)
    dealers = (
        await client.post(
            "/price-books", json=body(shop, valid_from="2026-07-01", valid_to="2027-01-01")
        )
    ).json()["id"]
    for query, expected in {
        "name=经销商价": [dealers],
        "q=jxs": [dealers],
        "currency=CNY": [dealers, standard],
        "valid_from__lte=2026-06-30": [standard],
        "valid_to__isnull=true": [standard],
        "valid_to__lte=2027-01-01": [dealers],
        "sort=valid_to": [dealers, standard],
        "sort=valid_from": [standard, dealers],
        "sort=currency,valid_from": [standard, dealers],
        "created_at__gte=2027-01-01T00:00:00Z": [],
    }.items():
        assert await list_ids(client, f"/price-books?{query}") == expected, query


async def test_the_audit_shows_only_changed_prices(
    client: Client, tx: AsyncConnection, shop: Shop
) -> None:
    others = [(await add_product(tx, sku=f"P{n}")).id for n in range(3)]
    path = f"/price-books/{shop.book.id}"
    entries = [
        entry(shop.product.id, "100", from_10="90"),
        *(entry(one, "5", from_2="4") for one in others),
    ]
    await client.patch(path, json={"entries": entries})
    before = len((await client.get(f"{path}/audit?limit=200")).json()["items"])
    entries[1] = entry(others[0], "6", from_2="4", from_3="3")
    del entries[3]
    answer = await client.patch(path, json={"entries": entries})
    assert (await client.get(path)).json() == answer.json()
    audit_entries = (await client.get(f"{path}/audit?limit=200")).json()["items"][:-before]
    assert sorted(
        (e["part"], e["verb"], e["part_id"]) for e in audit_entries if e["part"]
    ) == sorted(
        [
            ("entries", "UPDATE", str(others[0])),
            ("entries", "DELETE", str(others[2])),
            ("tiers", "INSERT", str(others[0])),
            ("tiers", "DELETE", str(others[2])),
        ]
    )


async def test_any_sequence_of_price_changes_is_read_back(
    client: Client, tx: AsyncConnection, shop: Shop
) -> None:
    """Only differences are written; random edits check that the result is still complete."""
    chance = random.Random(20261122)
    products = [(await add_product(tx, sku=f"P{n}")).id for n in range(6)]
    path = f"/price-books/{shop.book.id}"
    for _ in range(25):
        chosen = chance.sample(products, chance.randint(1, 6))
        entries = [
            entry(
                product,
                f"{chance.randint(0, 3)}.00",
                **{
                    f"from_{n}": f"{chance.randint(1, 2)}.00"
                    for n in sorted(chance.sample(range(1, 5), chance.randint(0, 4)))
                },
            )
            for product in chosen
        ]
        answer = await client.patch(path, json={"entries": entries})
        assert [omit_name(each) for each in answer.json()["entries"]] == entries
        assert (await client.get(path)).json() == answer.json()
