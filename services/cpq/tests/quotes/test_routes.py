from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import document_numbers
from cpq.quotes.store import quote_lines, quotes
from kernel.ids import new_id
from services.cpq.tests.conftest import SetClock
from services.cpq.tests.factories import (
    NOON,
    PERSON,
    Shop,
    add_opportunity,
    add_product,
    create_quote,
    errors_of,
)
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
Token = Callable[..., str]


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def test_a_quote_shows_the_whole_waterfall(
    client: Client, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    body = shop.body(
        {"quantity": "3", "discount_rate": "0.075"},
        {"quantity": "10", "discount_rate": "0.075", "tax_rate": "0.06"},
    )
    answer = await client.post("/quotes", json=body)
    quote = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/cpq/v1/quotes/{quote['id']}"
    first, second = quote["lines"]
    assert first == {
        "id": first["id"],
        "line_no": 1,
        "product_id": str(shop.product.id),
        "sku": "GTX-BASIC",
        "name": "GTX-BASIC 产品",
        "unit": "PCS",
        "quantity": "3",
        "list_price": yuan("100.00"),
        "tier_price": yuan("100.00"),
        "discount_rate": "0.075",
        "net_price": yuan("92.50"),
        "net_amount": yuan("277.50"),
        "tax_rate": "0.13",
        "tax_amount": yuan("36.08"),
        "gross_amount": yuan("313.58"),
    }
    # 90 x 0.925 x 10 = 832.50; x 6 % = 49.95
    assert (second["tier_price"], second["net_price"]) == (yuan("90.00"), yuan("83.25"))
    assert (second["tax_amount"], second["gross_amount"]) == (yuan("49.95"), yuan("882.45"))
    assert (quote["net_total"], quote["tax_total"]) == (yuan("1110.00"), yuan("86.03"))
    assert quote["gross_total"] == yuan("1196.03")
    assert (quote["document_no"], quote["status"]) == ("Q-2026-000001", "DRAFT")
    assert (quote["price_date"], quote["valid_until"]) == ("2026-11-22", "2026-12-22")
    assert quote["price_book_id"] == str(shop.book.id)
    assert (quote["account_id"], quote["account_name"]) == (str(shop.account_id), "星辰科技")
    assert (quote["owner_id"], quote["version"]) == (PERSON, 1)
    assert "tenant_id" not in quote
    assert (await client.get(f"/quotes/{quote['id']}")).json() == quote
    [fact] = await published()
    assert (fact.type, fact.sequence) == ("cpq.quote.created.v1", 1)
    assert_event_matches(fact.payload["quote"], quote)


def assert_event_matches(payload: dict[str, Any], quote: dict[str, Any]) -> None:
    """Check that the payload of an event has the same values as the API."""
    assert payload.pop("quote_id") == quote["id"]
    assert payload.pop("deleted") is False
    for line, shown in zip(payload.pop("lines"), quote["lines"], strict=True):
        assert line.pop("line_id") == shown["id"]
        assert line == {name: shown[name] for name in line}
    assert payload == {name: quote[name] for name in payload}


async def test_a_quote_is_sent_and_accepted_once(
    client: Client, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    quote = await create_quote(client, shop.body())
    path = f"/quotes/{quote['id']}"
    early = await client.post(f"{path}/accept")
    assert (early.status_code, early.json()["code"]) == (409, "QUOTE_NOT_SENT")
    sent = await client.post(f"{path}/send", json={})
    assert (sent.status_code, sent.json()["status"], sent.json()["version"]) == (200, "SENT", 2)
    assert (await client.post(f"{path}/send")).json() == sent.json()
    accepted = await client.post(f"{path}/accept")
    assert (accepted.json()["status"], accepted.json()["version"]) == ("ACCEPTED", 3)
    assert accepted.json()["accepted_at"] == "2026-11-22T04:00:00Z"
    assert (await client.post(f"{path}/accept")).json() == accepted.json()
    assert (await client.post(f"{path}/send")).json() == accepted.json()
    assert (await client.get(path)).json() == accepted.json()
    facts = await published()
    assert [(fact.type, fact.sequence) for fact in facts] == [
        ("cpq.quote.created.v1", 1),
        ("cpq.quote.sent.v1", 2),
        ("cpq.quote.accepted.v1", 3),
    ]
    assert facts[1].payload["sent_at"] == facts[2].payload["accepted_at"] == "2026-11-22T04:00:00Z"
    assert_event_matches(facts[2].payload["quote"], accepted.json())


async def test_expiry_follows_the_tenants_business_day(
    client: Client, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    quote = await create_quote(client, shop.body(valid_until="2026-11-22"))
    late = await create_quote(client, shop.body(valid_until="2026-11-22"))
    await client.post(f"/quotes/{quote['id']}/send")
    set_clock(datetime(2026, 11, 22, 16, tzinfo=UTC))  # midnight in Shanghai
    for path in (f"/quotes/{quote['id']}/accept", f"/quotes/{late['id']}/send"):
        refused = await client.post(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "QUOTE_EXPIRED")
        assert refused.json()["params"]["valid_until"] == "2026-11-22"
    set_clock(datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC))
    assert (await client.post(f"/quotes/{quote['id']}/accept")).status_code == 200
    assert len(await published()) == 4


async def test_the_year_of_the_document_number_follows_the_tenants_day(
    client: Client, shop: Shop, set_clock: SetClock
) -> None:
    set_clock(datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
    assert (await create_quote(client, shop.body()))["document_no"] == "Q-2026-000001"
    set_clock(datetime(2026, 12, 31, 16, tzinfo=UTC))  # New Year in Shanghai
    quote = await create_quote(client, shop.body())
    assert (quote["document_no"], quote["price_date"]) == ("Q-2027-000001", "2027-01-01")


async def test_a_preview_equals_the_quote_and_stores_nothing(
    client: Client, tx: AsyncConnection, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    body = shop.body({"quantity": "3", "discount_rate": "0.075"}, {"quantity": "12"})
    answer = await client.post("/quotes/preview", json=body)
    assert answer.status_code == 200, answer.text
    preview = answer.json()
    assert await published() == []
    for table in (quotes, quote_lines, document_numbers):
        assert (await tx.execute(select(table))).all() == []
    quote = await create_quote(client, body)
    for line in quote["lines"]:
        del line["id"]
    assert preview == {name: quote[name] for name in preview}
    assert "document_no" not in preview
    assert quote["document_no"] == "Q-2026-000001"


async def test_all_violations_are_reported_together(
    client: Client, tx: AsyncConnection, shop: Shop, published: PublishedFacts
) -> None:
    inactive = await add_product(tx, sku="OLD", active=False)
    unpriced = await add_product(tx, sku="NEW")
    body = shop.body(
        {"quantity": "1"},
        {"quantity": "1", "product_id": str(new_id())},
        {"quantity": "1", "product_id": str(inactive.id)},
        {"quantity": "1", "product_id": str(unpriced.id)},
        currency="USD",
        price_book_id=str(shop.book.id),
        price_date="2025-12-31",
        valid_until="2026-01-01",
    )
    assert await errors_of(client, body) == {
        ("/valid_until", "DATE_PAST"),
        ("/price_book_id", "CURRENCY_MISMATCH"),
        ("/price_book_id", "PRICE_BOOK_NOT_VALID"),
        ("/lines/1/product_id", "PRODUCT_UNKNOWN"),
        ("/lines/2/product_id", "PRODUCT_INACTIVE"),
        ("/lines/3/product_id", "PRODUCT_NOT_PRICED"),
    }
    assert await published() == []
    assert (await client.get("/quotes")).json()["items"] == []


async def test_a_refused_quote_takes_no_number(client: Client, shop: Shop) -> None:
    await errors_of(client, shop.body({"quantity": "1", "product_id": str(new_id())}))
    assert (await create_quote(client, shop.body()))["document_no"].endswith("-000001")


async def test_quotes_are_listed_newest_first_and_filtered(
    client: Client, tx: AsyncConnection, shop: Shop
) -> None:
    other = await add_opportunity(tx, account_id=shop.account_id)
    ids = [(await create_quote(client, shop.body()))["id"] for _ in range(3)]
    ids.append((await create_quote(client, shop.body(opportunity_id=str(other))))["id"])
    await client.post(f"/quotes/{ids[1]}/send")

    async def list_ids(**params: str) -> list[str]:
        answer = await client.get("/quotes", params=params)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await list_ids() == ids[::-1]
    assert await list_ids(status="SENT") == [ids[1]]
    assert await list_ids(status="DRAFT") == [ids[3], ids[2], ids[0]]
    assert await list_ids(opportunity_id=str(other)) == [ids[3]]
    assert await list_ids(opportunity_id=str(other), status="SENT") == []
    page = (await client.get("/quotes", params={"limit": 2})).json()
    assert "lines" not in page["items"][0]
    assert page["items"][0]["gross_total"] == yuan("339.00")
    second_page = (await client.get("/quotes", params={"cursor": page["next_cursor"]})).json()
    assert [item["id"] for item in second_page["items"]] == [ids[1], ids[0]]


async def test_a_quote_of_another_tenant_answers_404(
    client: Client, shop: Shop, token: Token
) -> None:
    quote = await create_quote(client, shop.body())
    other = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    for method, path in (("GET", ""), ("POST", "/send"), ("POST", "/accept")):
        answer = await client.request(method, f"/quotes/{quote['id']}{path}", headers=other)
        assert (answer.status_code, answer.json()["code"]) == (404, "QUOTE_NOT_FOUND")
    assert (await client.get("/quotes", headers=other)).json()["items"] == []


async def test_scopes(client: Client, shop: Shop, token: Token) -> None:
    reader = {"Authorization": f"Bearer {token(scope='cpq.quote.read')}"}
    assert (await client.post("/quotes", json=shop.body(), headers=reader)).status_code == 403
    preview = await client.post("/quotes/preview", json=shop.body(), headers=reader)
    assert preview.status_code == 200
    quote = await create_quote(client, shop.body())
    for move in ("send", "accept"):
        answer = await client.post(f"/quotes/{quote['id']}/{move}", headers=reader)
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")
