"""Concurrent payments and allocations: no amount is allocated twice or beyond what is owed."""

import asyncio
import random
from collections import Counter
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import document_numbers, outbox
from kernel.ids import new_id
from rms.payments.store.tables import allocations, payments
from rms.receivables.store import receivables
from services.rms.tests.factories import (
    AccountLedger,
    add_ledger,
    add_order,
    add_payment,
    add_receivable,
    add_settings,
    cny,
    make_quote,
    post,
)
from testkit.plugin import Committed

AT_ONCE = asyncio.Semaphore(18)  # the pool has 20 connections
LIMIT_CODES = {"AMOUNT_EXCEEDS_OPEN", "AMOUNT_EXCEEDS_UNALLOCATED"}
SPENT_CODES = {"PAYMENT_FULLY_ALLOCATED", "NOTHING_OPEN"}


async def assert_allocations_add_up(tx: AsyncConnection) -> None:
    """The allocated amount of every payment and receivable is the sum of its allocations."""
    for table, column in (
        (payments, allocations.c.payment_id),
        (receivables, allocations.c.receivable_id),
    ):
        allocated_sum = select(func.coalesce(func.sum(allocations.c.amount), 0)).where(
            column == table.c.id
        )
        differing = select(table.c.id).where(
            (table.c.allocated != allocated_sum.scalar_subquery())
            | (table.c.allocated > table.c.amount)
        )
        assert (await tx.execute(differing)).all() == []


async def assert_contiguous_versions(tx: AsyncConnection) -> None:
    """The published versions of every aggregate are 1, 2, 3 and so on."""
    count, highest = func.count(), func.max(outbox.c.aggversion)
    gaps = (
        select(outbox.c.aggregateid)
        .group_by(outbox.c.aggregatetype, outbox.c.aggregateid)
        .having(count != highest)
    )
    assert (await tx.execute(gaps)).all() == []


async def test_five_hundred_concurrent_allocations_never_exceed_the_amounts(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """500 requests for 5.00 each; 2000.00 was paid and 1800.00 is owed."""
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
        account_id = new_id()
        await add_order(tx, make_quote(account_id=account_id))
        paid = [
            await add_payment(tx, cny(amount), account_id=account_id)
            for amount in ("200.00", "200.00", "200.00", "700.00", "700.00")
        ]
        receivables_owed = [
            await add_receivable(tx, cny(amount), account_id=account_id)
            for amount in ("150.00", "150.00", "150.00", "450.00", "450.00", "450.00")
        ]
    chance = random.Random(3)

    def random_body() -> dict[str, object]:
        five = {"amount": "5.00", "currency": "CNY"}
        if chance.random() < 0.2:
            return {"strategy": "OLDEST_FIRST", "amount": five}
        chosen = chance.sample(receivables_owed, 2)  # in random order, as callers may list them
        half = {"amount": "2.50", "currency": "CNY"}
        return {"lines": [{"receivable_id": str(one.id), "amount": half} for one in chosen]}

    async def allocate(body: dict[str, object], payment_id: UUID) -> Response:
        async with AT_ONCE:
            return await post(committed_client, f"/payments/{payment_id}/allocations", body)

    answers = await asyncio.gather(
        *(allocate(random_body(), chance.choice(paid).id) for _ in range(500))
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409, 422}
    for answer in answers:
        problem = answer.json()
        if answer.status_code == 409:
            assert problem["code"] in SPENT_CODES
        elif answer.status_code == 422:
            assert {error["code"] for error in problem["errors"]} <= LIMIT_CODES

    final = [
        await post(
            committed_client, f"/payments/{one.id}/allocations", {"strategy": "OLDEST_FIRST"}
        )
        for one in paid
    ]
    assert {answer.status_code for answer in final} <= {201, 409}
    async with committed.app.begin(tenant) as tx:
        await assert_allocations_add_up(tx)
        await assert_contiguous_versions(tx)
        allocated = (await tx.execute(select(func.sum(allocations.c.amount)))).scalar_one()
        assert allocated == 1800
        assert statuses[201] > 200


async def test_allocations_in_opposite_order_do_not_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Two payments settle the same receivables, requested in opposite order, 40 times each."""
    async with committed.app.begin(tenant) as tx:
        ledger = await add_ledger(tx)
        other = await add_payment(tx, cny("250.00"), account_id=ledger.account_id)
    ids = [str(one.id) for one in ledger.receivables]

    async def allocate(payment_id: UUID, order: list[str]) -> Response:
        fen = {"amount": "0.01", "currency": "CNY"}
        body = {"lines": [{"receivable_id": one, "amount": fen} for one in order]}
        async with AT_ONCE:
            return await post(committed_client, f"/payments/{payment_id}/allocations", body)

    answers = await asyncio.gather(
        *(allocate(ledger.payment.id, ids) for _ in range(40)),
        *(allocate(other.id, ids[::-1]) for _ in range(40)),
    )
    assert {answer.status_code for answer in answers} == {201}
    async with committed.app.begin(tenant) as tx:
        await assert_allocations_add_up(tx)
        await assert_contiguous_versions(tx)


async def test_concurrent_payments_with_one_reference_create_one(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        ledger: AccountLedger = await add_ledger(tx)

    async def receive(n: int) -> Response:
        body = {
            "account_id": str(ledger.account_id),
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
        numbers = select(document_numbers.c.last).where(document_numbers.c.type == "rms.payment")
        assert (await tx.execute(numbers)).scalar_one() == 2  # the ledger's payment has number 1
