"""Where a quote gets its price book, currency, tax rate, opportunity and account from."""

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
    add_opportunity,
    add_price_book,
    add_product,
    add_settings,
    create_quote,
    errors_of,
    make_price_entry,
    refusal_of,
)
from testkit.tenants import remove_tenant

Client = httpx.AsyncClient


async def test_the_choice_of_the_price_book(
    client: Client, tx: AsyncConnection, shop: Shop
) -> None:
    product = shop.product.id

    async def book(price: str, currency: str = "CNY", **more: Any) -> str:
        entry = make_price_entry(product, Money.of(price, currency))
        return str((await add_price_book(tx, [entry], currency=currency, **more)).id)

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


async def test_currency_and_tax_default_to_the_tenants(client: Client, tx: AsyncConnection) -> None:
    await add_settings(tx, timezone="Asia/Tokyo", currency="JPY", tax_rate="0.1")
    product = await add_product(tx)
    await add_price_book(tx, [make_price_entry(product.id, Money.of("980", "JPY"))], currency="JPY")
    account = new_id()
    opportunity = await add_opportunity(tx, account_id=account)
    line = {"product_id": str(product.id), "quantity": "3", "discount_rate": "0.075"}
    body = {"opportunity_id": str(opportunity), "lines": [line]}
    assert await refusal_of(client, body) == (409, "ACCOUNT_UNKNOWN")
    await add_account(tx, account)
    quote = await create_quote(client, body)
    [priced] = quote["lines"]
    assert priced["net_price"] == {"amount": "906.5", "currency": "JPY"}
    assert priced["net_amount"] == {"amount": "2720", "currency": "JPY"}
    assert (priced["tax_rate"], quote["gross_total"]["amount"]) == ("0.1", "2992")


async def test_a_quote_needs_an_open_opportunity_with_a_received_account(
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
    deletion = update(opportunities).where(opportunities.c.id == shop.opportunity_id)
    await tx.execute(deletion.values(deleted=True))
    assert await refusal_of(client, shop.body()) == (409, "OPPORTUNITY_UNKNOWN")


async def test_a_quote_without_tenant_settings_answers_503(
    client: Client, tx: AsyncConnection
) -> None:
    await remove_tenant(tx)
    line = {"product_id": str(new_id()), "quantity": "1"}
    answer = await client.post("/quotes", json={"opportunity_id": str(new_id()), "lines": [line]})
    assert (answer.status_code, answer.json()["code"]) == (503, "TENANT_NOT_READY")
    assert answer.headers["Retry-After"]
