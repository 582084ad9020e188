from typing import Any

import httpx
import pytest

from kernel.ids import new_id
from services.cpq.tests.factories import (
    Shop,
    create_quote,
)

Client = httpx.AsyncClient


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("status=OPEN", "VALUE_UNKNOWN"),
        ("opportunity_id=1", "ID_INVALID"),
        ("owner=me", "UNKNOWN_FIELD"),
    ],
)
async def test_bad_queries(client: Client, query: str, code: str) -> None:
    answer = await client.get(f"/quotes?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


LINE = {"product_id": str(new_id()), "quantity": "1"}


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"opportunity_id": None}, "/opportunity_id", "ID_INVALID"),
        ({"opportunity_id": "x"}, "/opportunity_id", "ID_INVALID"),
        ({"currency": "XYZ"}, "/currency", "CURRENCY_UNKNOWN"),
        ({"currency": 1}, "/currency", "TYPE_INVALID"),
        ({"price_book_id": "x"}, "/price_book_id", "ID_INVALID"),
        ({"price_date": "2026-02-30"}, "/price_date", "DATE_INVALID"),
        ({"price_date": 0}, "/price_date", "DATE_INVALID"),
        ({"valid_until": "tomorrow"}, "/valid_until", "DATE_INVALID"),
        ({"status": "SENT"}, "/status", "UNKNOWN_FIELD"),
        ({"document_no": "Q-1"}, "/document_no", "UNKNOWN_FIELD"),
        ({"lines": []}, "/lines", "TOO_SHORT"),
        ({"lines": [LINE] * 501}, "/lines", "TOO_LONG"),
        ({"lines": None}, "/lines", "TYPE_INVALID"),
        ({"lines": [None]}, "/lines/0", "TYPE_INVALID"),
        ({"lines": [{}]}, "/lines/0/quantity", "REQUIRED"),
        ({"lines": [LINE, {**LINE, "quantity": "-1"}]}, "/lines/1/quantity", "TOO_SMALL"),
        ({"lines": [{**LINE, "quantity": "0"}]}, "/lines/0/quantity", "TOO_SMALL"),
        ({"lines": [{**LINE, "quantity": "0.0000001"}]}, "/lines/0/quantity",
         "DECIMAL_STRING_INVALID"),
        ({"lines": [{**LINE, "quantity": "1e5"}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [{**LINE, "quantity": "NaN"}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [{**LINE, "quantity": "１"}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [{**LINE, "quantity": 3}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [{**LINE, "quantity": 1.5}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [{**LINE, "discount_rate": "1.01"}]}, "/lines/0/discount_rate", "TOO_LARGE"),
        ({"lines": [{**LINE, "discount_rate": "-0.1"}]}, "/lines/0/discount_rate", "TOO_SMALL"),
        ({"lines": [{**LINE, "tax_rate": "13"}]}, "/lines/0/tax_rate", "TOO_LARGE"),
        ({"lines": [{**LINE, "price": "1"}]}, "/lines/0/price", "UNKNOWN_FIELD"),
    ],
)  # fmt: skip
async def test_bad_bodies(
    client: Client, shop: Shop, fields: dict[str, Any], pointer: str, code: str
) -> None:
    for path in ("/quotes", "/quotes/preview"):
        answer = await client.post(path, json={**shop.body(), **fields})
        assert answer.status_code == 422, answer.text
        assert (pointer, code) in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "JSON_INVALID"),
        (b'{"x": NaN}', 400, "JSON_INVALID"),
        (b'{"x": 1}', 422, "VALIDATION_FAILED"),
        (b"[]", 422, "VALIDATION_FAILED"),
        (b'"\\ud800"', 400, "JSON_INVALID"),
    ],
)
async def test_bad_bodies_of_status_moves(
    client: Client, shop: Shop, content: bytes, status: int, code: str
) -> None:
    quote = await create_quote(client, shop.body())
    for move in ("send", "accept"):
        answer = await client.post(
            f"/quotes/{quote['id']}/{move}",
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)
