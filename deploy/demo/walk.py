"""The calls that take a lead to full payment. Repeated steps create no duplicates."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from deploy.demo.client import Json, Person, UnexpectedAnswer
from deploy.demo.source import Product

Progress = Callable[[int, int], None]
BOOK = "标准价目表"


async def seed_catalog(admin: Person, products: Sequence[Product]) -> Json:
    """Create the products and one price book with two tiers each, unless they exist."""
    product_ids = {p["name"]: p["id"] async for p in admin.everything("/cpq/v1/products")}
    for product in products:
        if product.name not in product_ids:
            body = {"sku": product.sku, "name": product.name, "unit": "PCS"}
            product_ids[product.name] = (await admin.post("/cpq/v1/products", body))["id"]
    async for book in admin.everything("/cpq/v1/price-books"):
        if book["name"] == BOOK:
            return await admin.get(f"/cpq/v1/price-books/{book['id']}")
    entries = [
        {
            "product_id": product_ids[p.name],
            "list_price": {"amount": p.price, "currency": "CNY"},
            "tiers": [
                {"from_quantity": "5", "unit_price": _percent_of(p.price, 95)},
                {"from_quantity": "10", "unit_price": _percent_of(p.price, 90)},
            ],
        }
        for p in products
    ]
    price_book = {"name": BOOK, "currency": "CNY", "valid_from": "2026-01-01", "entries": entries}
    return await admin.post("/cpq/v1/price-books", price_book)


def _percent_of(price: str, percent: int) -> Json:
    fen = int(price) * percent
    return {"amount": f"{fen // 100}.{fen % 100:02d}", "currency": "CNY"}


async def convert(seller: Person, lead: Json) -> float:
    """Qualify and convert a lead; return the milliseconds until the opportunity exists."""
    path = f"/mtl/v1/leads/{lead['id']}"
    if lead["status"] == "RAW":
        lead = await seller.post(f"{path}/qualify", seen=lead)
    name = f"{lead.get('company') or lead.get('name') or lead.get('external_id')}"
    began = time.perf_counter()
    body = {"opportunity_name": name}
    operation = await seller.post(f"{path}/convert", body, seen=lead)
    while operation["status"] == "RUNNING":
        await asyncio.sleep(0.02)
        operation = await seller.get(f"/mtl/v1/operations/{operation['id']}")
    elapsed = (time.perf_counter() - began) * 1000
    if operation["status"] != "SUCCEEDED":
        raise UnexpectedAnswer(f"conversion of {lead['id']}: {operation}")
    await seller.get(f"/l2o/v1/opportunities/{operation['result']['opportunity_id']}")
    return elapsed


async def to_cash(seller: Person, erp: Person, lead: Json, book: Json, nth: int) -> None:
    """Quote, accept, order, ship twice, pay, allocate; the accepted quote wins the opportunity."""
    opportunity = lead["opportunity_id"]
    await _accepted_quote(seller, opportunity, book, nth)
    order = await seller.until(f"/rms/v1/orders?account_id={lead['account_id']}")
    order = await seller.post(f"/rms/v1/orders/{order['id']}/confirm", seen=order)
    await _ship(seller, order)
    order = await seller.get(f"/rms/v1/orders/{order['id']}")
    payment = await erp.post(
        "/rms/v1/payments",
        {
            "account_id": order["account_id"],
            "bank_reference": f"DEMO-{order['document_no']}",
            "amount": order["gross_total"],
            "received_date": order["shipments"][-1]["shipped_date"],
        },
        key=f"demo-payment-{order['id']}",
    )
    await erp.post(
        f"/rms/v1/payments/{payment['id']}/allocations",
        {"strategy": "OLDEST_FIRST"},
        key=f"demo-allocation-{order['id']}",
    )


async def _accepted_quote(seller: Person, opportunity: str, book: Json, nth: int) -> Json:
    path = f"/cpq/v1/quotes?opportunity_id={opportunity}"
    existing = (await seller.get(path))["items"]
    quote = existing[0] if existing else await _quoted(seller, opportunity, book, nth)
    if quote["status"] == "DRAFT":
        quote = await seller.post(f"/cpq/v1/quotes/{quote['id']}/send", seen=quote)
    return await seller.post(f"/cpq/v1/quotes/{quote['id']}/accept", seen=quote)


async def _quoted(seller: Person, opportunity: str, book: Json, nth: int) -> Json:
    products = [entry["product_id"] for entry in book["entries"]]
    lines: list[dict[str, Any]] = [
        {
            "product_id": products[(nth + at) % len(products)],
            "quantity": str(1 + (nth * 3 + at * 5) % 12),
        }
        for at in range(1 + nth % 3)
    ]
    lines[0]["discount_rate"] = "0.05" if nth % 2 else "0"
    return await quoted(seller, opportunity, book, lines)


async def quoted(seller: Person, opportunity: str, book: Json, lines: list[Json]) -> Json:
    """Create the one quote of the demo for an opportunity, once cpq has received it."""
    body = {"opportunity_id": opportunity, "price_book_id": book["id"], "lines": lines}
    for _ in range(200):  # until the replica of the opportunity has arrived in cpq
        try:
            return await seller.post("/cpq/v1/quotes", body, key=f"demo-quote-{opportunity}")
        except UnexpectedAnswer as error:
            if "OPPORTUNITY_UNKNOWN" not in str(error) and "ACCOUNT_UNKNOWN" not in str(error):
                raise
            await asyncio.sleep(0.05)
    raise UnexpectedAnswer(f"cpq has not received opportunity {opportunity}")


async def _ship(seller: Person, order: Json) -> None:
    path = f"/rms/v1/orders/{order['id']}/shipments"
    if order["status"] == "CONFIRMED":
        first = (await seller.get(path.removesuffix("/shipments")))["lines"][0]
        part = {"lines": [{"line_id": first["id"], "quantity": "1"}]}
        await seller.post(path, part, key=f"demo-ship-1-{order['id']}")
    current = await seller.get(path.removesuffix("/shipments"))
    if current["status"] != "SHIPPED":
        await seller.post(path, {}, key=f"demo-ship-2-{current['id']}")


async def in_parallel(
    work: Sequence[Callable[[], Awaitable[Any]]], *, at_once: int, progress: Progress
) -> list[Any]:
    """Run all jobs, `at_once` at a time; return the results in order."""
    slots, completed = asyncio.Semaphore(at_once), 0

    async def run(job: Callable[[], Awaitable[Any]]) -> Any:
        nonlocal completed
        async with slots:
            result = await job()
        completed += 1
        progress(completed, len(work))
        return result

    return list(await asyncio.gather(*(run(job) for job in work)))
