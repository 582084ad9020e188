"""Prepayments over HTTP: owed on confirmation, deducted by shipments, withdrawn, refused."""

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


async def confirmed(
    client: AsyncClient, tx: AsyncConnection, at: At, **term: Any
) -> dict[str, Any]:
    """A confirmed order of 3 for 100.00 by this payment term."""
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


def amounts(order: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (one["kind"], one["amount"]["amount"], one["open"]["amount"], one["due_date"])
        for one in order["receivables"]
    ]


async def ensure_sums(client: AsyncClient) -> None:
    (sums,) = (await client.get("/reconciliation")).json()["items"]
    of = {n: int(v["amount"].replace(".", "")) for n, v in sums.items() if n != "currency"}
    assert of["owed"] == of["shipped"] + of["prepaid"] - of["deducted"]
    assert of["unshipped"] == of["confirmed"] - of["cancelled"] - of["shipped"]
    assert of["booked"] == of["settled"] == of["allocated"]


async def test_it_is_owed_on_confirmation_and_deducted_by_shipments(
    client: AsyncClient, tx: AsyncConnection, at: At, published: PublishedFacts
) -> None:
    order = await confirmed(client, tx, at)
    assert order["prepaid_total"] == {"amount": "30.00", "currency": "CNY"}
    assert amounts(order) == [("PREPAYMENT", "30.00", "30.00", "2026-11-27")]
    assert order["receivables"][0]["shipment_id"] is None
    *_, told, owed = await published()
    assert (told.type, owed.type) == ("rms.order.confirmed.v1", "rms.receivable.created.v1")
    assert owed.payload["receivable"]["kind"] == "PREPAYMENT"
    assert owed.payload["receivable"]["shipment_id"] == order["id"]
    await ensure_sums(client)
    line = {"line_id": order["lines"][0]["id"], "quantity": "1"}
    shipment = (await post(client, f"/orders/{order['id']}/shipments", {"lines": [line]})).json()
    assert shipment["deducted"]["amount"] == "10.00"
    await ensure_sums(client)
    assert (await post(client, f"/orders/{order['id']}/shipments", {})).status_code == 201
    order = (await client.get(f"/orders/{order['id']}")).json()
    assert amounts(order) == [
        ("PREPAYMENT", "30.00", "30.00", "2026-11-27"),
        ("SHIPMENT", "23.33", "23.33", "2027-01-21"),
        ("SHIPMENT", "46.67", "46.67", "2027-01-21"),
    ]
    await ensure_sums(client)
    balance = (await client.get(f"/accounts/{order['account_id']}/balance")).json()
    assert balance["items"][0]["owed"]["amount"] == "100.00"


async def test_what_is_all_prepaid_is_owed_for_once(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    whole = [{"share": "1", "basis": "PREPAID", "days": 0}]
    order = await confirmed(client, tx, at, instalments=whole)
    shipment = (await post(client, f"/orders/{order['id']}/shipments", {"due_days": 9})).json()
    assert shipment["deducted"] == shipment["amount"]
    (owed,) = (await client.get(f"/orders/{order['id']}")).json()["receivables"]
    assert shipment["receivable_id"] == owed["id"]
    await ensure_sums(client)


async def test_a_cancelled_part_is_not_owed_ahead_any_more(
    client: AsyncClient, tx: AsyncConnection, at: At, published: PublishedFacts
) -> None:
    order = await confirmed(client, tx, at)
    body = {"reason": "停产", "lines": [{"line_id": order["lines"][0]["id"], "quantity": "1"}]}
    order = (await post(client, f"/orders/{order['id']}/cancel-lines", body)).json()
    assert order["prepaid_total"]["amount"] == "20.00"
    assert amounts(order) == [("PREPAYMENT", "30.00", "20.00", "2026-11-27")]
    assert order["receivables"][0]["withdrawn"]["amount"] == "10.00"
    told = (await published())[-1]
    assert told.type == "rms.receivable.withdrawn.v1"
    assert told.payload["withdrawn_now"]["amount"] == "10.00"
    await ensure_sums(client)
    order = (await client.post(f"/orders/{order['id']}/cancel", json={"reason": "取消"})).json()
    assert (order["prepaid_total"]["amount"], order["receivables"][0]["status"]) == (
        "0.00",
        "SETTLED",
    )
    await ensure_sums(client)


async def test_what_is_paid_is_not_withdrawn(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    """The allocation is undone first; then the money is free to be given back."""
    order = await confirmed(client, tx, at)
    payment = await add_payment(tx, cny("25.00"), account_id=UUID(order["account_id"]))
    path = f"/payments/{payment.id}/allocations"
    made = (await post(client, path, {"strategy": "OLDEST_FIRST"})).json()
    refused = await client.post(f"/orders/{order['id']}/cancel", json={"reason": "取消"})
    assert (refused.status_code, refused.json()["code"]) == (409, "PREPAYMENT_ALLOCATED")
    assert (await client.get(f"/orders/{order['id']}")).json()["status"] == "CONFIRMED"
    undo = f"{path}/{made['allocations'][0]['id']}/reverse"
    assert (await post(client, undo, {"reason": "订单取消"})).status_code == 200
    done = await client.post(f"/orders/{order['id']}/cancel", json={"reason": "取消"})
    assert done.json()["status"] == "CANCELLED"
    await ensure_sums(client)


async def test_an_amended_order_owes_more_or_less_ahead_once_confirmed_again(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    """3 for 100.00 become 6; 60.00 ahead: 30.00 more. Then the term is NET_30: nothing ahead."""
    order = await confirmed(client, tx, at)
    path = f"/orders/{order['id']}"
    line = {"line_id": order["lines"][0]["id"], "quantity": "6"}
    amended = (await client.post(f"{path}/amend", json={"reason": "加单", "lines": [line]})).json()
    assert amended["prepaid_total"]["amount"] == "30.00"
    await ensure_sums(client)
    order = (await client.post(f"{path}/confirm")).json()
    ahead = [one["open"]["amount"] for one in order["receivables"]]
    total = order["prepaid_total"]["amount"]
    assert sum(float(one) for one in ahead) == float(total)
    assert len(ahead) == 2
    await ensure_sums(client)
    body = {"reason": "改条件", "payment_term": "NET_30"}
    assert (await client.post(f"{path}/amend", json=body)).status_code == 200
    order = (await client.post(f"{path}/confirm")).json()
    assert [one["open"]["amount"] for one in order["receivables"]] == ["0.00", "0.00"]
    await ensure_sums(client)


async def test_a_free_order_owes_nothing_ahead(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    at(NOON)
    whole = [{"share": "1", "basis": "PREPAID", "days": 0}]
    assert (await client.post("/payment-terms", json=TERM | {"instalments": whole})).is_success
    order_id = await add_order(tx, make_quote([make_line(1, "1", "0", "0")]), confirmed=True)
    shipment = (await post(client, f"/orders/{order_id}/shipments", {})).json()
    (owed,) = (await client.get(f"/orders/{order_id}")).json()["receivables"]
    assert (owed["id"], owed["status"]) == (shipment["receivable_id"], "SETTLED")
