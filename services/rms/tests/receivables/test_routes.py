"""Listing and reading receivables over HTTP."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from kernel.ids import new_id
from rms.receivables.actions import allocate_to_receivable
from services.rms.tests.conftest import At
from services.rms.tests.factories import NOON, AccountLedger, add_ledger, cny, errors_of
from testkit.tenants import remove_tenant


@pytest.fixture
async def ledger(tx: AsyncConnection, at: At) -> AccountLedger:
    at(NOON)
    return await add_ledger(tx)


async def test_a_receivable_is_overdue_on_the_day_after(
    client: AsyncClient, ledger: AccountLedger, at: At
) -> None:
    """It is due on the 30th, which ends in Shanghai at 16:00 UTC."""
    path = f"/receivables/{ledger.receivables[0].id}"
    answer = (await client.get(path)).json()
    assert (answer["document_no"], answer["status"]) == ("AR-2026-000001", "OPEN")
    assert answer["open"] == answer["amount"] == {"amount": "100.00", "currency": "CNY"}
    last_hour = NOON.replace(day=30, hour=15)
    for instant, overdue in ((last_hour, False), (last_hour + timedelta(hours=1), True)):
        at(instant)
        assert (await client.get(path)).json()["overdue"] is overdue


async def test_receivables_are_listed_newest_first_and_filtered(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger
) -> None:
    first, second, third = (one.id for one in ledger.receivables)
    for one, amount in ((second, "200.00"), (third, "0.01")):
        await allocate_to_receivable(
            Command(tx, NOON),
            one,
            cny(amount),
            allocation_id=new_id(),
            payment_id=ledger.payment.id,
        )

    async def ids(**query: str) -> list[str]:
        answer = await client.get("/receivables", params=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await ids() == [str(third), str(second), str(first)]
    assert await ids(status="OPEN") == [str(first)]
    assert await ids(status="PARTLY_SETTLED") == [str(third)]
    assert await ids(status="SETTLED", account_id=str(ledger.account_id)) == [str(second)]
    assert await ids(order_id=str(ledger.receivables[0].order_id)) == [str(first)]
    assert await ids(account_id=str(new_id())) == []


async def test_invalid_list_parameters_are_refused(client: AsyncClient) -> None:
    assert errors_of(await client.get("/receivables?status=LOST&order_id=1&owner=2")) == {
        ("?status", "VALUE_UNKNOWN"),
        ("?order_id", "ID_INVALID"),
        ("?owner", "UNKNOWN_FIELD"),
    }


async def test_a_tenant_without_settings_answers_503(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await remove_tenant(tx)
    answer = await client.get("/receivables")
    assert (answer.status_code, answer.json()["code"]) == (503, "TENANT_NOT_READY")
    assert answer.headers["retry-after"] == "1"
