"""Prepayments over HTTP: created on confirmation, deducted by shipments, withdrawn."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    add_account,
    add_order,
    add_payment,
    cny,
    make_line,
    make_quote,
    post,
)
from testkit.plugin import PublishedFacts

TERM = {
    "code": "30_70",
    "name": "三七",
    "instalments": [
        {"share": "0.3", "basis": "PREPAID", "days": 5},
        {"share": "0.7", "basis": "SHIPMENT", "days": 60},
    ],
    "is_default": True,
}


async def confirm_new_order(
    client: AsyncClient, tx: AsyncConnection, at: At, **term: Any
) -> dict[str, Any]:
    """Create and confirm an order of 3 for 100.00 with this payment term."""
    at(NOON)
    answer = await client.post("/payment-terms", json=TERM | term)
    assert answer.status_code == 201, answer.text
    account_id = await add_account(tx)
    quote = make_quote([make_line(1, "3", "88.50", "11.50")], account_id=account_id)
    order_id = await add_order(tx, quote)
    answer = await client.post(f"/orders/{order_id}/confirm")
    assert answer.status_code == 200, answer.text
    order: dict[str, Any] = answer.json()
    return order


def receivable_amounts(order: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (one["kind"], one["amount"]["amount"], one["open"]["amount"], one["due_date"])
        for one in order["receivables"]
    ]


async def assert_equations_hold(client: AsyncClient) -> None:
    (sums,) = (await client.get("/reconciliation")).json()["items"]
    of = {n: int(v["amount"].replace(".", "")) for n, v in sums.items() if n != "currency"}
    assert of["owed"] == of["shipped"] + of["prepaid"] - of["deducted"]
    assert of["unshipped"] == of["confirmed"] - of["cancelled"] - of["shipped"]
    assert of["booked"] == of["settled"] == of["allocated"]


async def test_a_prepayment_is_created_on_confirmation_and_deducted_by_shipments(
    client: AsyncClient, tx: AsyncConnection, at: At, published: PublishedFacts
) -> None:
    order = await confirm_new_order(client, tx, at)
    assert order["prepaid_total"] == {"amount": "30.00", "currency": "CNY"}
    assert receivable_amounts(order) == [("PREPAYMENT", "30.00", "30.00", "2026-11-27")]
    assert order["receivables"][0]["shipment_id"] is None
    *_, event, created = await published()
    assert (event.type, created.type) == (
        "rms.order.confirmed.v1",
        "rms.receivable.created.v1",
    )
    assert created.payload["receivable"]["kind"] == "PREPAYMENT"
    assert created.payload["receivable"]["shipment_id"] == order["id"]
    await assert_equations_hold(client)
    line = {"line_id": order["lines"][0]["id"], "quantity": "1"}
    shipment = (await post(client, f"/orders/{order['id']}/shipments", {"lines": [line]})).json()
    assert shipment["deducted"]["amount"] == "10.00"
    await assert_equations_hold(client)
    assert (await post(client, f"/orders/{order['id']}/shipments", {})).status_code == 201
    order = (await client.get(f"/orders/{order['id']}")).json()
    assert receivable_amounts(order) == [
        ("PREPAYMENT", "30.00", "30.00", "2026-11-27"),
        ("SHIPMENT", "23.33", "23.33", "2027-01-21"),
        ("SHIPMENT", "46.67", "46.67", "2027-01-21"),
    ]
    await assert_equations_hold(client)
    balance = (await client.get(f"/accounts/{order['account_id']}/balance")).json()
    assert balance["items"][0]["owed"]["amount"] == "100.00"


async def test_shipments_of_a_fully_prepaid_order_create_no_receivable(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    fully_prepaid = [{"share": "1", "basis": "PREPAID", "days": 0}]
    order = await confirm_new_order(client, tx, at, instalments=fully_prepaid)
    shipment = (await post(client, f"/orders/{order['id']}/shipments", {"due_days": 9})).json()
    assert shipment["deducted"] == shipment["amount"]
    (receivable,) = (await client.get(f"/orders/{order['id']}")).json()["receivables"]
    assert shipment["receivable_id"] == receivable["id"]
    await assert_equations_hold(client)


async def test_a_cancellation_withdraws_a_part_of_the_prepayment(
    client: AsyncClient, tx: AsyncConnection, at: At, published: PublishedFacts
) -> None:
    order = await confirm_new_order(client, tx, at)
    body = {"reason": "停产", "lines": [{"line_id": order["lines"][0]["id"], "quantity": "1"}]}
    order = (await post(client, f"/orders/{order['id']}/cancel-lines", body)).json()
    assert order["prepaid_total"]["amount"] == "20.00"
    assert receivable_amounts(order) == [("PREPAYMENT", "30.00", "20.00", "2026-11-27")]
    assert order["receivables"][0]["withdrawn"]["amount"] == "10.00"
    event = (await published())[-1]
    assert event.type == "rms.receivable.withdrawn.v1"
    assert event.payload["withdrawn_now"]["amount"] == "10.00"
    await assert_equations_hold(client)
    order = (await client.post(f"/orders/{order['id']}/cancel", json={"reason": "取消"})).json()
    assert (order["prepaid_total"]["amount"], order["receivables"][0]["status"]) == (
        "0.00",
        "SETTLED",
    )
    await assert_equations_hold(client)


async def test_a_settled_prepayment_is_not_withdrawn(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    """Its allocation must be reversed before the order can be cancelled."""
    order = await confirm_new_order(client, tx, at)
    payment = await add_payment(tx, cny("25.00"), account_id=UUID(order["account_id"]))
    path = f"/payments/{payment.id}/allocations"
    allocated = (await post(client, path, {"strategy": "OLDEST_FIRST"})).json()
    refused = await client.post(f"/orders/{order['id']}/cancel", json={"reason": "取消"})
    assert (refused.status_code, refused.json()["code"]) == (409, "PREPAYMENT_ALLOCATED")
    assert (await client.get(f"/orders/{order['id']}")).json()["status"] == "CONFIRMED"
    reversal = f"{path}/{allocated['allocations'][0]['id']}/reverse"
    assert (await post(client, reversal, {"reason": "订单取消"})).status_code == 200
    cancelled = await client.post(f"/orders/{order['id']}/cancel", json={"reason": "取消"})
    assert cancelled.json()["status"] == "CANCELLED"
    await assert_equations_hold(client)


async def test_confirming_an_amended_order_adjusts_the_prepayment(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    """6 instead of 3 need 60.00 prepaid, 30.00 more; the term NET_30 then needs no prepayment."""
    order = await confirm_new_order(client, tx, at)
    path = f"/orders/{order['id']}"
    line = {"line_id": order["lines"][0]["id"], "quantity": "6"}
    amended = (await client.post(f"{path}/amend", json={"reason": "加单", "lines": [line]})).json()
    assert amended["prepaid_total"]["amount"] == "30.00"
    await assert_equations_hold(client)
    order = (await client.post(f"{path}/confirm")).json()
    prepayments = [one["open"]["amount"] for one in order["receivables"]]
    total = order["prepaid_total"]["amount"]
    assert sum(float(one) for one in prepayments) == float(total)
    assert len(prepayments) == 2
    await assert_equations_hold(client)
    body = {"reason": "改条件", "payment_term": "NET_30"}
    assert (await client.post(f"{path}/amend", json=body)).status_code == 200
    order = (await client.post(f"{path}/confirm")).json()
    assert [one["open"]["amount"] for one in order["receivables"]] == ["0.00", "0.00"]
    await assert_equations_hold(client)


async def test_a_free_order_has_no_prepayment(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    at(NOON)
    fully_prepaid = [{"share": "1", "basis": "PREPAID", "days": 0}]
    assert (
        await client.post("/payment-terms", json=TERM | {"instalments": fully_prepaid})
    ).is_success
    order_id = await add_order(tx, make_quote([make_line(1, "1", "0", "0")]), confirmed=True)
    shipment = (await post(client, f"/orders/{order_id}/shipments", {})).json()
    (receivable,) = (await client.get(f"/orders/{order_id}")).json()["receivables"]
    assert (receivable["id"], receivable["status"]) == (shipment["receivable_id"], "SETTLED")
