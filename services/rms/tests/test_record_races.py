"""What several do with one document at once: one comes first, the others see it."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from kernel.ids import new_id
from rms.orders.store import orders
from rms.payment_terms.actions import create_payment_term
from rms.payment_terms.domain import Basis, Instalment
from rms.payments.store import allocations, payments
from rms.receivables.store import receivables
from services.rms.tests.factories import (
    NOON,
    add_account,
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


async def ensure_contiguous(tx: AsyncConnection) -> None:
    """Every version of every document was published once."""
    versions = select(outbox.c.aggregateid, func.array_agg(outbox.c.aggversion))
    found = {row[0]: sorted(row[1]) for row in await tx.execute(versions.group_by(text("1")))}
    for table in (orders, receivables, payments):
        for row in await tx.execute(select(table.c.id, table.c.version)):
            assert found[row.id] == list(range(1, row.version + 1))


@pytest.mark.parametrize("move", ["confirm", "transfer"])
async def test_of_a_patch_and_a_move_with_the_same_copy_one_wins(
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
        await ensure_contiguous(tx)


async def test_a_payment_pushed_twice_at_once_is_one(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account_id = await add_account(tx)
    body = {
        "account_id": str(account_id),
        "bank_reference": "ICBC-1",
        "amount": {"amount": "10.00", "currency": "CNY"},
        "received_date": "2026-01-05",
    }
    path = "/payments/by-external-id/sap/1"
    answers = await asyncio.gather(*(committed_client.put(path, json=body) for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 7}
    assert len({answer.json()["id"] for answer in answers}) == 1
    async with committed.app.begin(tenant) as tx:
        assert len((await tx.execute(select(payments.c.id))).all()) == 1
        await ensure_contiguous(tx)


async def test_transfers_to_two_people_at_once(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        owed = await add_receivable(tx, cny("10.00"), account_id=new_id())
    path = f"/receivables/{owed.id}"

    async def give(name: str) -> Response:
        tag = {"If-Match": f'"{owed.version}"'}
        body = {"owner_id": subject(name)}
        return await committed_client.post(f"{path}/transfer", json=body, headers=tag)

    answers = await asyncio.gather(*(give(name) for name in ("li", "zhou", "sun", "wu")))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 3}
    (change,) = (await committed_client.get(f"{path}/owners")).json()["items"]
    assert change["to_owner_id"] == (await committed_client.get(path)).json()["owner_id"]


async def test_many_are_transferred_while_the_oldest_are_settled(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Both lock in the order of ids, though the oldest due come in another: nobody deadlocks."""
    account_id = new_id()
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        await add_order(tx, make_quote(account_id=account_id))
        days = [NOON.date().replace(day=20 - n) for n in range(12)]
        owed = [
            await add_receivable(tx, cny("10.00"), account_id=account_id, due_date=day)
            for day in days
        ]
        made = [await add_payment(tx, cny("20.00"), account_id=account_id) for _ in range(6)]
    ids = [str(one.id) for one in owed]

    async def give(n: int) -> Response:
        body = {"owner_id": subject(("li", "zhou")[n % 2]), "ids": ids}
        return await committed_client.post("/receivables/transfer", json=body)

    settle = [
        post(committed_client, f"/payments/{one.id}/allocations", {"strategy": "OLDEST_FIRST"})
        for one in made
    ]
    answers = await asyncio.gather(*(give(n) for n in range(6)), *settle)
    assert Counter(answer.status_code for answer in answers) == {207: 6, 201: 6}
    async with committed.app.begin(tenant) as tx:
        assert (await tx.execute(select(func.sum(receivables.c.allocated)))).scalar() == 120
        await ensure_contiguous(tx)


async def test_a_prepayment_is_settled_or_withdrawn_never_both(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Six orders of 100.00, 30.00 ahead of each; each is cancelled while two payments settle."""
    account_id = new_id()
    ahead = Instalment(share=cny("0.30").amount, basis=Basis.PREPAID, days=0)
    after = Instalment(share=cny("0.70").amount, basis=Basis.SHIPMENT, days=30)
    async with committed.app.begin(tenant) as tx:
        await create_payment_term(
            tx, code="T", name="T", instalments=[ahead, after], is_default=True, now=NOON
        )
        lines = [make_line(1, "1", "88.50", "11.50")]
        quotes = [make_quote(lines, account_id=account_id) for _ in range(6)]
        made = [await add_order(tx, quote, confirmed=True) for quote in quotes]
        money = [await add_payment(tx, cny("60.00"), account_id=account_id) for _ in range(2)]
    body = {"reason": "取消"}
    settle = [
        post(committed_client, f"/payments/{one.id}/allocations", {"strategy": "OLDEST_FIRST"})
        for one in money
    ]
    drop = [committed_client.post(f"/orders/{one}/cancel", json=body) for one in made]
    answers = await asyncio.gather(*drop, *settle)
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    async with committed.app.begin(tenant) as tx:
        rows = (await tx.execute(select(receivables))).all()
        assert len(rows) == 6
        for row in rows:
            assert row.allocated + row.withdrawn <= row.amount
            assert not (row.allocated and row.withdrawn)
        booked = (await tx.execute(select(func.sum(allocations.c.amount)))).scalar() or 0
        assert booked == sum(row.allocated for row in rows)
        ahead_of = (await tx.execute(select(func.sum(orders.c.prepaid_total)))).scalar()
        assert ahead_of == sum(row.amount - row.withdrawn for row in rows)
        await ensure_contiguous(tx)
