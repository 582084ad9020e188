"""Amending and cancelling orders over HTTP: revisions, totals and events."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from rms.accounts.store import accounts
from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    add_order,
    add_payment,
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


async def get_order(client: AsyncClient, order_id: UUID) -> dict[str, Any]:
    order: dict[str, Any] = (await client.get(f"/orders/{order_id}")).json()
    return order


async def test_an_amendment_keeps_the_former_state_as_a_revision(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    """The unit price of the test line is its net amount: 2 x 1000.00, tax 260.00."""
    order_id = await add_order(tx, confirmed=True)
    before = await get_order(client, order_id)
    first, second = (line["id"] for line in before["lines"])
    body = {
        "reason": "客户改单",
        "lines": [{"line_id": first, "quantity": "2"}],
        "removed_line_ids": [second],
        "requested_date": "2026-12-01",
    }
    answer = await client.post(f"/orders/{order_id}/amend", json=body)
    assert answer.status_code == 200, answer.text
    order = answer.json()
    assert (order["status"], order["confirmed_at"], order["revision"]) == ("OPEN", None, 2)
    assert (order["requested_date"], order["version"]) == ("2026-12-01", 3)
    assert [(line["id"], line["quantity"]) for line in order["lines"]] == [(first, "2")]
    assert [order[name]["amount"] for name in ("net_total", "tax_total", "gross_total")] == [
        "2000.00",
        "260.00",
        "2260.00",
    ]
    fact = (await published())[-1]
    assert (fact.type, fact.sequence) == ("rms.order.amended.v1", 3)
    assert fact.payload["order"]["revision"] == 2
    (revision,) = (await client.get(f"/orders/{order_id}/revisions")).json()["items"]
    assert (revision["revision"], revision["reason"]) == (1, "客户改单")
    assert revision["state"]["gross_total"] == before["gross_total"]
    assert len(revision["state"]["lines"]) == 2
    again = await client.post(f"/orders/{order_id}/amend", json={"reason": "x"})
    assert again.json() == order
    confirmed = await client.post(f"/orders/{order_id}/confirm")
    assert confirmed.json()["status"] == "CONFIRMED"
    shipped = await post(client, f"/orders/{order_id}/shipments", {})
    assert shipped.json()["amount"] == {"amount": "2260.00", "currency": "CNY"}
    refused = await client.post(f"/orders/{order_id}/amend", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "ORDER_SHIPPED")


async def test_tax_rounded_per_document_sums_over_the_shipments(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """The tax of three lines of 0.05 at 13 % is 0.0195, rounded 0.02, on two of the lines."""
    lines = [make_line(n, "1", "0.05", tax) for n, tax in ((1, "0.01"), (2, "0.01"), (3, "0"))]
    order_id = await add_order(tx, make_quote(lines, tax_rounding="DOCUMENT"), confirmed=True)
    order = await get_order(client, order_id)
    assert (order["tax_rounding"], order["gross_total"]["amount"]) == ("DOCUMENT", "0.17")
    for line in order["lines"]:
        body = {"lines": [{"line_id": line["id"], "quantity": "1"}]}
        assert (await post(client, f"/orders/{order_id}/shipments", body)).status_code == 201
    shipped_order = await get_order(client, order_id)
    receivables_total = sum(
        Decimal(one["amount"]["amount"]) for one in shipped_order["receivables"]
    )
    assert (shipped_order["status"], receivables_total) == ("SHIPPED", Decimal("0.17"))


async def test_open_quantities_of_a_line_are_cancelled(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    """Of 10 for 1130.00, 4 ship (452.00) and 6 are cancelled; the other line stays open."""
    order_id = await add_order(tx, confirmed=True)
    first = (await get_order(client, order_id))["lines"][0]["id"]
    ship = {"lines": [{"line_id": first, "quantity": "4"}]}
    assert (await post(client, f"/orders/{order_id}/shipments", ship)).status_code == 201
    body = {"reason": "停产", "lines": [{"line_id": first, "quantity": "6"}]}
    answer = await post(client, f"/orders/{order_id}/cancel-lines", body)
    assert answer.status_code == 200, answer.text
    order = answer.json()
    assert (order["status"], order["cancelled_total"]["amount"]) == ("PARTLY_SHIPPED", "678.00")
    line = order["lines"][0]
    assert (line["cancelled_quantity"], line["open_quantity"]) == ("6", "0")
    fact = (await published())[-1]
    assert (fact.type, fact.payload["reason"]) == ("rms.order.lines_cancelled.v1", "停产")
    (cancellation,) = (await client.get(f"/orders/{order_id}/cancellations")).json()["items"]
    assert (cancellation["line_id"], cancellation["quantity"], cancellation["reason"]) == (
        first,
        "6",
        "停产",
    )
    second_shipment = await post(client, f"/orders/{order_id}/shipments", {})
    assert second_shipment.json()["amount"]["amount"] == "100.01"
    (sums,) = (await client.get("/reconciliation")).json()["items"]
    amounts = {
        n: sums[n]["amount"] for n in ("confirmed", "cancelled", "shipped", "unshipped", "owed")
    }
    assert amounts == {
        "confirmed": "1230.01",
        "cancelled": "678.00",
        "shipped": "552.01",
        "unshipped": "0.00",
        "owed": "552.01",
    }


async def test_cancelling_an_order_twice_changes_nothing(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    order_id = await add_order(tx)
    answer = await client.post(f"/orders/{order_id}/cancel", json={"reason": "项目取消"})
    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELLED")
    assert answer.json()["cancelled_at"] is not None
    again = await client.post(f"/orders/{order_id}/cancel", json={"reason": "项目取消"})
    assert again.json() == answer.json()
    other = await client.post(f"/orders/{order_id}/cancel", json={"reason": "x"})
    assert (other.status_code, other.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    facts = [(fact.type, fact.sequence) for fact in await published()]
    assert facts == [("rms.order.created.v1", 1), ("rms.order.cancelled.v1", 2)]
    for move in ("confirm", "shipments"):
        refused = await post(client, f"/orders/{order_id}/{move}", {})
        assert (refused.status_code, refused.json()["code"]) == (409, "ORDER_CANCELLED")


async def test_an_order_cancelled_after_its_confirmation_cannot_be_confirmed(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    order_id = await add_order(tx, confirmed=True)
    await client.post(f"/orders/{order_id}/cancel", json={"reason": "项目取消"})
    refused = await client.post(f"/orders/{order_id}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "ORDER_CANCELLED")


async def test_receivables_and_payments_belong_to_the_owner_of_the_account(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """The order belongs to the quote's owner; without an account owner so do the receivables."""
    quote = make_quote()
    order_id = await add_order(tx, quote, confirmed=True)
    line_id = (await get_order(client, order_id))["lines"][0]["id"]
    body = {"lines": [{"line_id": line_id, "quantity": "1"}]}
    await post(client, f"/orders/{order_id}/shipments", body)
    row = {"id": quote.account_id, "epoch": 1, "sequence": 1, "name": "星", "owner_id": "seller-9"}
    await tx.execute(insert(accounts).values(row))
    await post(client, f"/orders/{order_id}/shipments", body)
    order = await get_order(client, order_id)
    assert order["owner_id"] == "seller-1"
    assert [one["owner_id"] for one in order["receivables"]] == ["seller-1", "seller-9"]
    payment = await add_payment(tx, cny("1.00"), account_id=quote.account_id)
    assert (payment.owner_id, payment.state().owner_id) == ("seller-9", "seller-9")


