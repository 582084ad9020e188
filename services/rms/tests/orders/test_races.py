"""Concurrent orders, shipments and confirmations: nothing is numbered or shipped twice."""

import asyncio
from collections import Counter
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from chassis.web.commands import Command
from rms.orders.actions.lifecycle import create_order
from rms.orders.store.tables import order_lines, orders, shipments
from rms.receivables.store import receivables
from services.rms.tests.factories import NOON, add_order, add_settings, make_line, make_quote, post
from testkit.plugin import Committed

AT_ONCE = asyncio.Semaphore(18)  # the pool has 20 connections


async def test_fifty_concurrent_orders_are_numbered_without_a_gap(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)

    async def create() -> None:
        async with AT_ONCE, committed.app.begin(tenant) as tx:
            await add_order(tx)

    await asyncio.gather(*(create() for _ in range(50)))
    async with committed.app.begin(tenant) as tx:
        numbers = (await tx.execute(select(orders.c.document_no))).scalars()
        assert sorted(int(one[-6:]) for one in numbers) == list(range(1, 51))


async def test_a_concurrent_order_of_the_same_quote_waits_and_takes_no_number(
    committed: Committed, tenant: UUID
) -> None:
    quote = make_quote()

    async def create() -> None:
        async with committed.app.begin(tenant) as tx:
            await create_order(Command(tx, NOON), quote)

    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
    async with committed.app.begin(tenant) as tx:
        await create_order(Command(tx, NOON), quote)
        rival = asyncio.create_task(create())
        await asyncio.sleep(0.3)
        assert not rival.done()
    await rival
    async with committed.app.begin(tenant) as tx:
        await create_order(Command(tx, NOON), make_quote())
        numbers = (await tx.execute(select(orders.c.document_no))).scalars()
        assert sorted(numbers) == ["SO-2026-000001", "SO-2026-000002"]


async def test_twenty_concurrent_shipments_never_exceed_the_line(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """12 x 0.7 fit into 9 pieces and 0.6 remain; every shipment has exactly one receivable."""
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
        quote = make_quote([make_line(1, "9", "88.50", "11.51")])
        order_id = await add_order(tx, quote, confirmed=True)
    order = (await committed_client.get(f"/orders/{order_id}")).json()
    body = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "0.7"}]}

    async def ship() -> Response:
        async with AT_ONCE:
            return await post(committed_client, f"/orders/{order_id}/shipments", body)

    answers = await asyncio.gather(*(ship() for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {201: 12, 422: 8}
    remainder = await post(committed_client, f"/orders/{order_id}/shipments", {})
    assert remainder.json()["lines"][0]["quantity"] == "0.6"

    async with committed.app.begin(tenant) as tx:
        line = (await tx.execute(select(order_lines))).one()
        assert line.shipped_quantity == line.quantity
        assert line.shipped_amount == line.gross_amount
        shipped = (await tx.execute(select(func.sum(shipments.c.amount)))).scalar_one()
        receivables_total = (await tx.execute(select(func.sum(receivables.c.amount)))).scalar_one()
        assert shipped == receivables_total == line.gross_amount
        for table in (shipments, receivables):
            numbers = (await tx.execute(select(table.c.document_no))).scalars()
            assert sorted(int(one[-6:]) for one in numbers) == list(range(1, 14))
        is_order = (outbox.c.aggregateid == order_id) & (outbox.c.aggregatetype == "rms.order")
        versions = select(outbox.c.aggversion).where(is_order)
        assert sorted((await tx.execute(versions)).scalars()) == list(range(1, 16))


async def test_twenty_concurrent_confirmations_have_one_effect(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
        order_id = await add_order(tx)

    async def confirm() -> Response:
        async with AT_ONCE:
            return await committed_client.post(f"/orders/{order_id}/confirm")

    answers = await asyncio.gather(*(confirm() for _ in range(20)))
    assert {(answer.status_code, answer.json()["confirmed_at"]) for answer in answers} == {
        (200, answers[0].json()["confirmed_at"])
    }
    async with committed.app.begin(tenant) as tx:
        facts = select(func.count()).where(outbox.c.aggregatetype == "rms.order")
        assert (await tx.execute(facts)).scalar_one() == 2
