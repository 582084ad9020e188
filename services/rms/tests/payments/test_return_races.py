"""Concurrent allocations, reversals and refunds: no amount is returned twice."""

import asyncio
import random
from collections import Counter
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import func, select

from kernel.ids import new_id
from rms.payments.store.open_receivables import RECEIVABLE_PAGE_SIZE
from rms.payments.store.tables import allocations, payment_returns, payments
from services.rms.tests.factories import (
    add_ledger,
    add_order,
    add_payment,
    add_receivable,
    add_settings,
    cny,
    make_quote,
    post,
)
from services.rms.tests.payments.test_races import (
    AT_ONCE,
    assert_allocations_add_up,
    assert_contiguous_versions,
)
from testkit.plugin import Committed


async def test_concurrent_allocations_reversals_and_refunds_add_up(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Whatever comes first, every amount is the sum of its rows and no version is missing."""
    async with committed.app.begin(tenant) as tx:
        ledger = await add_ledger(tx)
        other = await add_payment(tx, cny("400.00"), account_id=ledger.account_id)
    paid, chance = [ledger.payment.id, other.id], random.Random(7)
    five = {"amount": "5.00", "currency": "CNY"}

    async def request(n: int) -> Response:
        path, kind = f"/payments/{chance.choice(paid)}", chance.random()
        async with AT_ONCE:
            if kind < 0.5:
                body: dict[str, Any] = {"strategy": "OLDEST_FIRST", "amount": five}
                return await post(committed_client, f"{path}/allocations", body)
            if kind < 0.7:
                body = {"amount": five, "reason": "多付"}
                return await post(committed_client, f"{path}/refunds", body)
            if n > 150:
                return await post(committed_client, f"{path}/reverse", {"reason": "退票"})
            allocated = (await committed_client.get(f"{path}/allocations?limit=3")).json()["items"]
            reversed_id = chance.choice(allocated)["id"] if allocated else new_id()
            body = {"reason": "核销错误"}
            return await post(committed_client, f"{path}/allocations/{reversed_id}/reverse", body)

    answers = await asyncio.gather(*(request(n) for n in range(200)))
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {200, 201, 404, 409, 422}, statuses
    assert statuses[200] > 5
    async with committed.app.begin(tenant) as tx:
        await assert_allocations_add_up(tx)
        await assert_contiguous_versions(tx)
        returned_rows = (await tx.execute(select(func.sum(payment_returns.c.amount)))).scalar() or 0
        returned_total = (await tx.execute(select(func.sum(payments.c.returned)))).scalar_one()
        assert returned_rows == returned_total


async def test_twenty_concurrent_reversals_have_one_effect(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        ledger = await add_ledger(tx)
    path = f"/payments/{ledger.payment.id}"
    await post(committed_client, f"{path}/allocations", {"strategy": "OLDEST_FIRST"})

    async def reverse() -> Response:
        async with AT_ONCE:
            return await post(committed_client, f"{path}/reverse", {"reason": "退票"})

    answers = await asyncio.gather(*(reverse() for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    async with committed.app.begin(tenant) as tx:
        await assert_allocations_add_up(tx)
        await assert_contiguous_versions(tx)
        assert (await tx.execute(select(func.count()).select_from(allocations))).scalar_one() == 4
        returns = select(func.count()).select_from(payment_returns)
        assert (await tx.execute(returns)).scalar_one() == 1


async def test_the_oldest_receivables_are_read_in_pages(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Of 250 receivables of 1.00, a payment of 130.50 settles 130 and half of the next."""
    assert RECEIVABLE_PAGE_SIZE == 100
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
        account_id = new_id()
        await add_order(tx, make_quote(account_id=account_id))
        receivables = [
            await add_receivable(tx, cny("1.00"), account_id=account_id) for _ in range(250)
        ]
        payment = await add_payment(tx, cny("130.50"), account_id=account_id)
    path = f"/payments/{payment.id}/allocations"
    answer = await post(committed_client, path, {"strategy": "OLDEST_FIRST"})
    assert answer.status_code == 201, answer.text
    allocated = answer.json()["allocations"]
    assert [one["receivable_id"] for one in allocated] == [str(one.id) for one in receivables[:131]]
    assert {one["amount"]["amount"] for one in allocated[:-1]} == {"1.00"}
    assert allocated[-1]["amount"]["amount"] == "0.50"
    async with committed.app.begin(tenant) as tx:
        await assert_allocations_add_up(tx)
