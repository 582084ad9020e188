"""Concurrent edits, moves and transfers of one document: one wins, the others are refused."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.web.commands import Command
from kernel.ids import new_id
from rms.orders.store.tables import orders
from rms.payment_terms.actions import create_payment_term
from rms.payment_terms.domain import Basis, Instalment, PaymentTerm
from rms.payments.store.tables import allocations, payments
from rms.receivables.store import receivables
from services.rms.tests.factories import (
    NOON,
    add_order,
    add_payment,
    add_receivable,
    cny,
    make_line,
    make_quote,
    post,
)
from testkit.directory import Company, subject
from testkit.plugin import Committed


async def assert_contiguous_versions(tx: AsyncConnection) -> None:
    """Every version of every document was published exactly once."""
    versions = select(outbox.c.aggregateid, func.array_agg(outbox.c.aggversion))
    versions = versions.where(outbox.c.aggregatetype != "rms.work").group_by(text("1"))
    published = {row[0]: sorted(row[1]) for row in await tx.execute(versions)}
    for table in (orders, receivables, payments):
        for row in await tx.execute(select(table.c.id, table.c.version)):
            assert published[row.id] == list(range(1, row.version + 1))


@pytest.mark.parametrize("move", ["confirm", "transfer"])
async def test_only_one_of_concurrent_patches_and_moves_wins(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, move: str
) -> None:
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        order_id = await add_order(tx)
    path = f"/orders/{order_id}"
    tag = {"If-Match": (await committed_client.get(path)).headers["etag"]}
    body = {"owner_id": subject("li")} if move == "transfer" else None
    answers = await asyncio.gather(
        *(committed_client.patch(path, json={"note": f"{n}"}, headers=tag) for n in range(5)),
        committed_client.post(f"{path}/{move}", json=body, headers=tag),
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 5}
    async with committed.app.begin(tenant) as tx:
        await assert_contiguous_versions(tx)


async def test_bulk_transfers_and_allocations_do_not_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Both lock receivables in the order of their ids, though they are settled by due date."""
    account_id = new_id()
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        await add_order(tx, make_quote(account_id=account_id))
        days = [NOON.date().replace(day=20 - n) for n in range(12)]
        owned = [
            await add_receivable(tx, cny("10.00"), account_id=account_id, due_date=day)
            for day in days
        ]
        created = [await add_payment(tx, cny("20.00"), account_id=account_id) for _ in range(6)]
    ids = [str(one.id) for one in owned]

    async def transfer(n: int) -> Response:
        body = {"owner_id": subject(("li", "zhou")[n % 2]), "ids": ids}
        return await committed_client.post("/receivables/transfer", json=body)

    allocations_sent = [
        post(committed_client, f"/payments/{one.id}/allocations", {"strategy": "OLDEST_FIRST"})
        for one in created
    ]
    answers = await asyncio.gather(*(transfer(n) for n in range(6)), *allocations_sent)
    assert Counter(answer.status_code for answer in answers) == {207: 6, 201: 6}
    async with committed.app.begin(tenant) as tx:
        assert (await tx.execute(select(func.sum(receivables.c.allocated)))).scalar() == 120
        await assert_contiguous_versions(tx)


async def test_a_prepayment_is_settled_or_withdrawn_never_both(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Six orders of 100.00 with 30.00 prepaid are cancelled while two payments settle them."""
    account_id = new_id()
    prepaid_share = Instalment(share=cny("0.30").amount, basis=Basis.PREPAID, days=0)
    shipment_share = Instalment(share=cny("0.70").amount, basis=Basis.SHIPMENT, days=30)
    async with committed.app.begin(tenant) as tx:
        term = PaymentTerm(
            id=new_id(),
            code="T",
            name="T",
            instalments=(prepaid_share, shipment_share),
            is_default=True,
            created_at=NOON,
            updated_at=NOON,
        )
        await create_payment_term(Command(tx, NOON), term)
        lines = [make_line(1, "1", "88.50", "11.50")]
        quotes = [make_quote(lines, account_id=account_id) for _ in range(6)]
        created = [await add_order(tx, quote, confirmed=True) for quote in quotes]
        paid = [await add_payment(tx, cny("60.00"), account_id=account_id) for _ in range(2)]
    body = {"reason": "取消"}
    allocations_sent = [
        post(committed_client, f"/payments/{one.id}/allocations", {"strategy": "OLDEST_FIRST"})
        for one in paid
    ]
    cancellations_sent = [
        committed_client.post(f"/orders/{one}/cancel", json=body) for one in created
    ]
    answers = await asyncio.gather(*cancellations_sent, *allocations_sent)
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    async with committed.app.begin(tenant) as tx:
        rows = (await tx.execute(select(receivables))).all()
        assert len(rows) == 6
        for row in rows:
            assert row.allocated + row.withdrawn <= row.amount
            assert not (row.allocated and row.withdrawn)
        booked = (await tx.execute(select(func.sum(allocations.c.amount)))).scalar() or 0
        assert booked == sum(row.allocated for row in rows)
        prepaid_total = (await tx.execute(select(func.sum(orders.c.prepaid_total)))).scalar()
        assert prepaid_total == sum(row.amount - row.withdrawn for row in rows)
        await assert_contiguous_versions(tx)
