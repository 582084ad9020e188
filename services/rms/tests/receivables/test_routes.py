"""Receivables over HTTP."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from rms.receivables.actions import allocate_to_receivable
from services.rms.tests.conftest import At
from services.rms.tests.factories import NOON, Books, cny, errors_of, open_books
from testkit.tenants import remove_tenant


@pytest.fixture
async def books(tx: AsyncConnection, at: At) -> Books:
    at(NOON)
    return await open_books(tx)


async def test_a_receivable_is_overdue_on_the_day_after(
    client: AsyncClient, books: Books, at: At
) -> None:
    """It is due on the 30th; in Shanghai that day ends at 16:00 in UTC."""
    path = f"/receivables/{books.receivables[0].id}"
    found = (await client.get(path)).json()
    assert (found["document_no"], found["status"]) == ("AR-2026-000001", "OPEN")
    assert found["open"] == found["amount"] == {"amount": "100.00", "currency": "CNY"}
    last_hour = NOON.replace(day=30, hour=15)
    for instant, overdue in ((last_hour, False), (last_hour + timedelta(hours=1), True)):
        at(instant)
        assert (await client.get(path)).json()["overdue"] is overdue


async def test_lists_newest_first_with_filters(
    client: AsyncClient, tx: AsyncConnection, books: Books
) -> None:
    first, second, third = (one.id for one in books.receivables)
    for one, amount in ((second, "200.00"), (third, "0.01")):
        await allocate_to_receivable(
            tx, one, cny(amount), allocation_id=new_id(), payment_id=books.payment.id, now=NOON
        )

    async def ids(**query: str) -> list[str]:
        answer = await client.get("/receivables", params=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await ids() == [str(third), str(second), str(first)]
    assert await ids(status="OPEN") == [str(first)]
    assert await ids(status="PARTLY_SETTLED") == [str(third)]
    assert await ids(status="SETTLED", account_id=str(books.account_id)) == [str(second)]
    assert await ids(order_id=str(books.receivables[0].order_id)) == [str(first)]
    assert await ids(account_id=str(new_id())) == []


async def test_what_is_wrong_missing_or_forbidden(
    client: AsyncClient, books: Books, token: Callable[..., str]
) -> None:
    assert errors_of(await client.get("/receivables?status=LOST&order_id=1&owner=2")) == {
        ("?status", "VALUE_UNKNOWN"),
        ("?order_id", "ID_INVALID"),
        ("?owner", "UNKNOWN_FIELD"),
    }
    missing = await client.get(f"/receivables/{new_id()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "RECEIVABLE_NOT_FOUND")
    path = f"/receivables/{books.receivables[0].id}"
    other = {"Authorization": f"Bearer {token(scope='rms.order.read')}"}
    assert (await client.get(path, headers=other)).status_code == 403


async def test_a_tenant_without_settings_is_not_ready(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await remove_tenant(tx)
    answer = await client.get("/receivables")
    assert (answer.status_code, answer.json()["code"]) == (503, "TENANT_NOT_READY")
    assert answer.headers["retry-after"] == "1"
