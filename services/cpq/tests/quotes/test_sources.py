"""Where a quote takes its prices, its currency, its tax and its customer from."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from cpq.opportunities.store import opportunities
from kernel.ids import new_id
from kernel.money import Money
from services.cpq.tests.factories import (
    Shop,
    add_account,
    add_book,
    add_opportunity,
    add_product,
    add_settings,
    created,
    errors_of,
    make_entry,
    refusal_of,
)
from testkit.tenants import remove_tenant

Client = httpx.AsyncClient
Token = Callable[..., str]
PERSON = "01990000-0000-7000-8000-000000000001"


async def test_which_book_prices_a_quote(client: Client, tx: AsyncConnection, shop: Shop) -> None:
    product = shop.product.id

    async def book(price: str, currency: str = "CNY", **more: Any) -> str:
        entry = make_entry(product, Money.of(price, currency))
        return str((await add_book(tx, [entry], currency=currency, **more)).id)

    june, july = date(2026, 6, 1), date(2026, 7, 1)
    campaign = await book("80", valid_from=june, valid_to=july)
    correction = await book("79", valid_from=june, valid_to=july)
    next_year = await book("120", valid_from=date(2027, 1, 1))
    dollars = await book("15", "USD")

    async def chosen(**more: Any) -> str:
        answer = await client.post("/quotes/preview", json=shop.body(**more))
        assert answer.status_code == 200, answer.text
        book_id: str = answer.json()["price_book_id"]
        return book_id

    yearly = str(shop.book.id)
    assert await chosen(price_date="2026-05-31") == yearly
    assert await chosen(price_date="2026-06-01") == correction
    assert await chosen(price_date="2026-06-30") == correction
    assert await chosen(price_date="2026-07-01") == yearly
    assert await chosen(price_date="2027-01-01") == next_year
    assert await chosen(price_date="2026-06-01", price_book_id=campaign) == campaign
    assert await chosen(price_date="2026-06-01", price_book_id=yearly) == yearly
    assert await chosen(price_date="2026-06-01", currency="USD") == dollars
    outside = shop.body(price_date="2026-07-01", price_book_id=campaign)
    assert await errors_of(client, outside) == {("/price_book_id", "PRICE_BOOK_NOT_VALID")}
    missing = ("/price_book_id", "PRICE_BOOK_MISSING")
    assert await errors_of(client, shop.body(price_date="2025-12-31")) == {missing}
    assert await errors_of(client, shop.body(currency="EUR")) == {missing}
    unknown = shop.body(price_book_id=str(new_id()))
    assert await errors_of(client, unknown) == {("/price_book_id", "PRICE_BOOK_UNKNOWN")}


async def test_currency_and_tax_are_the_tenants_unless_said(
    client: Client, tx: AsyncConnection
) -> None:
    await add_settings(tx, timezone="Asia/Tokyo", currency="JPY", tax_rate="0.1")
    product = await add_product(tx)
    await add_book(tx, [make_entry(product.id, Money.of("980", "JPY"))], currency="JPY")
    account = new_id()
    opportunity = await add_opportunity(tx, account_id=account)
    line = {"product_id": str(product.id), "quantity": "3", "discount_rate": "0.075"}
    body = {"opportunity_id": str(opportunity), "lines": [line]}
    assert await refusal_of(client, body) == (409, "ACCOUNT_UNKNOWN")
    await add_account(tx, account)
    quote = await created(client, body)
    [priced] = quote["lines"]
    assert priced["net_price"] == {"amount": "906.5", "currency": "JPY"}
    assert priced["net_amount"] == {"amount": "2720", "currency": "JPY"}
    assert (priced["tax_rate"], quote["gross_total"]["amount"]) == ("0.1", "2992")


async def test_for_which_opportunities_a_quote_can_be_made(
    client: Client, tx: AsyncConnection, shop: Shop
) -> None:
    body = shop.body(opportunity_id=str(new_id()))
    assert await refusal_of(client, body) == (409, "OPPORTUNITY_UNKNOWN")
    for stage in ("WON", "LOST"):
        closed = await add_opportunity(tx, stage=stage, account_id=shop.account_id)
        body = shop.body(opportunity_id=str(closed))
        assert await refusal_of(client, body) == (409, "OPPORTUNITY_CLOSED")
    orphan = await add_opportunity(tx)
    body = shop.body(opportunity_id=str(orphan))
    assert await refusal_of(client, body) == (409, "ACCOUNT_UNKNOWN")
    gone = update(opportunities).where(opportunities.c.id == shop.opportunity_id)
    await tx.execute(gone.values(deleted=True))
    assert await refusal_of(client, shop.body()) == (409, "OPPORTUNITY_UNKNOWN")


async def test_without_the_tenants_settings_it_is_too_early(
    client: Client, tx: AsyncConnection
) -> None:
    await remove_tenant(tx)
    line = {"product_id": str(new_id()), "quantity": "1"}
    answer = await client.post("/quotes", json={"opportunity_id": str(new_id()), "lines": [line]})
    assert (answer.status_code, answer.json()["code"]) == (503, "TENANT_NOT_READY")
    assert answer.headers["Retry-After"]
