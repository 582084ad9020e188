"""Products and their list prices, taken in from files."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.actions import JOB
from chassis.files.imports.jobs import import_jobs
from chassis.jobs.queue import Done, Job
from cpq.imports.domain import BOOK, with_sku
from cpq.imports.timers import IMPORTS
from cpq.price_books.domain import MOST_ENTRIES
from kernel.ids import new_id
from services.cpq.tests.factories import NOON, add_book, cny, listed, make_entry, problem
from testkit.jobs import make_job
from testkit.plugin import Committed, PublishedFacts

Client = httpx.AsyncClient
# The pipeline of the shared data, as it is.
PIPELINE = (
    "product,series,sales_price\nGTX Basic,GTX,550\nGTX Pro,GTX,4821\nMG Special,MG,55\n"
    "MG Advanced,MG,3393\nGTX Plus Pro,GTX,5482\nGTX Plus Basic,GTX,1096\nGTK 500,GTK,26768\n"
)
run_chunk = import_jobs(IMPORTS)[JOB]


async def start(client: Client, text: str, **fields: Any) -> str:
    body = {"file_name": "products.csv", "kind": "PRODUCTS", **fields}
    opened = await client.post("/imports", json=body)
    assert opened.status_code == 201, opened.text
    import_id: str = opened.json()["id"]
    await client.put(f"/imports/{import_id}/file", content=text.encode())
    started = await client.post(f"/imports/{import_id}/start")
    assert started.status_code == 202 or started.json()["state"] == "QUEUED", started.text
    return import_id


def job(import_id: str, tenant: UUID) -> Job:
    return make_job(tenant, JOB, import_id, now=NOON)


class Desk:
    """Imports files in the test's transaction, and says how it went."""

    def __init__(self, client: Client, tx: AsyncConnection, tenant: UUID) -> None:
        self._client, self._tx, self._tenant = client, tx, tenant

    async def take(self, text: str, **fields: Any) -> dict[str, int]:
        """The counts that are not 0."""
        import_id = await start(self._client, text, **fields)
        while not isinstance(await run_chunk(self._tx, job(import_id, self._tenant)), Done):
            pass
        run = (await self._client.get(f"/imports/{import_id}")).json()
        assert run["state"] == "SUCCEEDED", run
        names = ("created", "updated", "unchanged", "refused", "with_warnings")
        return {name: run["counts"][name] for name in names if run["counts"][name]}

    async def refusals(self) -> dict[int, list[tuple[str | None, str]]]:
        """What was wrong with the rows of the last import."""
        [last, *_] = await listed(self._client, "/imports")
        items = (await self._client.get(f"/imports/{last}/refusals")).json()["items"]
        return {i["row"]: [(e["column"], e["code"]) for e in i["errors"]] for i in items}

    async def book(self, name: str = "导入价目表", currency: str = "CNY") -> dict[str, Any]:
        query = f"/price-books?name={name}&currency={currency}"
        [book_id] = await listed(self._client, query)
        book: dict[str, Any] = (await self._client.get(f"/price-books/{book_id}")).json()
        return book

    async def prices(self, **which: str) -> dict[str, str]:
        """Amounts by SKU, as the book has them."""
        skus = {p["id"]: p["sku"] for p in (await self._client.get("/products")).json()["items"]}
        book = await self.book(**which)
        return {skus[e["product_id"]]: e["list_price"]["amount"] for e in book["entries"]}


@pytest.fixture
def desk(client: Client, tx: AsyncConnection, tenant: UUID) -> Desk:
    return Desk(client, tx, tenant)


async def test_the_pipeline_comes_in_and_again_changes_nothing(
    client: Client, desk: Desk, published: PublishedFacts
) -> None:
    assert await desk.take(PIPELINE) == {"created": 7}
    products = (await client.get("/products?sort=sku")).json()["items"]
    assert [(p["sku"], p["name"], p["series"], p["unit"]) for p in products][:3] == [
        ("GTK-500", "GTK 500", "GTK", "PCS"),
        ("GTX-BASIC", "GTX Basic", "GTX", "PCS"),
        ("GTX-PLUS-BASIC", "GTX Plus Basic", "GTX", "PCS"),
    ]
    assert (await desk.prices())["GTX-PRO"] == "4821.00"
    book = await desk.book()
    assert (book["valid_from"], book["valid_to"], len(book["entries"])) == ("2026-11-22", None, 7)
    assert await desk.take(PIPELINE) == {"unchanged": 7}
    assert await desk.book() == book
    assert Counter(fact.type for fact in await published()) == {
        "cpq.product.created.v1": 7,
        "cpq.price_book.created.v1": 1,
        "cpq.import.finished.v1": 2,
    }


