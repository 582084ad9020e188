"""Orders: confirmed, shipped twice, paid, and allocated by several clerks at the same time."""

import asyncio
from decimal import Decimal

from deploy.demo import report
from kernel.ids import new_id
from tests.soak.client import Caller, Json
from tests.soak.evidence import Evidence
from tests.soak.stage import Stage, Violations, Walk

CLERKS = 6  # of two, one has often written before the other reads

ALLOCATED = """
SELECT p.id, p.allocated, coalesce(sum(a.amount), 0) AS booked FROM {table} p
LEFT JOIN allocations a ON a.{key} = p.id GROUP BY p.id, p.allocated
HAVING p.allocated <> coalesce(sum(a.amount), 0)
"""


async def run(walk: Walk) -> None:
    seller, ids = walk.callers["seller"], walk.ids
    order = await seller.until_listed(f"/rms/v1/orders?quote_id={ids['quote']}")
    path = f"/rms/v1/orders/{order['id']}"
    order = await seller.post(f"{path}/confirm", seen=order)
    line = (await seller.get(path))["lines"][0]
    first = await seller.post(f"{path}/shipments", _part(line["id"]))
    await seller.post(f"{path}/shipments")
    await _pay(walk, order, first["shipped_date"])


def _part(line_id: str) -> Json:
    return {"lines": [{"line_id": line_id, "quantity": "1"}]}


async def _pay(walk: Walk, order: Json, received: str) -> None:
    """Pay the order and allocate the payment in parts at the same time; some are reversed."""
    erp = walk.callers["erp"]
    total = Decimal(order["gross_total"]["amount"])
    body = {
        "account_id": order["account_id"],
        "bank_reference": f"SOAK-{new_id()}",
        "amount": order["gross_total"],
        "received_date": received,
    }
    payment = await erp.post("/rms/v1/payments", body)
    part = (total / CLERKS).quantize(Decimal("0.01"))
    parts = [*[part] * (CLERKS - 1), total - part * (CLERKS - 1)]
    made = await asyncio.gather(*(_allocate(erp, payment["id"], each) for each in parts))
    if walk.every(4):
        allocation = made[0]["allocations"][0]["id"]
        path = f"/rms/v1/payments/{payment['id']}/allocations/{allocation}/reverse"
        await erp.post(path, {"reason": "soak"})


async def _allocate(erp: Caller, payment_id: str, amount: Decimal) -> Json:
    body = {"strategy": "OLDEST_FIRST", "amount": {"amount": str(amount), "currency": "CNY"}}
    return await erp.post(f"/rms/v1/payments/{payment_id}/allocations", body)


async def money_balances(evidence: Evidence) -> Violations:
    """What is shipped is owed, what is paid is allocated or free, and both sides agree."""
    violations = []
    for row in await report.money(evidence.callers["admin"]):
        violations += [f"not {name}: {row}" for name, holds in row.items() if holds is False]
    return violations


async def allocations_add_up(evidence: Evidence) -> Violations:
    """Every payment and every receivable has exactly what its allocations say."""
    violations = []
    for table, key in (("payments", "payment_id"), ("receivables", "receivable_id")):
        rows = await evidence.rows("rms", ALLOCATED.format(table=table, key=key))
        violations += [
            f"{table} {row['id']}: {row['allocated']}, not {row['booked']}" for row in rows
        ]
    return violations


STAGE = Stage(
    "rms",
    run,
    after=("cpq",),
    invariants={
        "money balances": money_balances,
        "allocations add up": allocations_add_up,
    },
)
