"""Twice, late, in any order, or never: events change nothing that they should not."""

import random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from chassis.database.backbone_tables import outbox, relay_cursors
from kernel.ids import new_id
from tests.journeys.steps import (
    a_confirmed_order,
    a_conversion,
    a_price_book,
    a_qualified_lead,
    an_accepted_quote,
)
from tests.journeys.test_lead_to_cash import assert_everything_is_consumed
from tests.journeys.world import SERVICES, World

COUNTED = {
    "mtl": ("leads", "outbox"),
    "l2o": ("accounts", "contacts", "opportunities", "stage_changes", "conversions", "outbox"),
    "cpq": ("quotes", "outbox"),
    "rms": ("orders", "receivables", "payments", "outbox"),
    "org": ("tasks", "notifications", "outbox"),
}


async def rows(world: World) -> dict[str, int]:
    return {
        f"{service}.{table}": await world.count(service, f"SELECT count(*) FROM {table}")
        for service, tables in COUNTED.items()
        for table in tables
    }


async def send_everything_again(world: World) -> None:
    """Put every cursor back to the beginning, as a crash before its commit would, only worse."""
    for database in world.workers.values():
        async with database.begin(None) as tx:
            await tx.execute(update(relay_cursors).values(lo="1:1:", hi=None, last=0))
    assert await world.carry() > 0


async def test_everything_delivered_twice_changes_nothing(world: World) -> None:
    order = await a_confirmed_order(world)
    before = await rows(world)
    totals = await world.get(f"/l2o/v1/accounts/{order['account_id']}/totals")
    await send_everything_again(world)
    assert await rows(world) == before
    assert await world.get(f"/l2o/v1/accounts/{order['account_id']}/totals") == totals
    await assert_everything_is_consumed(world)


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_is_carried_first_the_end_is_the_same(world: World, seed: int) -> None:
    book = await a_price_book(world)
    conversions = [await a_conversion(world, await a_qualified_lead(world)) for _ in range(3)]
    for each in conversions:
        await an_accepted_quote(world, each["result"]["opportunity_id"], book)
    order_of_relays = list(SERVICES)
    random.Random(seed).shuffle(order_of_relays)
    await world.carry(order_of_relays)
    orders = await world.items("/rms/v1/orders")
    assert len(orders) == 3
    for order in orders:
        await world.post(f"/rms/v1/orders/{order['id']}/confirm")
    await world.carry(order_of_relays[::-1])
    assert {o["stage"] for o in await world.items("/l2o/v1/opportunities")} == {"WON"}


async def test_an_order_whose_account_was_never_heard_of(world: World) -> None:
    """L2O's events stay behind: RMS makes the order all the same."""
    book = await a_price_book(world)
    operation = await a_conversion(world, await a_qualified_lead(world))
    await an_accepted_quote(world, operation["result"]["opportunity_id"], book)
    async with world.workers["rms"].begin(world.tenant) as tx:
        await tx.exec_driver_sql("DELETE FROM accounts")
    await world.carry(["cpq"])
    [order] = await world.items("/rms/v1/orders")
    assert order["account_name"] == "上海测试有限公司"


async def test_a_quote_before_its_opportunity_is_refused_not_lost(world: World) -> None:
    book = await a_price_book(world)
    body = {
        "opportunity_id": str(new_id()),
        "lines": [{"product_id": book["entries"][0]["product_id"], "quantity": "1"}],
    }
    refused = await world.post("/cpq/v1/quotes", body, expect=409)
    assert refused["code"] == "OPPORTUNITY_UNKNOWN"


async def publish_raw(world: World, type_: str, payload: dict[str, Any], subject: UUID) -> None:
    """An event as a broken publisher would write it."""
    async with world.workers["cpq"].begin(world.tenant) as tx:
        await tx.execute(
            insert(outbox).values(
                bucket=0,
                id=new_id(),
                aggregatetype="cpq.quote",
                aggregateid=subject,
                aggversion=int(payload.get("version", 1)),
                type=type_,
                payload=payload,
                correlationid="test",
                traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            )
        )


async def test_a_hopeless_event_parks_its_key_and_nothing_else_stops(world: World) -> None:
    broken = new_id()
    await publish_raw(world, "cpq.quote.accepted.v1", {"nonsense": True}, broken)
    await world.carry()
    order = await a_confirmed_order(world)
    assert order["status"] == "CONFIRMED"
    for service in ("rms", "org"):  # the order of the quote, and what its owner is told
        path = f"/{service}/v1/parked-events"
        [parked] = await world.items(f"{path}?status=PARKED")
        assert parked["reason"] == "FAILED"
        assert str(broken) in parked["key"]
        await world.post(f"{path}/{parked['id']}/skip", {"note": "publisher's bug"})
        assert await world.items(f"{path}?status=PARKED") == []
    await assert_everything_is_consumed(world)
