"""Money that comes and goes at once on real PostgreSQL: nothing is given twice."""

import asyncio
import random
from collections import Counter
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import func, select

from kernel.ids import new_id
from rms.payments.store import OLDEST_AT_ONCE, allocations, payment_returns, payments
from services.rms.tests.factories import (
    add_order,
    add_payment,
    add_receivable,
    add_settings,
    cny,
    make_quote,
    open_books,
    post,
)
from services.rms.tests.payments.test_races import AT_ONCE, ensure_contiguous, ensure_sums
from testkit.plugin import Committed


async def test_allocations_reversals_and_refunds_at_once(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Whatever comes first: every sum is that of its rows, and no version is missing."""
    async with committed.app.begin(tenant) as tx:
        books = await open_books(tx)
        other = await add_payment(tx, cny("400.00"), account_id=books.account_id)
    paid, chance = [books.payment.id, other.id], random.Random(7)
    five = {"amount": "5.00", "currency": "CNY"}

    async def move(n: int) -> Response:
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
            made = (await committed_client.get(f"{path}/allocations?limit=3")).json()["items"]
            undone = chance.choice(made)["id"] if made else new_id()
            body = {"reason": "核销错误"}
            return await post(committed_client, f"{path}/allocations/{undone}/reverse", body)

    answers = await asyncio.gather(*(move(n) for n in range(200)))
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {200, 201, 404, 409, 422}, statuses
    assert statuses[200] > 5
    async with committed.app.begin(tenant) as tx:
        await ensure_sums(tx)
        await ensure_contiguous(tx)
        went = (await tx.execute(select(func.sum(payment_returns.c.amount)))).scalar() or 0
        said = (await tx.execute(select(func.sum(payments.c.returned)))).scalar_one()
        assert went == said


async def test_twenty_reversals_are_one(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        books = await open_books(tx)
    path = f"/payments/{books.payment.id}"
    await post(committed_client, f"{path}/allocations", {"strategy": "OLDEST_FIRST"})

    async def reverse() -> Response:
        async with AT_ONCE:
            return await post(committed_client, f"{path}/reverse", {"reason": "退票"})

    answers = await asyncio.gather(*(reverse() for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    async with committed.app.begin(tenant) as tx:
        await ensure_sums(tx)
        await ensure_contiguous(tx)
        assert (await tx.execute(select(func.count()).select_from(allocations))).scalar_one() == 4
        returns = select(func.count()).select_from(payment_returns)
        assert (await tx.execute(returns)).scalar_one() == 1


async def test_the_oldest_are_found_page_by_page(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Of 250 debts of 1.00 a payment of 130.50 settles 130 and half of the next, and no more."""
    assert OLDEST_AT_ONCE == 100
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
        account_id = new_id()
        await add_order(tx, make_quote(account_id=account_id))
        owed = [await add_receivable(tx, cny("1.00"), account_id=account_id) for _ in range(250)]
        payment = await add_payment(tx, cny("130.50"), account_id=account_id)
    path = f"/payments/{payment.id}/allocations"
    answer = await post(committed_client, path, {"strategy": "OLDEST_FIRST"})
    assert answer.status_code == 201, answer.text
    made = answer.json()["allocations"]
    assert [one["receivable_id"] for one in made] == [str(one.id) for one in owed[:131]]
    assert {one["amount"]["amount"] for one in made[:-1]} == {"1.00"}
    assert made[-1]["amount"]["amount"] == "0.50"
    async with committed.app.begin(tenant) as tx:
        await ensure_sums(tx)
