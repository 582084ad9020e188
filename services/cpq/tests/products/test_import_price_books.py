"""The price books that take the prices of product files."""

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.cpq.tests.factories import add_price_book, cny, list_ids, make_price_entry
from services.cpq.tests.products.importing import ProductImporter, open_import

Client = httpx.AsyncClient


async def test_prices_go_into_the_named_price_book(
    importer: ProductImporter, tx: AsyncConnection
) -> None:
    for name in ("导入价目表", "出口"):
        await add_price_book(tx, [], name=name)
    text = (
        "product,price,currency,price book\nA,10,,\nA,2,USD,出口\nA,11,CNY,出口\nB,1.234567,,出口\n"
    )
    assert await importer.run(text) == {"created": 2, "updated": 2, "with_warnings": 1}
    assert await importer.prices() == {"A": "10.00"}
    assert await importer.prices(name="出口", currency="USD") == {"A": "2.00"}
    assert await importer.prices(name="出口") == {"A": "11.00", "B": "1.234567"}
    assert await importer.run(text) == {"unchanged": 4}


async def test_two_spellings_of_a_price_book_are_one_whose_last_row_counts(
    importer: ProductImporter,
) -> None:
    rows = "product,price,price_book\nA,1,Standard\nA,2,STANDARD\n"
    assert (await importer.run(rows))["created"] == 1
    [entry] = (await importer.book("Standard"))["entries"]
    assert entry["list_price"]["amount"] == "2.00"
    assert await importer.run(rows) == {"unchanged": 2}


async def test_an_import_replaces_no_price_book(
    client: Client, tx: AsyncConnection, importer: ProductImporter
) -> None:
    """A new book from today would take away the prices of all that is not in the file."""
    await add_price_book(tx, [make_price_entry(new_id(), cny("1"))], name="年度价目表")
    text = "product,price,currency,price_book\nA,10,,\nB,,,\nC,2,USD,\nD,4,,年渡价目表\n"
    expected = {"created": 2, "refused": 2, "with_warnings": 1}
    unknown = {2: [("price", "PRICE_BOOK_UNNAMED")], 5: [("price_book", "PRICE_BOOK_NAME_UNKNOWN")]}
    for dry_run in (True, False):
        assert await importer.run(text, dry_run=dry_run) == expected
        assert await importer.refusals() == unknown
        assert await importer.warnings() == {4: ["PRICE_BOOK_CREATED"]}
    assert await list_ids(client, "/price-books?currency=CNY&name__startswith=导入") == []
    assert await importer.prices(currency="USD") == {"C": "2.00"}
    assert await importer.run("product,price,price_book\nA,10,年度价目表\n") == {"created": 1}


async def test_a_preview_says_what_happens_to_price_books(
    client: Client, tx: AsyncConnection
) -> None:
    await add_price_book(tx, [], name="年度价目表")
    import_id = await open_import(
        client,
        "product,price,currency,price_book\nA,1,,年渡价目表\nB,2,USD,Export\nC,3,USD,Exprt\n",
    )
    rows = (await client.post(f"/imports/{import_id}/preview")).json()["rows"]
    assert [[e["code"] for e in row["errors"]] for row in rows] == [
        ["PRICE_BOOK_NAME_UNKNOWN"],
        [],
        ["PRICE_BOOK_NAME_UNKNOWN"],
    ]
    assert rows[0]["errors"][0]["params"] == {"name": "年渡价目表", "books": ["年度价目表"]}
    assert rows[2]["errors"][0]["params"]["books"] == ["Export"]
    assert [[e["code"] for e in row["warnings"]] for row in rows] == [
        [],
        ["PRICE_BOOK_CREATED"],
        [],
    ]


async def test_the_first_row_of_a_file_names_the_first_book(importer: ProductImporter) -> None:
    rows = "product,price,price_book\nB,1,Standard\nA,2,Standrad\n"
    assert await importer.run(rows) == {"created": 1, "refused": 1, "with_warnings": 1}
    assert await importer.refusals() == {3: [("price_book", "PRICE_BOOK_NAME_UNKNOWN")]}
    assert await importer.run(rows) == {"unchanged": 1, "refused": 1}
