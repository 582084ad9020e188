"""Quotes: lines priced with tiers, and quotes priced and saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cpq.tests.factories import (
    add_account,
    add_opportunity,
    add_price_book,
    add_product,
    cny,
    make_price_entry,
)
from tests.bench.machine.load import Request
from tests.bench.machine.measuring import Operation, Prepare, Row, cost, requests_to
from tests.bench.machine.system import System

PRODUCTS, API, SHOP = 500, "/cpq/v1/quotes", "quotes.shop"


@dataclass(frozen=True)
class Shop:
    """What is quoted: products in one price book, for an opportunity."""

    products: Sequence[UUID]
    book: UUID
    opportunity: UUID

    def body(self, lines: int) -> dict[str, object]:
        """Return a quote of so many products; their quantities are those of different tiers."""
        return {
            "opportunity_id": str(self.opportunity),
            "price_book_id": str(self.book),
            "lines": [
                {"product_id": str(key), "quantity": str(1 + n % 15), "discount_rate": "0.05"}
                for n, key in enumerate(self.products[:lines])
            ],
        }


async def open_shop(system: System) -> None:
    """Create the products, the price book and the opportunity, once."""
    if SHOP in system.once:
        return
    async with system.database("cpq") as database, database.begin(system.tenant) as tx:
        products = [(await add_product(tx, sku=f"SKU-{n:04}")).id for n in range(PRODUCTS)]
        tiers = {"from_5": cny("95"), "from_10": cny("90")}
        entries = [make_price_entry(key, cny("100"), **tiers) for key in products]
        book = await add_price_book(tx, entries)
        account = UUID(int=1)
        await add_account(tx, account)
        opportunity = await add_opportunity(tx, account_id=account, owner_id="person-1")
    system.once[SHOP] = Shop(products, book.id, opportunity)


def quotes_of(lines: int, path: str = "") -> Prepare:
    async def prepare(system: System, count: int) -> list[Request]:
        shop = system.once[SHOP]
        assert isinstance(shop, Shop)
        return [Request("POST", API + path, system.headers(), shop.body(lines))] * count

    return prepare


def row(name: str, what: str, at_most: float, prepare: Prepare, count: int) -> Row:
    operation = Operation(
        ready=open_shop,
        prepare=prepare,
        work=requests_to("cpq"),
        processes=("cpq-api",),
        count=count,
    )
    return cost(name, what, at_most, operation)


ROWS: Sequence[Row] = (
    *(
        row(
            f"quotes.price.{lines}", f"price {lines} lines with tiers, no write", reach, each, count
        )
        for lines, reach, count in ((10, 3, 200), (100, 8, 100))
        for each in [quotes_of(lines, "/preview")]
    ),
    *(
        row(
            f"quotes.save.{lines}", f"quote of {lines} lines, saved", reach, quotes_of(lines), count
        )
        for lines, reach, count in ((10, 6, 200), (100, 20, 80), (500, 80, 24))
    ),
)