LINE = {"line_id": str(new_id()), "quantity": "1"}
INVALID_CHANGES: list[tuple[str, dict[str, Any], str, str]] = [
    ("amend", {}, "/reason", "REQUIRED"),
    ("amend", {"reason": "\t"}, "/reason", "TOO_SHORT"),
    ("amend", {"reason": "x", "lines": [LINE]}, "/lines/0/line_id", "LINE_UNKNOWN"),
    (
        "amend",
        {"reason": "x", "lines": [LINE | {"quantity": "0"}]},
        "/lines/0/quantity",
        "TOO_SMALL",
    ),
    ("amend", {"reason": "x", "removed_line_ids": ["x"]}, "/removed_line_ids/0", "ID_INVALID"),
    (
        "amend",
        {"reason": "x", "removed_line_ids": [LINE["line_id"]]},
        "/removed_line_ids/0",
        "LINE_UNKNOWN",
    ),
    ("amend", {"reason": "x", "requested_date": "2026-11-21"}, "/requested_date", "DATE_IN_PAST"),
    ("amend", {"reason": "x", "requested_date": "soon"}, "/requested_date", "DATE_INVALID"),
    ("amend", {"reason": "x", "payment_term": "NET_1"}, "/payment_term", "PAYMENT_TERM_UNKNOWN"),
    ("amend", {"reason": "x", "price": "1"}, "/price", "UNKNOWN_FIELD"),
    ("cancel", {}, "/reason", "REQUIRED"),
    ("cancel", {"reason": "x", "lines": []}, "/lines", "UNKNOWN_FIELD"),
    ("cancel-lines", {"reason": "x", "lines": []}, "/lines", "TOO_SHORT"),
    ("cancel-lines", {"reason": "x", "lines": [LINE]}, "/lines/0/line_id", "LINE_UNKNOWN"),
    ("cancel-lines", {"lines": [LINE]}, "/reason", "REQUIRED"),
]


@pytest.mark.parametrize(("move", "body", "pointer", "code"), INVALID_CHANGES)
async def test_invalid_changes_are_refused(
    client: AsyncClient,
    tx: AsyncConnection,
    move: str,
    body: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    order_id = await add_order(tx, confirmed=True)
    assert (pointer, code) in errors_of(await post(client, f"/orders/{order_id}/{move}", body))


async def test_a_quantity_beyond_the_number_range_is_refused(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    order_id = await add_order(tx)
    line_id = (await get_order(client, order_id))["lines"][0]["id"]
    body = {"reason": "x", "lines": [{"line_id": line_id, "quantity": "9999999999999999"}]}
    answer = await client.post(f"/orders/{order_id}/amend", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "NUMBER_TOO_LARGE")


@pytest.mark.parametrize("move", ["confirm", "amend", "cancel", "cancel-lines"])
async def test_an_unknown_stale_or_forbidden_change_is_refused(
    client: AsyncClient, tx: AsyncConnection, token: Callable[..., str], move: str
) -> None:
    order_id = await add_order(tx, confirmed=move == "cancel-lines")
    body = {} if move == "confirm" else {"reason": "x", "requested_date": "2026-12-01"}
    body = body if move in ("amend", "confirm") else {"reason": "x"}
    missing = await post(client, f"/orders/{new_id()}/{move}", body)
    assert (missing.status_code, missing.json()["code"]) == (404, "ORDER_NOT_FOUND")
    path, key = f"/orders/{order_id}/{move}", {"Idempotency-Key": str(new_id())}
    stale = await client.post(path, json=body, headers=key | {"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    reader = {"Authorization": f"Bearer {token(scope='rms.order.read')}"}
    refused = await client.post(path, json=body, headers=key | reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
    etag = (await client.get(f"/orders/{order_id}")).headers["etag"]
    moved = await client.post(path, json=body, headers=key | {"If-Match": etag})
    assert moved.status_code == 200, moved.text
    assert moved.headers["etag"] != etag
