"""Reading, confirming and shipping orders over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    add_order,
    add_settings,
    cny,
    errors_of,
    make_line,
    make_quote,
    post,
)
from testkit.plugin import PublishedFacts


@pytest.fixture(autouse=True)
async def settings(tx: AsyncConnection, at: At) -> None:
    await add_settings(tx)
    at(NOON)


async def test_an_order_is_read_with_lines_shipments_and_receivables(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    order_id = await add_order(tx)
    answer = await client.get(f"/orders/{order_id}")
    assert answer.status_code == 200, answer.text
    order = answer.json()
    assert order["document_no"] == "SO-2026-000001"
    assert (order["status"], order["confirmed_at"], order["version"]) == ("OPEN", None, 1)
    assert order["gross_total"] == {"amount": "1230.01", "currency": "CNY"}
    assert [(line["quantity"], line["open_quantity"]) for line in order["lines"]] == [
        ("10", "10"),
        ("3", "3"),
    ]
    assert (order["shipments"], order["receivables"]) == ([], [])
    assert "tenant_id" not in answer.text


async def test_confirming_twice_changes_nothing(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    order_id = await add_order(tx)
    first = await client.post(f"/orders/{order_id}/confirm")
    again = await client.post(f"/orders/{order_id}/confirm")
    assert (first.status_code, first.json()["status"]) == (200, "CONFIRMED")
    assert again.json() == first.json()
    facts = [(fact.type, fact.sequence) for fact in await published()]
    assert facts == [("rms.order.created.v1", 1), ("rms.order.confirmed.v1", 2)]


@pytest.mark.parametrize("content", [b'{"foo": 1}', b"{{{", b"[]"])
async def test_confirming_accepts_only_an_empty_body(
    client: AsyncClient, tx: AsyncConnection, content: bytes
) -> None:
    path = f"/orders/{await add_order(tx)}"
    headers = {"Content-Type": "application/json"}
    answer = await client.post(f"{path}/confirm", content=content, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert (await client.get(path)).json()["status"] == "OPEN"
    assert (await client.post(f"{path}/confirm", json={})).status_code == 200


async def test_an_order_is_shipped_in_parts(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    order_id = await add_order(tx, confirmed=True, now=NOON - timedelta(days=2))
    lines = (await client.get(f"/orders/{order_id}")).json()["lines"]
    body = {
        "shipped_date": "2026-11-20",
        "due_days": 10,
        "lines": [
            {"line_id": lines[1]["id"], "quantity": "1"},
            {"line_id": lines[0]["id"], "quantity": "2.5"},
        ],
    }
    first = await post(client, f"/orders/{order_id}/shipments", body)
    assert first.status_code == 201, first.text
    # 100.01 / 3 = 33.34 and 1130.00 x 2.5 / 10 = 282.50
    assert first.json()["amount"] == {"amount": "315.84", "currency": "CNY"}
    assert first.json()["document_no"] == "SH-2026-000001"
    second = await post(client, f"/orders/{order_id}/shipments", {})
    assert second.json()["amount"] == {"amount": "914.17", "currency": "CNY"}
    assert second.json()["shipped_date"] == "2026-11-22"

    order = (await client.get(f"/orders/{order_id}")).json()
    assert (order["status"], order["version"]) == ("SHIPPED", 4)
    assert order["shipped_total"] == order["gross_total"]
    assert [line["open_quantity"] for line in order["lines"]] == ["0", "0"]
    assert [(one["document_no"], one["due_date"], one["amount"]["amount"], one["status"])
            for one in order["receivables"]] == [
        ("AR-2026-000001", "2026-11-30", "315.84", "OPEN"),
        ("AR-2026-000002", "2026-12-22", "914.17", "OPEN"),
    ]  # fmt: skip
    assert [one["receivable_id"] for one in order["shipments"]] == [
        one["id"] for one in order["receivables"]
    ]
    location = first.headers["location"].removeprefix("/rms/v1")
    assert (await client.get(location)).json() == first.json() == order["shipments"][0]
    facts = await published()
    assert [(fact.type, fact.sequence) for fact in facts][2:] == [
        ("rms.order.shipped.v1", 3),
        ("rms.receivable.created.v1", 1),
        ("rms.order.shipped.v1", 4),
        ("rms.receivable.created.v1", 1),
    ]
    assert facts[2].payload["order"]["status"] == "PARTLY_SHIPPED"
    assert facts[2].payload["shipment"]["receivable_id"] == first.json()["receivable_id"]
    assert facts[3].payload["receivable"]["open"]["amount"] == "315.84"
    assert facts[3].payload["receivable"]["account_name"] == order["account_name"]


async def test_the_shipped_event_carries_the_whole_shipment(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    priced = {"net_price": cny("29.50"), "discount_rate": Decimal("0.05")}
    line = make_line(1, "3", "88.50", "11.51").model_copy(update=priced)
    order_id = await add_order(tx, make_quote([line]), confirmed=True)
    (stored,) = (await client.get(f"/orders/{order_id}")).json()["lines"]
    for _ in range(3):
        body = {"lines": [{"line_id": stored["id"], "quantity": "1"}]}
        assert (await post(client, f"/orders/{order_id}/shipments", body)).status_code == 201
    shipped = [one.payload for one in await published() if one.type == "rms.order.shipped.v1"]
    (ordered,) = shipped[0]["order"]["lines"]
    assert (ordered["unit_price"]["amount"], ordered["discount_rate"]) == ("29.50", "0.05")
    parts = [one["shipment"]["lines"][0] for one in shipped]
    names = ("line_no", "sku", "name", "unit", "tax_rate")
    assert [parts[0][n] for n in names] == [1, "SKU-1", "产品 1", "PCS", "0.13"]
    # Running sums after each shipment: gross 33.34, 66.67, 100.01; tax 3.84, 7.67, 11.51.
    sums = [[p[n]["amount"] for n in ("net_amount", "tax_amount", "amount")] for p in parts]
    assert sums == [
        ["29.50", "3.84", "33.34"],
        ["29.50", "3.83", "33.33"],
        ["29.50", "3.84", "33.34"],
    ]


async def test_the_receivable_of_a_free_shipment_is_settled(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    quote = make_quote([make_line(1, "2", "0", "0")])
    order_id = await add_order(tx, quote, confirmed=True)
    assert (await post(client, f"/orders/{order_id}/shipments", {})).status_code == 201
    (receivable,) = (await client.get(f"/orders/{order_id}")).json()["receivables"]
    assert (receivable["amount"]["amount"], receivable["status"], receivable["overdue"]) == (
        "0.00",
        "SETTLED",
        False,
    )


async def test_shipments_beyond_the_order_are_refused(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    order_id = await add_order(tx)
    path = f"/orders/{order_id}/shipments"
    refused = await post(client, path, {})
    assert (refused.status_code, refused.json()["code"]) == (409, "ORDER_NOT_CONFIRMED")
    await client.post(f"/orders/{order_id}/confirm")
    line_id = (await client.get(f"/orders/{order_id}")).json()["lines"][0]["id"]
    body = {
        "shipped_date": "2026-11-23",
        "lines": [
            {"line_id": line_id, "quantity": "10.000001"},
            {"line_id": str(new_id()), "quantity": "1"},
        ],
    }
    answer = await post(client, path, body)
    assert errors_of(answer) == {
        ("/lines/0/quantity", "QUANTITY_EXCEEDS_OPEN"),
        ("/lines/1/line_id", "LINE_UNKNOWN"),
        ("/shipped_date", "DATE_IN_FUTURE"),
    }
    assert (
        answer.json()["errors"][0]["message"]
        == "The quantity exceeds the open quantity of the line: at most 10."
    )
    assert (await post(client, path, {})).status_code == 201
    late = await post(client, path, {"lines": [{"line_id": line_id, "quantity": "1"}]})
    assert (late.status_code, late.json()["code"]) == (409, "ORDER_SHIPPED")
    assert len(await published()) == 4


LINE = {"line_id": "01990000-0000-7000-8000-000000000001", "quantity": "1"}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"lines": [LINE | {"quantity": "0"}]}, "/lines/0/quantity", "TOO_SMALL"),
        ({"lines": [LINE | {"quantity": "-1"}]}, "/lines/0/quantity", "TOO_SMALL"),
        ({"lines": [LINE | {"quantity": "1e5"}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [LINE | {"quantity": "NaN"}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [LINE | {"quantity": 1}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [LINE | {"quantity": "１"}]}, "/lines/0/quantity", "DECIMAL_STRING_INVALID"),
        ({"lines": [LINE | {"price": "1"}]}, "/lines/0/price", "UNKNOWN_FIELD"),
        ({"lines": [{"quantity": "1"}]}, "/lines/0/line_id", "REQUIRED"),
        ({"lines": [LINE | {"line_id": "x"}]}, "/lines/0/line_id", "ID_INVALID"),
        ({"lines": []}, "/lines", "TOO_SHORT"),
        ({"lines": "all"}, "/lines", "TYPE_INVALID"),
        ({"due_days": -1}, "/due_days", "TOO_SMALL"),
        ({"due_days": 3651}, "/due_days", "TOO_LARGE"),
        ({"due_days": "30"}, "/due_days", "TYPE_INVALID"),
        ({"due_days": True}, "/due_days", "TYPE_INVALID"),
        ({"shipped_date": "2026-02-30"}, "/shipped_date", "DATE_INVALID"),
        ({"shipped_date": 20261120}, "/shipped_date", "DATE_INVALID"),
        ({"shipped_date": "1763596800"}, "/shipped_date", "DATE_INVALID"),
        ({"shipped_date": "2026-11-20T00:00:00Z"}, "/shipped_date", "DATE_INVALID"),
        ({"shipped_date": "2199-12-31"}, "/shipped_date", "DATE_IN_FUTURE"),
        ({"shipped_date": "2026-11-21"}, "/shipped_date", "DATE_BEFORE_ORDER"),
        ({"shipped_date": "1900-01-01", "due_days": 0}, "/shipped_date", "DATE_BEFORE_ORDER"),
        ({"status": "SHIPPED"}, "/status", "UNKNOWN_FIELD"),
        ([], "", "TYPE_INVALID"),
    ],
)
async def test_invalid_shipments_are_refused(
    client: AsyncClient, tx: AsyncConnection, body: Any, pointer: str, code: str
) -> None:
    order_id = await add_order(tx, confirmed=True)
    answer = await post(client, f"/orders/{order_id}/shipments", body)
    assert errors_of(answer) == {(pointer, code)}


async def test_a_repeated_idempotency_key_replays_the_answer(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    order_id = await add_order(tx, confirmed=True)
    path = f"/orders/{order_id}/shipments"
    bare = await client.post(path, json={})
    assert (bare.status_code, bare.json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")
    first, again = [await post(client, path, {}, key="k1") for _ in range(2)]
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert len(await published()) == 4


async def test_unknown_and_foreign_orders_answer_404(
    client: AsyncClient, tx: AsyncConnection, token: Callable[..., str]
) -> None:
    order_id = await add_order(tx, confirmed=True)
    other = {"Authorization": f"Bearer {token(tenant=str(new_id()))}"}
    for method, path, code in (
        ("GET", f"/orders/{new_id()}", "ORDER_NOT_FOUND"),
        ("POST", f"/orders/{new_id()}/confirm", "ORDER_NOT_FOUND"),
        ("GET", f"/orders/{order_id}/shipments/{new_id()}", "SHIPMENT_NOT_FOUND"),
    ):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    foreign = await client.get(f"/orders/{order_id}/shipments/{new_id()}", headers=other)
    assert foreign.status_code == 404
    assert (await client.get("/orders", headers=other)).json()["items"] == []


async def test_reading_and_shipping_need_their_scopes(
    client: AsyncClient, tx: AsyncConnection, token: Callable[..., str]
) -> None:
    order_id = await add_order(tx)
    reader = {"Authorization": f"Bearer {token(scope='rms.order.read rms.order.all')}"}
    payer = {"Authorization": f"Bearer {token(scope='rms.payment.write rms.payment.read')}"}
    assert (await client.get(f"/orders/{order_id}", headers=reader)).status_code == 200
    assert (await client.post(f"/orders/{order_id}/confirm", headers=reader)).status_code == 403
    assert (await client.get(f"/orders/{order_id}", headers=payer)).status_code == 403
    shipped = await client.post(f"/orders/{order_id}/shipments", json={}, headers=reader)
    assert shipped.status_code == 403


async def test_the_business_day_follows_the_tenants_time_zone(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    """20:00 UTC on December 31 is already the next year in Shanghai."""
    at(NOON.replace(month=12, day=31, hour=20))
    order_id = await add_order(tx, confirmed=True)
    shipment = (await post(client, f"/orders/{order_id}/shipments", {})).json()
    assert (shipment["shipped_date"], shipment["document_no"]) == ("2027-01-01", "SH-2027-000001")
    at(NOON + timedelta(days=400))
    (receivable,) = (await client.get(f"/orders/{order_id}")).json()["receivables"]
    assert (receivable["due_date"], receivable["overdue"]) == ("2027-01-31", True)


async def test_the_earliest_shipped_date_follows_the_tenants_time_zone(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """The order was created at 20:00 UTC on the 20th, which is the 21st in Shanghai."""
    ordered = NOON.replace(day=20, hour=20)
    order_id = await add_order(tx, confirmed=True, now=ordered)
    path = f"/orders/{order_id}/shipments"
    refused = await post(client, path, {"shipped_date": "2026-11-20"})
    assert errors_of(refused) == {("/shipped_date", "DATE_BEFORE_ORDER")}
    (error,) = refused.json()["errors"]
    assert error["params"] == {"earliest": "2026-11-21"}
    assert error["message"] == "The date must not be before the date of the order, 2026-11-21."
    assert (await post(client, path, {"shipped_date": "2026-11-21"})).status_code == 201
