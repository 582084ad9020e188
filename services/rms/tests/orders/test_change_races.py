"""Concurrent amendments, cancellations and shipments of one order."""

import asyncio
from collections import Counter
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from rms.orders.store.tables import order_cancellations, order_lines, orders, shipments
from services.rms.tests.factories import add_order, add_settings, make_line, make_quote, post
from testkit.plugin import Committed

AT_ONCE = asyncio.Semaphore(18)  # the pool has 20 connections


async def add_confirmed_order(committed: Committed, tenant: UUID) -> UUID:
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
        return await add_order(
            tx, make_quote([make_line(1, "9", "88.50", "11.51")]), confirmed=True
        )


async def has_contiguous_versions(committed: Committed, tenant: UUID, order_id: UUID) -> bool:
    async with committed.app.begin(tenant) as tx:
        is_order = (outbox.c.aggregateid == order_id) & (outbox.c.aggregatetype == "rms.order")
        versions = select(outbox.c.aggversion).where(is_order)
        published = sorted((await tx.execute(versions)).scalars())
        last = (await tx.execute(select(orders.c.version))).scalar_one()
        return published == list(range(1, last + 1))


async def test_concurrent_shipments_and_cancellations_never_exceed_the_line(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """30 requests for one of 9 pieces: half of them ship it, half cancel it; 9 succeed."""
    order_id = await add_confirmed_order(committed, tenant)
    line_id = (await committed_client.get(f"/orders/{order_id}")).json()["lines"][0]["id"]
    line = {"lines": [{"line_id": line_id, "quantity": "1"}]}

    async def ship_or_cancel(n: int) -> Response:
        move, body = ("shipments", line) if n % 2 else ("cancel-lines", line | {"reason": "停产"})
        async with AT_ONCE:
            return await post(committed_client, f"/orders/{order_id}/{move}", body)

    answers = await asyncio.gather(*(ship_or_cancel(n) for n in range(30)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[200] + statuses[201] == 9
    assert set(statuses) <= {200, 201, 409, 422}
    async with committed.app.begin(tenant) as tx:
        row = (await tx.execute(select(order_lines))).one()
        assert row.shipped_quantity + row.cancelled_quantity == row.quantity
        assert row.shipped_amount + row.cancelled_amount == row.gross_amount
        cancelled = (await tx.execute(select(func.sum(order_cancellations.c.amount)))).scalar()
        shipped = (await tx.execute(select(func.sum(shipments.c.amount)))).scalar()
        assert (shipped or 0, cancelled or 0) == (row.shipped_amount, row.cancelled_amount)
    assert await has_contiguous_versions(committed, tenant, order_id)


async def test_only_one_of_concurrent_changes_wins(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """The first request decides; the others hold a stale copy and are refused."""
    order_id = await add_confirmed_order(committed, tenant)
    line_id = (await committed_client.get(f"/orders/{order_id}")).json()["lines"][0]["id"]
    moves: list[tuple[str, dict[str, object]]] = [
        ("amend", {"reason": "改单", "lines": [{"line_id": line_id, "quantity": str(n)}]})
        for n in range(1, 9)
    ]
    moves += [("cancel", {"reason": "取消"})] * 4

    async def move(verb: str, body: dict[str, object]) -> Response:
        async with AT_ONCE:
            return await committed_client.post(
                f"/orders/{order_id}/{verb}", json=body, headers={"If-Match": '"2"'}
            )

    answers = await asyncio.gather(*(move(verb, body) for verb, body in moves))
    statuses = Counter(answer.status_code for answer in answers)
    order = (await committed_client.get(f"/orders/{order_id}")).json()
    assert order["version"] == 3
    if order["status"] == "CANCELLED":
        assert statuses[200] == 4
    else:
        assert (order["revision"], statuses[200]) == (2, 1)
    assert set(statuses) <= {200, 409, 412}
    assert await has_contiguous_versions(committed, tenant, order_id)
