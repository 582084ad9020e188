"""The walk as it goes when people change their minds: revised, amended, cancelled, bounced."""

from datetime import timedelta

from rms.receivables.actions import OVERDUE_JOB
from tests.journeys.due_jobs import run_due
from tests.journeys.steps import a_conversion, a_price_book, a_qualified_lead, cny
from tests.journeys.test_lead_to_cash import assert_everything_is_consumed, lost_money
from tests.journeys.world import Json, World


async def test_from_a_revised_quote_to_a_refund(world: World) -> None:
    order = await an_amended_order(world)
    order = await shipped_but_for_the_cable(world, order)
    await overdue_and_told(world)
    account = order["account_id"]
    await bounced(world, account)
    await refunded(world, account)
    await world.carry()
    assert await lost_money(world) == []
    await assert_everything_is_consumed(world)


async def an_amended_order(world: World) -> Json:
    """Quoted 12, revised to 10, ordered, amended to 8 servers at 855.00; and 3 m of cable.

    By hand: 8 x 855.00 = 6840.00 and 13 % of it 889.20: 7729.20; the cable 37.04 + 4.82 = 41.86.
    """
    book = await a_price_book(world)
    operation = await a_conversion(world, await a_qualified_lead(world))
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
    await world.carry()
    [order] = await world.items("/rms/v1/orders")
    assert order["quote_id"] == second["id"]
    order = await world.get(f"/rms/v1/orders/{order['id']}")
    fewer = [{"line_id": order["lines"][0]["id"], "quantity": "8"}]
    amend = {"reason": "客户改单", "lines": fewer}
    order = await world.post(f"/rms/v1/orders/{order['id']}/amend", amend)
    assert (order["revision"], order["gross_total"]) == (2, cny("7771.06"))
    return order


async def shipped_but_for_the_cable(world: World, order: Json) -> Json:
    path = f"/rms/v1/orders/{order['id']}"
    order = await world.post(f"{path}/confirm")
    server, cable = (line["id"] for line in order["lines"])
    five = {"due_days": 0, "lines": [{"line_id": server, "quantity": "5"}]}
    await world.post(f"{path}/shipments", five)
    gone = {"reason": "停产", "lines": [{"line_id": cable, "quantity": "3"}]}
    await world.post(f"{path}/cancel-lines", gone)
    await world.post(f"{path}/shipments")
    order = await world.get(path)
    assert (order["status"], order["cancelled_total"]) == ("SHIPPED", cny("41.86"))
    owed = await world.items(f"/rms/v1/receivables?order_id={order['id']}")
    assert sorted(one["amount"]["amount"] for one in owed) == ["2898.45", "4830.75"]
    return order


async def overdue_and_told(world: World) -> None:
    """Two days on the first receivable is overdue: its owner is told once, and has to collect."""
    assert await run_due(world, "rms", OVERDUE_JOB, after=timedelta(days=2)) == 1
    await world.carry()
    told = await world.items("/org/v1/notifications?kind=RECEIVABLE_OVERDUE")
    assert len(told) == 1
    tasks = await world.items("/org/v1/tasks?kind=COLLECT_RECEIVABLE")
    assert [task["record_id"] for task in tasks] == [told[0]["record_id"]]


async def bounced(world: World, account: str) -> None:
    """All is paid, and taken back by the bank: all is owed again."""
    payment = await a_payment(world, account, "7729.20", "CHEQUE-1")
    assert payment["unallocated"] == cny("0.00")
    assert (await balance(world, account))["open"] == cny("0.00")
    path = f"/rms/v1/payments/{payment['id']}"
    payment = await world.post(f"{path}/reverse", {"reason": "支票退票"})
    assert (payment["allocated"], payment["returned"]) == (cny("0.00"), cny("7729.20"))
    assert (await balance(world, account))["open"] == cny("7729.20")


async def refunded(world: World, account: str) -> None:
    """Paid anew with too much: what is left over is shown, and goes back."""
    payment = await a_payment(world, account, "8000.00", "ICBC-2")
    assert payment["unallocated"] == cny("270.80")
    assert (await balance(world, account))["balance"] == cny("-270.80")
    body = {"amount": cny("270.80"), "reason": "多付"}
    await world.post(f"/rms/v1/payments/{payment['id']}/refunds", body)
    found = await balance(world, account)
    assert (found["open"], found["unallocated"]) == (cny("0.00"), cny("0.00"))
    assert (found["paid"], found["returned"]) == (cny("15729.20"), cny("8000.00"))


async def a_payment(world: World, account: str, amount: str, reference: str) -> Json:
    """Booked and allocated, the oldest receivable first."""
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
    [found] = (await world.get(f"/rms/v1/accounts/{account}/balance"))["items"]
    return dict(found)
