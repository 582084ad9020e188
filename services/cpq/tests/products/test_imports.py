"""Imports of products and their list prices from files."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Done
from cpq.price_books.domain import MAX_ENTRIES
from cpq.products.domain import default_book, with_derived_sku
from kernel.ids import new_id
from services.cpq.tests.factories import (
    add_price_book,
    cny,
    list_ids,
    make_price_entry,
    status_and_code,
)
from services.cpq.tests.products.importing import (
    ProductImporter,
    import_job,
    run_chunk,
    start_import,
)
from testkit.plugin import Committed, PublishedFacts

Client = httpx.AsyncClient
# The product file of the CRM sales pipeline sample data, unchanged.
PIPELINE = (
    "product,series,sales_price\nGTX Basic,GTX,550\nGTX Pro,GTX,4821\nMG Special,MG,55\n"
    "MG Advanced,MG,3393\nGTX Plus Pro,GTX,5482\nGTX Plus Basic,GTX,1096\nGTK 500,GTK,26768\n"
)


async def test_importing_the_same_file_again_changes_nothing(
    client: Client, importer: ProductImporter, published: PublishedFacts
) -> None:
    assert await importer.run(PIPELINE) == {"created": 7, "with_warnings": 1}
    products = (await client.get("/products?sort=sku")).json()["items"]
    assert [(p["sku"], p["name"], p["series"], p["unit"]) for p in products][:3] == [
        ("GTK-500", "GTK 500", "GTK", "PCS"),
        ("GTX-BASIC", "GTX Basic", "GTX", "PCS"),
        ("GTX-PLUS-BASIC", "GTX Plus Basic", "GTX", "PCS"),
    ]
    assert (await importer.prices())["GTX-PRO"] == "4821.00"
    book = await importer.book()
    assert (book["valid_from"], book["valid_to"], len(book["entries"])) == ("2026-11-22", None, 7)
    assert await importer.run(PIPELINE) == {"unchanged": 7}
    assert await importer.book() == book
    assert Counter(fact.type for fact in await published()) == {
        "cpq.product.created.v1": 7,
        "cpq.price_book.created.v1": 1,
        "cpq.import.finished.v1": 2,
    }


async def test_an_import_updates_differences_and_leaves_the_rest(
    client: Client, importer: ProductImporter
) -> None:
    await importer.run("sku,product,series,unit,price\nA,甲,S,KG,10\nB,乙,S,KG,20\n")
    book = await importer.book()
    tiers = [{"from_quantity": "5", "unit_price": {"amount": "9", "currency": "CNY"}}]
    entries = [{**book["entries"][0], "tiers": tiers}, book["entries"][1]]
    await client.patch(f"/price-books/{book['id']}", json={"entries": entries})
    # A gets another price and B another name; blank or missing cells change nothing.
    assert await importer.run("货号,产品,售价\nA,甲,11\nB,乙二,20\nC,丙,\n") == {
        "created": 1,
        "updated": 2,
    }
    assert await importer.prices() == {"A": "11.00", "B": "20.00"}
    changed = await importer.book()
    assert changed["entries"][0]["tiers"][0]["unit_price"]["amount"] == "9.00"
    assert changed["version"] == book["version"] + 2
    products = (await client.get("/products?sort=sku")).json()["items"]
    assert [(p["name"], p["series"], p["unit"]) for p in products] == [
        ("甲", "S", "KG"),
        ("乙二", "S", "KG"),
        ("丙", None, "PCS"),
    ]


async def test_the_last_row_of_a_product_sets_its_price(importer: ProductImporter) -> None:
    assert await importer.run("product,price\nA,1\nA,2\n") == {
        "created": 1,
        "updated": 1,
        "with_warnings": 1,
    }
    assert await importer.prices() == {"A": "2.00"}


async def test_bad_rows_are_refused_and_the_others_imported(
    client: Client, importer: ProductImporter
) -> None:
    deleted_id = (await client.post("/products", json={"sku": "GONE", "name": "x"})).json()["id"]
    await client.delete(f"/products/{deleted_id}")
    rows = [
        "product,sku,price,currency,unit",
        "Good,,1,,",
        ",,1,,",
        "A,,-1,,",
        "A,,1.2345678,,",
        "A,,1,XYZ,",
        "A,a  b,1,,",
        f"{'x' * 201},,1,,",
        "A,,1,,two words",
        "x,GONE,1,,",
        "Fine,,12345.5,,",
    ]
    assert await importer.run("\n".join(rows) + "\n") == {
        "created": 2,
        "refused": 8,
        "with_warnings": 1,
    }
    refusals = await importer.refusals()
    assert refusals.pop(3)[0][1] == "REQUIRED"
    assert refusals.pop(8)[0][1] in ("TOO_LONG", "PATTERN_MISMATCH")
    assert refusals == {
        4: [("price", "TOO_SMALL")],
        5: [("price", "DECIMAL_STRING_INVALID")],
        6: [("currency", "CURRENCY_UNKNOWN")],
        7: [("sku", "PATTERN_MISMATCH")],
        9: [("unit", "PATTERN_MISMATCH")],
        10: [("sku", "PRODUCT_DELETED")],
    }
    assert await importer.prices() == {"GOOD": "1.00", "FINE": "12345.50"}


async def test_an_import_row_is_refused_if_its_price_book_is_full(
    client: Client, tx: AsyncConnection, importer: ProductImporter
) -> None:
    entries = [make_price_entry(new_id(), cny("1")) for _ in range(MAX_ENTRIES)]
    await add_price_book(tx, entries, name=default_book("CNY", "zh-CN").name)
    assert await importer.run("product,price\nA,1\nB,\n") == {"created": 1, "refused": 1}
    assert await importer.refusals() == {2: [(None, "PRICE_BOOK_FULL")]}
    skus = [item["sku"] for item in (await client.get("/products")).json()["items"]]
    assert skus == ["B"]


async def test_a_dry_run_stores_nothing(client: Client, importer: ProductImporter) -> None:
    assert await importer.run(PIPELINE, dry_run=True) == {"created": 7, "with_warnings": 1}
    assert await list_ids(client, "/products") == await list_ids(client, "/price-books") == []
    assert await importer.run(PIPELINE) == {"created": 7, "with_warnings": 1}


async def test_an_import_needs_the_scopes_of_products_and_price_books(
    client: Client, token: Any
) -> None:
    scope = "cpq.import.write cpq.product.write"
    headers = {"Authorization": f"Bearer {token(scope=scope)}"}
    body = {"file_name": "x.csv", "resource": "cpq.product"}
    answer = await client.post("/imports", json=body, headers=headers)
    assert status_and_code(answer) == (403, "SCOPE_MISSING")
    assert answer.json()["params"]["scopes"] == ["cpq.price_book.write"]


def test_the_sku_is_derived_from_the_name() -> None:
    assert with_derived_sku({"name": " GTX  Plus\tPro "})["sku"] == "GTX-PLUS-PRO"
    assert with_derived_sku({"name": "GTX", "sku": "1"})["sku"] == "1"
    assert with_derived_sku({"sku": "1"}) == {"sku": "1"}
    assert with_derived_sku({"name": " "}) == {"name": " "}


async def test_concurrent_imports_and_a_request_give_one_result(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    imports = [await start_import(committed_client, PIPELINE) for _ in range(3)]

    async def run_import(import_id: str) -> None:
        outcome: object = None
        while not isinstance(outcome, Done):
            async with committed.worker.begin(tenant) as tx:
                outcome = await run_chunk(tx, import_job(import_id, tenant))

    by_hand = committed_client.post("/products", json={"sku": "MG-SPECIAL", "name": "MG Special"})
    await asyncio.gather(*map(run_import, imports), by_hand)
    assert len(await list_ids(committed_client, "/products")) == 7
    [book] = await list_ids(committed_client, "/price-books")
    assert len((await committed_client.get(f"/price-books/{book}")).json()["entries"]) == 7
    counts = [(await committed_client.get(f"/imports/{one}")).json()["counts"] for one in imports]
    assert sum(one["refused"] for one in counts) == 0
    assert sum(one["created"] for one in counts) in (6, 7)


async def test_a_file_gives_products_their_custom_fields(
    client: Client, importer: ProductImporter
) -> None:
    field = {"resource": "cpq.product", "key": "colour", "type": "TEXT", "required": True}
    labels = {"label_zh": "颜色", "label_en": "Colour"}
    assert (await client.post("/custom-fields", json={**field, **labels})).status_code == 201
    assert await importer.run("name\nCable\n") == {"refused": 1}
    assert (await importer.refusals())[2] == [("颜色", "REQUIRED")]
    assert await importer.run("name,颜色\nCable,红\n") == {"created": 1}
    assert await importer.run("name\nCable\n") == {"unchanged": 1}
    assert await importer.run("name,colour\nCable,蓝\n") == {"updated": 1}
    [product] = (await client.get("/products")).json()["items"]
    assert product["custom_fields"] == {"colour": "蓝"}
