"""Sets up tests: tenant settings, products, price books, accounts, opportunities and quotes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.event import Event
from cpq.accounts.store import accounts
from cpq.opportunities.store import opportunities
from cpq.price_books import store as price_books
from cpq.price_books.domain import PriceBook, PriceEntry, PriceTier
from cpq.products.domain import Product
from cpq.products.store import PRODUCT
from kernel.ids import new_id
from kernel.money import Money
from testkit.tenants import add_tenant

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # noon in Shanghai
PERSON = "01990000-0000-7000-8000-000000000001"  # the subject of the tests' tokens
NEW_YEAR = date(2026, 1, 1)

E = TypeVar("E", bound=Event)


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


async def add_settings(
    tx: AsyncConnection,
    *,
    timezone: str = "Asia/Shanghai",
    currency: str = "CNY",
    tax_rate: str = "0.13",
) -> None:
    await add_tenant(tx, timezone=timezone, currency=currency, default_tax_rate=Decimal(tax_rate))


def make_product(*, sku: str = "GTX-BASIC", active: bool = True) -> Product:
    return Product(
        id=new_id(),
        sku=sku,
        name=f"{sku} 产品",
        unit="PCS",
        active=active,
        created_at=NOON,
        updated_at=NOON,
    )


async def add_product(
    tx: AsyncConnection, *, sku: str = "GTX-BASIC", active: bool = True
) -> Product:
    product = make_product(sku=sku, active=active)
    await PRODUCT.add(tx, product)
    return product


def make_price_entry(product_id: UUID, price: Money, **tiers: Money) -> PriceEntry:
    """Make an entry with tiers: `make_price_entry(product_id, cny("100"), from_10=cny("90"))`."""
    return PriceEntry(
        product_id=product_id,
        list_price=price,
        tiers=tuple(
            PriceTier(from_quantity=Decimal(name.removeprefix("from_")), unit_price=unit_price)
            for name, unit_price in tiers.items()
        ),
    )


def make_price_book(
    entries: Sequence[PriceEntry],
    *,
    name: str = "标准价",
    currency: str = "CNY",
    valid_from: date = NEW_YEAR,
    valid_to: date | None = None,
) -> PriceBook:
    return PriceBook(
        id=new_id(),
        name=name,
        currency=currency,
        valid_from=valid_from,
        valid_to=valid_to,
        entries=tuple(entries),
        created_at=NOON,
        updated_at=NOON,
    )


async def add_price_book(
    tx: AsyncConnection, entries: Sequence[PriceEntry], **more: Any
) -> PriceBook:
    book = make_price_book(entries, **more)
    await price_books.add(tx, book)
    return book


async def add_account(tx: AsyncConnection, account_id: UUID, *, name: str = "星辰科技") -> None:
    await tx.execute(insert(accounts).values(id=account_id, epoch=1, sequence=1, name=name))


async def add_opportunity(
    tx: AsyncConnection,
    *,
    stage: str = "QUOTATION",
    account_id: UUID | None = None,
    owner_id: str = PERSON,
) -> UUID:
    opportunity_id = new_id()
    await tx.execute(
        insert(opportunities).values(
            id=opportunity_id,
            epoch=1,
            sequence=1,
            account_id=account_id or new_id(),
            name="二期扩容",
            stage=stage,
            owner_id=owner_id,
        )
    )
    return opportunity_id


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Everything a quote needs: a product at 100.00 CNY, 90.00 from 10 pieces on, and a buyer."""

    opportunity_id: UUID
    account_id: UUID
    product: Product
    book: PriceBook

    def body(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return a quote request for these lines of the product, by default three pieces."""
        return {
            "opportunity_id": str(self.opportunity_id),
            "lines": [
                {"product_id": str(self.product.id), **line}
                for line in lines or [{"quantity": "3"}]
            ],
            **more,
        }


async def open_shop(tx: AsyncConnection, *, owner_id: str = PERSON) -> Shop:
    await add_settings(tx)
    product = await add_product(tx)
    book = await add_price_book(tx, [make_price_entry(product.id, cny("100"), from_10=cny("90"))])
    account_id = new_id()
    await add_account(tx, account_id)
    opportunity_id = await add_opportunity(tx, account_id=account_id, owner_id=owner_id)
    return Shop(opportunity_id=opportunity_id, account_id=account_id, product=product, book=book)


async def create_quote(client: AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    """Create a quote over HTTP."""
    answer = await client.post("/quotes", json=body)
    assert answer.status_code == 201, answer.text
    quote: dict[str, Any] = answer.json()
    return quote


async def refusal_of(client: AsyncClient, body: dict[str, Any]) -> tuple[int, str]:
    """Return the HTTP status and error code of a refused quote."""
    answer = await client.post("/quotes", json=body)
    return answer.status_code, answer.json()["code"]


async def errors_of(client: AsyncClient, body: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the pointers and codes of all violations of a refused quote."""
    answer = await client.post("/quotes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED"), answer.text
    return {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


async def define_custom_field(
    client: AsyncClient, resource: str, key: str, kind: str, **more: Any
) -> None:
    """Define a custom field of a resource that lists can filter by."""
    body = {"resource": resource, "key": key, "type": kind, "label_zh": key, "label_en": key}
    answer = await client.post("/custom-fields", json={**body, "filterable": True, **more})
    assert answer.status_code == 201, answer.text


async def list_ids(client: AsyncClient, path: str, **more: Any) -> list[str]:
    """Return the ids on a page of a list, in its order."""
    answer = await client.get(path, **more)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def status_and_code(answer: Response) -> tuple[int, str]:
    """Return the HTTP status and error code of a problem."""
    return answer.status_code, answer.json()["code"]