async def test_what_differs_is_updated_and_the_rest_stays(client: Client, desk: Desk) -> None:
    await desk.take("sku,product,series,unit,price\nA,甲,S,KG,10\nB,乙,S,KG,20\n")
    book = await desk.book()
    tiers = [{"from_quantity": "5", "unit_price": {"amount": "9", "currency": "CNY"}}]
    entries = [{**book["entries"][0], "tiers": tiers}, book["entries"][1]]
    await client.patch(f"/price-books/{book['id']}", json={"entries": entries})
    # A gets another price, B another name; what a file does not say stays.
    assert await desk.take("货号,产品,售价\nA,甲,11\nB,乙二,20\nC,丙,\n") == {
        "created": 1,
        "updated": 2,
    }
    assert await desk.prices() == {"A": "11.00", "B": "20.00"}
    changed = await desk.book()
    assert changed["entries"][0]["tiers"][0]["unit_price"]["amount"] == "9.00"
    assert changed["version"] == book["version"] + 2
    products = (await client.get("/products?sort=sku")).json()["items"]
    assert [(p["name"], p["series"], p["unit"]) for p in products] == [
        ("甲", "S", "KG"),
        ("乙二", "S", "KG"),
        ("丙", None, "PCS"),
    ]


async def test_prices_go_into_the_book_that_is_named(desk: Desk) -> None:
    text = (
        "product,price,currency,price book\nA,10,,\nA,2,USD,出口\nA,11,CNY,出口\nB,1.234567,,出口\n"
    )
    assert await desk.take(text) == {"created": 2, "updated": 2}
    assert await desk.prices() == {"A": "10.00"}
    assert await desk.prices(name="出口", currency="USD") == {"A": "2.00"}
    assert await desk.prices(name="出口") == {"A": "11.00", "B": "1.234567"}
    assert await desk.take(text) == {"unchanged": 4}


async def test_the_last_row_of_a_product_counts(desk: Desk) -> None:
    assert await desk.take("product,price\nA,1\nA,2\n") == {"created": 1, "updated": 1}
    assert await desk.prices() == {"A": "2.00"}


async def test_bad_rows_are_refused_and_the_others_come_in(client: Client, desk: Desk) -> None:
    gone = (await client.post("/products", json={"sku": "GONE", "name": "x"})).json()["id"]
    await client.delete(f"/products/{gone}")
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
    assert await desk.take("\n".join(rows) + "\n") == {"created": 2, "refused": 8}
    refusals = await desk.refusals()
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
    assert await desk.prices() == {"GOOD": "1.00", "FINE": "12345.50"}


async def test_a_full_book_takes_no_more(client: Client, tx: AsyncConnection, desk: Desk) -> None:
    entries = [make_entry(new_id(), cny("1")) for _ in range(MOST_ENTRIES)]
    await add_book(tx, entries, name=BOOK)
    assert await desk.take("product,price\nA,1\nB,\n") == {"created": 1, "refused": 1}
    assert await desk.refusals() == {2: [(None, "PRICE_BOOK_FULL")]}
    skus = [item["sku"] for item in (await client.get("/products")).json()["items"]]
    assert skus == ["B"]


async def test_a_rehearsal_leaves_nothing(client: Client, desk: Desk) -> None:
    assert await desk.take(PIPELINE, dry_run=True) == {"created": 7}
    assert await listed(client, "/products") == await listed(client, "/price-books") == []
    assert await desk.take(PIPELINE) == {"created": 7}


async def test_an_import_is_no_way_around_a_scope(client: Client, token: Any) -> None:
    scope = "cpq.import.write cpq.product.write"
    headers = {"Authorization": f"Bearer {token(scope=scope)}"}
    body = {"file_name": "x.csv", "kind": "PRODUCTS"}
    answer = await client.post("/imports", json=body, headers=headers)
    assert problem(answer) == (403, "SCOPE_MISSING")
    assert answer.json()["params"]["scopes"] == ["cpq.price_book.write"]


def test_an_sku_follows_from_the_name() -> None:
    assert with_sku({"name": " GTX  Plus\tPro "})["sku"] == "GTX-PLUS-PRO"
    assert with_sku({"name": "GTX", "sku": "1"})["sku"] == "1"
    assert with_sku({"sku": "1"}) == {"sku": "1"}
    assert with_sku({"name": " "}) == {"name": " "}


async def test_two_imports_and_a_person_at_once_end_like_one(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    imports = [await start(committed_client, PIPELINE) for _ in range(3)]

    async def work(import_id: str) -> None:
        outcome: object = None
        while not isinstance(outcome, Done):
            async with committed.worker.begin(tenant) as tx:
                outcome = await run_chunk(tx, job(import_id, tenant))

    by_hand = committed_client.post("/products", json={"sku": "MG-SPECIAL", "name": "MG Special"})
    await asyncio.gather(*map(work, imports), by_hand)
    assert len(await listed(committed_client, "/products")) == 7
    [book] = await listed(committed_client, "/price-books")
    assert len((await committed_client.get(f"/price-books/{book}")).json()["entries"]) == 7
    counts = [(await committed_client.get(f"/imports/{one}")).json()["counts"] for one in imports]
    assert sum(one["refused"] for one in counts) == 0
    assert sum(one["created"] for one in counts) in (6, 7)
