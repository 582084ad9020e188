"""A journey with changes: revised quote, amended order, cancelled line, reversed payment."""

from datetime import timedelta

from rms.receivables.actions import OVERDUE_JOB
from tests.journeys.due_jobs import run_due
from tests.journeys.steps import cny, convert_lead, create_price_book, create_qualified_lead
from tests.journeys.test_lead_to_cash import assert_everything_is_consumed, failed_equations
from tests.journeys.world import Json, World


async def test_from_a_revised_quote_to_a_refund(world: World) -> None:
    order = await amend_order(world)
    order = await ship_all_but_the_cable(world, order)
    await check_overdue_receivable(world)
    account = order["account_id"]
    await reverse_payment(world, account)
    await refund_overpayment(world, account)
    await world.deliver_events()
    assert await failed_equations(world) == []
    await assert_everything_is_consumed(world)


async def amend_order(world: World) -> Json:
    """Quote 12 servers, revise to 10, order, and amend to 8 at 855.00 each; and 3 m of cable.

    By hand: 8 x 855.00 = 6840.00 and 13 % of it 889.20: 7729.20; the cable 37.04 + 4.82 = 41.86.
    """
    book = await create_price_book(world)
    operation = await convert_lead(world, await create_qualified_lead(world))
    server, cable = (entry["product_id"] for entry in book["entries"])
    lines = [
        {"product_id": server, "quantity": "12", "discount_rate": "0.05"},
        {"product_id": cable, "quantity": "3"},
    ]
    body = {"opportunity_id": operation["result"]["opportunity_id"], "lines": lines}
    first = await world.post("/cpq/v1/quotes", body)
    await world.post(f"/cpq/v1/quotes/{first['id']}/send")
    changed = {"lines": [{**lines[0], "quantity": "10"}, lines[1]]}
    second = await world.post(f"/cpq/v1/quotes/{first['id']}/revise", changed)
    assert (second["document_no"], second["revision"]) == (first["document_no"], 2)
    refused = await world.post(f"/cpq/v1/quotes/{first['id']}/accept", expect=409)
    assert refused["code"] == "QUOTE_SUPERSEDED"
    await world.post(f"/cpq/v1/quotes/{second['id']}/send")
    await world.post(f"/cpq/v1/quotes/{second['id']}/accept")
    await world.deliver_events()
    [order] = await world.items("/rms/v1/orders")
    assert order["quote_id"] == second["id"]
    order = await world.get(f"/rms/v1/orders/{order['id']}")
    changed_lines = [{"line_id": order["lines"][0]["id"], "quantity": "8"}]
    amend = {"reason": "客户改单", "lines": changed_lines}
    order = await world.post(f"/rms/v1/orders/{order['id']}/amend", amend)
    assert (order["revision"], order["gross_total"]) == (2, cny("7771.06"))
    return order


async def ship_all_but_the_cable(world: World, order: Json) -> Json:
    path = f"/rms/v1/orders/{order['id']}"
    order = await world.post(f"{path}/confirm")
    server, cable = (line["id"] for line in order["lines"])
    shipment = {"due_days": 0, "lines": [{"line_id": server, "quantity": "5"}]}
    await world.post(f"{path}/shipments", shipment)
    cancellation = {"reason": "停产", "lines": [{"line_id": cable, "quantity": "3"}]}
    await world.post(f"{path}/cancel-lines", cancellation)
    await world.post(f"{path}/shipments")
    order = await world.get(path)
    assert (order["status"], order["cancelled_total"]) == ("SHIPPED", cny("41.86"))
    receivables = await world.items(f"/rms/v1/receivables?order_id={order['id']}")
    assert sorted(one["amount"]["amount"] for one in receivables) == ["2898.45", "4830.75"]
    return order


async def check_overdue_receivable(world: World) -> None:
    """After two days the first receivable is overdue: its owner gets a notification and a task."""
    assert await run_due(world, "rms", OVERDUE_JOB, after=timedelta(days=2)) == 1
    await world.deliver_events()
    notifications = await world.items("/org/v1/notifications?kind=RECEIVABLE_OVERDUE")
    assert len(notifications) == 1
    tasks = await world.items("/org/v1/tasks?kind=COLLECT_RECEIVABLE")
    assert [task["record_id"] for task in tasks] == [notifications[0]["record_id"]]


async def reverse_payment(world: World, account: str) -> None:
    """Pay everything with a cheque that bounces: everything is open again."""
    payment = await record_payment(world, account, "7729.20", "CHEQUE-1")
    assert payment["unallocated"] == cny("0.00")
    assert (await balance(world, account))["open"] == cny("0.00")
    path = f"/rms/v1/payments/{payment['id']}"
    payment = await world.post(f"{path}/reverse", {"reason": "支票退票"})
    assert (payment["allocated"], payment["returned"]) == (cny("0.00"), cny("7729.20"))
    assert (await balance(world, account))["open"] == cny("7729.20")


async def refund_overpayment(world: World, account: str) -> None:
    """Pay too much: the excess is shown as unallocated, and is refunded."""
    payment = await record_payment(world, account, "8000.00", "ICBC-2")
    assert payment["unallocated"] == cny("270.80")
    assert (await balance(world, account))["balance"] == cny("-270.80")
    body = {"amount": cny("270.80"), "reason": "多付"}
    await world.post(f"/rms/v1/payments/{payment['id']}/refunds", body)
    refreshed = await balance(world, account)
    assert (refreshed["open"], refreshed["unallocated"]) == (cny("0.00"), cny("0.00"))
    assert (refreshed["paid"], refreshed["returned"]) == (cny("15729.20"), cny("8000.00"))


async def record_payment(world: World, account: str, amount: str, reference: str) -> Json:
    """Record a payment and allocate it, the oldest receivable first."""
    body = {
        "account_id": account,
        "bank_reference": reference,
        "amount": cny(amount),
        "received_date": "2026-11-20",
    }
    payment = await world.post("/rms/v1/payments", body)
    path = f"/rms/v1/payments/{payment['id']}"
    await world.post(f"{path}/allocations", {"strategy": "OLDEST_FIRST"})
    return await world.get(path)


async def balance(world: World, account: str) -> Json:
    [item] = (await world.get(f"/rms/v1/accounts/{account}/balance"))["items"]
    return dict(item)
