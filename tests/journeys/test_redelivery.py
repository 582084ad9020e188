"""Events that arrive twice, late, in another order, never, or broken."""

import random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from chassis.database.backbone_tables import outbox, relay_cursors
from deploy.services import SERVICES
from kernel.ids import new_id
from tests.journeys.steps import (
    convert_lead,
    create_accepted_quote,
    create_confirmed_order,
    create_price_book,
    create_qualified_lead,
)
from tests.journeys.test_lead_to_cash import assert_everything_is_consumed
from tests.journeys.world import World

COUNTED = {
    "mtl": ("leads", "outbox"),
    "l2o": ("accounts", "contacts", "opportunities", "stage_changes", "conversions", "outbox"),
    "cpq": ("quotes", "outbox"),
    "rms": ("orders", "receivables", "payments", "outbox"),
    "org": ("tasks", "notifications", "outbox"),
}


async def row_counts(world: World) -> dict[str, int]:
    return {
        f"{service}.{table}": await world.count(service, f"SELECT count(*) FROM {table}")
        for service, tables in COUNTED.items()
        for table in tables
    }


async def redeliver_everything(world: World) -> None:
    """Reset every relay cursor, so that all events are sent again, and deliver them."""
    for database in world.workers.values():
        async with database.begin(None) as tx:
            await tx.execute(update(relay_cursors).values(lo="1:1:", hi=None, last=0))
    assert await world.deliver_events() > 0


async def test_everything_delivered_twice_changes_nothing(world: World) -> None:
    order = await create_confirmed_order(world)
    before = await row_counts(world)
    totals = await world.get(f"/l2o/v1/accounts/{order['account_id']}/totals")
    await redeliver_everything(world)
    assert await row_counts(world) == before
    assert await world.get(f"/l2o/v1/accounts/{order['account_id']}/totals") == totals
    await assert_everything_is_consumed(world)


@pytest.mark.parametrize("seed", range(4))
async def test_the_order_of_delivery_does_not_change_the_result(world: World, seed: int) -> None:
    book = await create_price_book(world)
    conversions = [await convert_lead(world, await create_qualified_lead(world)) for _ in range(3)]
    for conversion in conversions:
        await create_accepted_quote(world, conversion["result"]["opportunity_id"], book)
    order_of_relays = list(SERVICES)
    random.Random(seed).shuffle(order_of_relays)
    await world.deliver_events(order_of_relays)
    orders = await world.items("/rms/v1/orders")
    assert len(orders) == 3
    for order in orders:
        await world.post(f"/rms/v1/orders/{order['id']}/confirm")
    await world.deliver_events(order_of_relays[::-1])
    assert {o["stage"] for o in await world.items("/l2o/v1/opportunities")} == {"WON"}


async def test_an_order_is_created_before_its_account_arrives(world: World) -> None:
    """RMS creates the order although L2O's account event has not arrived."""
    book = await create_price_book(world)
    operation = await convert_lead(world, await create_qualified_lead(world))
    await create_accepted_quote(world, operation["result"]["opportunity_id"], book)
    async with world.workers["rms"].begin(world.tenant) as tx:
        await tx.exec_driver_sql("DELETE FROM accounts")
    await world.deliver_events(["cpq"])
    [order] = await world.items("/rms/v1/orders")
    assert order["account_name"] == "上海测试有限公司"


async def test_a_quote_for_an_unknown_opportunity_is_refused(world: World) -> None:
    book = await create_price_book(world)
    body = {
        "opportunity_id": str(new_id()),
        "lines": [{"product_id": book["entries"][0]["product_id"], "quantity": "1"}],
    }
    refused = await world.post("/cpq/v1/quotes", body, expect=409)
    assert refused["code"] == "OPPORTUNITY_UNKNOWN"


async def publish_unchecked(
    world: World, type_: str, payload: dict[str, Any], subject: UUID
) -> None:
    """Write an event to the outbox without any check, as a broken publisher would."""
    async with world.workers["cpq"].begin(world.tenant) as tx:
        await tx.execute(
            insert(outbox).values(
                bucket=0,
                id=new_id(),
                aggregatetype=type_.rpartition(".")[0].rpartition(".")[0],
                aggregateid=subject,
                aggversion=int(payload.get("version", 1)),
                type=type_,
                payload=payload,
                correlationid="test",
                traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            )
        )


async def test_an_invalid_event_is_parked_and_the_others_are_processed(world: World) -> None:
    broken = new_id()
    for kind in ("cpq.quote.accepted.v1", "cpq.work.changed.v1"):
        await publish_unchecked(world, kind, {"nonsense": True}, broken)
    await world.deliver_events()
    order = await create_confirmed_order(world)
    assert order["status"] == "CONFIRMED"
    # RMS would make an order of the quote, L2O add it to a timeline, org would show the task.
    for service in ("rms", "l2o", "org"):
        path = f"/{service}/v1/parked-events"
        [parked] = await world.items(f"{path}?status=PARKED")
        assert parked["reason"] == "FAILED"
        assert str(broken) in parked["key"]
        await world.post(f"{path}/{parked['id']}/skip", {"note": "publisher's bug"})
        assert await world.items(f"{path}?status=PARKED") == []
    await assert_everything_is_consumed(world)
