"""Quotes: priced from one price book, sent and accepted."""

from typing import Any

from deploy.demo.walk import BOOK
from tests.soak.client import Caller
from tests.soak.evidence import Evidence
from tests.soak.stage import Stage, Violations, Walk

PRICES = {"服务器": "12800", "交换机": "3999", "网线": "17"}


async def prepare(callers: dict[str, Caller]) -> dict[str, Any]:
    """Create the products and the price book."""
    admin, entries = callers["admin"], []
    for nth, (name, price) in enumerate(PRICES.items()):
        product = {"sku": f"SOAK-{nth}", "name": name, "unit": "PCS"}
        product_id = (await admin.post("/cpq/v1/products", product))["id"]
        list_price = {"amount": price, "currency": "CNY"}
        entries.append({"product_id": product_id, "list_price": list_price, "tiers": []})
    book = {"name": BOOK, "currency": "CNY", "valid_from": "2026-01-01", "entries": entries}
    return {"book": await admin.post("/cpq/v1/price-books", book)}


async def run(walk: Walk) -> None:
    seller, book = walk.callers["seller"], walk.shared["book"]
    products = [entry["product_id"] for entry in book["entries"]]
    lines = [
        {"product_id": products[(walk.nth + at) % len(products)], "quantity": str(2 + at)}
        for at in range(1 + walk.nth % 3)
    ]
    body = {"opportunity_id": walk.ids["opportunity"], "price_book_id": book["id"], "lines": lines}
    not_yet = ("OPPORTUNITY_UNKNOWN", "ACCOUNT_UNKNOWN")
    quote = await seller.post("/cpq/v1/quotes", body, not_yet=not_yet)
    quote = await seller.post(f"/cpq/v1/quotes/{quote['id']}/send", seen=quote)
    await seller.post(f"/cpq/v1/quotes/{quote['id']}/accept", seen=quote)
    walk.ids["quote"] = quote["id"]


async def one_order_each(evidence: Evidence) -> Violations:
    """Every accepted quote has one order of the same total."""
    columns = "gross_total, gross_total_currency"
    quotes = await evidence.rows(
        "cpq", f"SELECT id, {columns} FROM quotes WHERE status = 'ACCEPTED'"
    )
    orders = await evidence.rows("rms", f"SELECT quote_id AS id, {columns} FROM orders")
    accepted = sorted(tuple(row.values()) for row in quotes)
    ordered = sorted(tuple(row.values()) for row in orders)
    return (
        [] if accepted == ordered else [f"{len(accepted)} accepted quotes, {len(ordered)} orders"]
    )


STAGE = Stage(
    "cpq",
    run,
    after=("l2o",),
    prepare=prepare,
    invariants={"one order per accepted quote": one_order_each},
)
