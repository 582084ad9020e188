"""Revenue: orders confirmed; and shipped, so that a receivable arises, paid and allocated."""

from collections.abc import Sequence
from uuid import UUID

from kernel.ids import new_id
from services.rms.tests.factories import add_account, add_order, make_quote
from tests.bench.machine.load import Request
from tests.bench.machine.measuring import Operation, Row, cost, requests_to
from tests.bench.machine.system import System

ORDERS, PAYMENTS = "/rms/v1/orders", "/rms/v1/payments"
AMOUNT = {"amount": "1230.01", "currency": "CNY"}  # of the two lines of an order
Ordered = tuple[UUID, UUID]  # an order and its account


async def nothing(_: System) -> None:
    """Every run creates the orders that it needs."""


async def _orders(system: System, count: int, *, confirmed: bool) -> list[Ordered]:
    """Create orders of two lines, each of an account of its own."""
    made: list[Ordered] = []
    async with system.database("rms") as database, database.begin(system.tenant) as tx:
        for _ in range(count):
            account = await add_account(tx)
            order = await add_order(tx, make_quote(account_id=account), confirmed=confirmed)
            made.append((order, account))
    return made


def _changes(system: System) -> dict[str, str]:
    return system.headers() | {"If-Match": "*", "Idempotency-Key": str(new_id())}


async def confirmations(system: System, count: int) -> list[Request]:
    orders = await _orders(system, count, confirmed=False)
    headers = system.headers() | {"If-Match": "*"}
    return [Request("POST", f"{ORDERS}/{order}/confirm", headers) for order, _ in orders]


async def confirmed_orders(system: System, count: int) -> list[Ordered]:
    return await _orders(system, count, confirmed=True)


async def to_cash(system: System, orders: Sequence[Ordered]) -> None:
    """Ship every order, which creates its receivable; receive its payment, and allocate it."""
    ships = [
        Request("POST", f"{ORDERS}/{order}/shipments", _changes(system), {}) for order, _ in orders
    ]
    await system.send("rms", ships, connections=8)
    bodies = [
        {"account_id": str(account), "bank_reference": f"BENCH-{order}", "amount": AMOUNT}
        for order, account in orders
    ]
    pays = [
        Request("POST", PAYMENTS, _changes(system), {**body, "received_date": "2026-11-20"})
        for body in bodies
    ]
    payments = [one.json()["id"] for one in (await system.send("rms", pays, connections=8)).answers]
    allocations = [
        Request(
            "POST",
            f"{PAYMENTS}/{payment}/allocations",
            _changes(system),
            {"strategy": "OLDEST_FIRST"},
        )
        for payment in payments
    ]
    await system.send("rms", allocations, connections=8)


ROWS: Sequence[Row] = (
    cost(
        "revenue.confirm",
        "POST /rms/v1/orders/{id}/confirm",
        6,
        Operation(
            ready=nothing,
            prepare=confirmations,
            work=requests_to("rms"),
            processes=("rms-api",),
            count=200,
        ),
    ),
    cost(
        "revenue.cash",
        "receivable (by a shipment) + payment + allocation",
        15,
        Operation(
            ready=nothing,
            prepare=confirmed_orders,
            work=to_cash,
            processes=("rms-api",),
            count=150,
        ),
    ),
)
