"""The steps of the journeys: each makes one or a few API calls as the tenant's seller."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.journeys.world import Json, World


def cny(amount: str) -> Json:
    return {"amount": amount, "currency": "CNY"}


async def create_qualified_lead(world: World, **fields: Any) -> Json:
    body = {"name": "王芳", "company": "上海测试有限公司", "external_id": str(uuid4()), **fields}
    lead = await world.post("/mtl/v1/leads", body)
    return await world.post(f"/mtl/v1/leads/{lead['id']}/qualify")


async def convert_lead(world: World, lead: Json, **body: Any) -> Json:
    """Convert a lead while events are delivered; return the finished operation."""
    path = f"/mtl/v1/leads/{lead['id']}/convert"
    request = asyncio.create_task(world.post(path, body))
    while not request.done():
        await asyncio.sleep(0.05)
        await world.deliver_events()
    return await world.get(f"/mtl/v1/operations/{request.result()['id']}")


async def create_price_book(world: World) -> Json:
    """Create a price book with two products.

    A server costs 1000.00 CNY, from 10 pieces on 900.00; a meter of cable costs 12.345.
    """
    server = await world.post("/cpq/v1/products", {"sku": "SRV", "name": "服务器", "unit": "PCS"})
    cable = await world.post("/cpq/v1/products", {"sku": "CBL", "name": "网线", "unit": "M"})
    tier = {"from_quantity": "10", "unit_price": cny("900.00")}
    entries = [
        {"product_id": server["id"], "list_price": cny("1000.00"), "tiers": [tier]},
        {"product_id": cable["id"], "list_price": cny("12.345"), "tiers": []},
    ]
    return await world.post(
        "/cpq/v1/price-books",
        {"name": "标准", "currency": "CNY", "valid_from": "2020-01-01", "entries": entries},
    )


async def create_accepted_quote(world: World, opportunity_id: str, book: Json) -> Json:
    """Create, send and accept a quote for 12 servers with 5 % discount and 3 m of cable.

    By hand: 12 x 855.00 = 10260.00, tax 13 % = 1333.80; 3 x 12.345 = 37.035 -> 37.04 (half up),
    tax 4.8152 -> 4.82; net 10297.04, tax 1338.62, gross 11635.66.
    """
    server, cable = (entry["product_id"] for entry in book["entries"])
    lines = [
        {"product_id": server, "quantity": "12", "discount_rate": "0.05"},
        {"product_id": cable, "quantity": "3"},
    ]
    quote = await world.post("/cpq/v1/quotes", {"opportunity_id": opportunity_id, "lines": lines})
    await world.post(f"/cpq/v1/quotes/{quote['id']}/send")
    return await world.post(f"/cpq/v1/quotes/{quote['id']}/accept")


async def create_confirmed_order(world: World) -> Json:
    """Take a lead to a confirmed order; all events are delivered."""
    book = await create_price_book(world)
    operation = await convert_lead(world, await create_qualified_lead(world))
    await create_accepted_quote(world, operation["result"]["opportunity_id"], book)
    await world.deliver_events()
    [order] = await world.items("/rms/v1/orders")
    order = await world.post(f"/rms/v1/orders/{order['id']}/confirm")
    await world.deliver_events()
    return order
