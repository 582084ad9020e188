"""Money under pressure on real PostgreSQL: never allocated twice, never more than is owed."""

import asyncio
import random
from collections import Counter
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import document_numbers, outbox
from kernel.ids import new_id
from rms.payments.store import allocations, payments
from rms.receivables.store import receivables
from services.rms.tests.factories import (
    Books,
    add_order,
    add_payment,
    add_receivable,
    add_settings,
    cny,
    make_quote,
    open_books,
    post,
)
from testkit.plugin import Committed

AT_ONCE = asyncio.Semaphore(18)  # the pool has 20 connections
REFUSED = {"AMOUNT_EXCEEDS_OPEN", "AMOUNT_EXCEEDS_UNALLOCATED"}
SPENT = {"PAYMENT_FULLY_ALLOCATED", "NOTHING_OPEN"}


async def ensure_sums(tx: AsyncConnection) -> None:
    """Every payment and receivable has exactly what its allocations say, and no more than it is."""
    for table, column in (
        (payments, allocations.c.payment_id),
        (receivables, allocations.c.receivable_id),
    ):
        of_it = select(func.coalesce(func.sum(allocations.c.amount), 0)).where(column == table.c.id)
        wrong = select(table.c.id).where(
            (table.c.allocated != of_it.scalar_subquery()) | (table.c.allocated > table.c.amount)
        )
        assert (await tx.execute(wrong)).all() == []


async def ensure_contiguous(tx: AsyncConnection) -> None:
    """Every aggregate's versions in the outbox are 1, 2, 3 and so on."""
    count, highest = func.count(), func.max(outbox.c.aggversion)
    holes = (
        select(outbox.c.aggregateid)
        .group_by(outbox.c.aggregatetype, outbox.c.aggregateid)
        .having(count != highest)
    )
    assert (await tx.execute(holes)).all() == []


async def test_five_hundred_allocations_exceed_nothing(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """500 times 5.00 are tried; 2000.00 was paid, 1800.00 is owed, and the small ones end early."""
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
        account_id = new_id()
        await add_order(tx, make_quote(account_id=account_id))
        paid = [
            await add_payment(tx, cny(amount), account_id=account_id)
            for amount in ("200.00", "200.00", "200.00", "700.00", "700.00")
        ]
        owed = [
            await add_receivable(tx, cny(amount), account_id=account_id)
            for amount in ("150.00", "150.00", "150.00", "450.00", "450.00", "450.00")
        ]
    chance = random.Random(3)

    def a_body() -> dict[str, object]:
        five = {"amount": "5.00", "currency": "CNY"}
        if chance.random() < 0.2:
            return {"strategy": "OLDEST_FIRST", "amount": five}
        chosen = chance.sample(owed, 2)  # in any order, as callers name them
        half = {"amount": "2.50", "currency": "CNY"}
        return {"lines": [{"receivable_id": str(one.id), "amount": half} for one in chosen]}

    async def allocate(body: dict[str, object], payment_id: UUID) -> Response:
        async with AT_ONCE:
            return await post(committed_client, f"/payments/{payment_id}/allocations", body)

    answers = await asyncio.gather(
        *(allocate(a_body(), chance.choice(paid).id) for _ in range(500))
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409, 422}
    for answer in answers:
        problem = answer.json()
        if answer.status_code == 409:
            assert problem["code"] in SPENT
        elif answer.status_code == 422:
            assert {error["code"] for error in problem["errors"]} <= REFUSED

    rest = [
        await post(
            committed_client, f"/payments/{one.id}/allocations", {"strategy": "OLDEST_FIRST"}
        )
        for one in paid
    ]
    assert {answer.status_code for answer in rest} <= {201, 409}
    async with committed.app.begin(tenant) as tx:
        await ensure_sums(tx)
        await ensure_contiguous(tx)
        allocated = (await tx.execute(select(func.sum(allocations.c.amount)))).scalar_one()
        assert allocated == 1800
        assert statuses[201] > 200


async def test_crossing_allocations_do_not_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Two payments, the same receivables named in opposite order, again and again."""
    async with committed.app.begin(tenant) as tx:
        books = await open_books(tx)
        other = await add_payment(tx, cny("250.00"), account_id=books.account_id)
    ids = [str(one.id) for one in books.receivables]

    async def allocate(payment_id: UUID, order: list[str]) -> Response:
        fen = {"amount": "0.01", "currency": "CNY"}
        body = {"lines": [{"receivable_id": one, "amount": fen} for one in order]}
        async with AT_ONCE:
            return await post(committed_client, f"/payments/{payment_id}/allocations", body)

    answers = await asyncio.gather(
        *(allocate(books.payment.id, ids) for _ in range(40)),
        *(allocate(other.id, ids[::-1]) for _ in range(40)),
    )
    assert {answer.status_code for answer in answers} == {201}
    async with committed.app.begin(tenant) as tx:
        await ensure_sums(tx)
        await ensure_contiguous(tx)


async def test_one_reference_at_once_is_one_payment(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        books: Books = await open_books(tx)

    async def receive(n: int) -> Response:
        body = {
            "account_id": str(books.account_id),
            "bank_reference": "ICBC-1" + " " * n,
            "amount": {"amount": "1.00", "currency": "CNY"},
            "received_date": "2020-01-31",
        }
        async with AT_ONCE:
            return await post(committed_client, "/payments", body)

    answers = await asyncio.gather(*(receive(n) for n in range(20)))
    (created,) = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer.json() for answer in answers if answer.status_code != 201]
    assert {(one["code"], one["params"]["payment_id"]) for one in refused} == {
        ("PAYMENT_DUPLICATE", created["id"])
    }
    async with committed.app.begin(tenant) as tx:
        numbers = select(document_numbers.c.last).where(document_numbers.c.type == "payment")
        assert (await tx.execute(numbers)).scalar_one() == 2  # the books hold the first
