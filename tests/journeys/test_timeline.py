"""The timeline of an account after a sale through all services, and after its events again."""

from collections import Counter

from chassis.foundation.clock import now
from tests.journeys.steps import cny, create_confirmed_order
from tests.journeys.world import Json, World


async def entries(world: World, account_id: str) -> list[Json]:
    page = await world.get(f"/l2o/v1/accounts/{account_id}/timeline?limit=200")
    items: list[Json] = page["items"]
    return items


async def test_a_sale_of_all_services_is_one_timeline(world: World) -> None:
    order = await create_confirmed_order(world)
    account_id, today = order["account_id"], str(now().date())
    await world.post(f"/rms/v1/orders/{order['id']}/shipments")
    body = {
        "account_id": account_id,
        "amount": cny("100.00"),
        "bank_reference": "ICBC-7",
        "received_date": today,
    }
    paid = await world.post("/rms/v1/payments", body)
    await world.post(f"/rms/v1/payments/{paid['id']}/reverse", {"reason": "空头"})
    await world.post(
        "/l2o/v1/activities",
        {"account_id": account_id, "kind": "VISIT", "at": "2026-11-20T02:00:00Z"},
    )
    await world.deliver_events()
    found = await entries(world, account_id)
    kinds = Counter(one["kind"] for one in found)
    assert kinds == {
        "ACTIVITY": 1,
        "OPPORTUNITY": 2,  # opened, and won by the order
        "QUOTE": 3,
        "ORDER": 2,
        "SHIPMENT": 1,
        "RECEIVABLE": 1,
        "PAYMENT": 2,
    }
    payments = [one for one in found if one["kind"] == "PAYMENT"]
    assert {one["mark"] for one in payments} == {"CANCELLED"}
    assert {one["amount"]["amount"] for one in payments} == {"100.00"}
    [shipment] = [one for one in found if one["kind"] == "SHIPMENT"]
    assert shipment["amount"] == cny("11635.66")
    times = [one["at"] for one in found]
    assert times == sorted(times, reverse=True)
    await world.deliver_events()
    assert await entries(world, account_id) == found
