"""Balances of an account per currency, with amounts calculated by hand."""

from collections.abc import Callable
from datetime import date

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from kernel.money import Money
from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    add_ledger,
    add_payment,
    add_receivable,
    cny,
    post,
)


async def test_a_balance_has_one_row_per_currency(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    """600.00 CNY are owed, 200.00 of it due on the 10th and 300.00 on the 20th; 250.00 were paid.

    190.00 of the payment settle the earliest due, 20.00 are refunded, 40.00 stay unallocated. The
    account also paid 70.00 USD and owes 3000 JPY; another account's receivable does not count.
    """
    ledger = await add_ledger(tx)
    at(NOON)
    await add_receivable(
        tx, Money.of("3000", "JPY"), account_id=ledger.account_id, due_date=date(2026, 11, 22)
    )
    await add_receivable(tx, cny("7.00"), account_id=new_id())
    await add_payment(tx, Money.of("70.00", "USD"), account_id=ledger.account_id)
    path = f"/payments/{ledger.payment.id}"
    allocation = {"amount": "190.00", "currency": "CNY"}
    await post(client, f"{path}/allocations", {"strategy": "OLDEST_FIRST", "amount": allocation})
    refund = {"amount": {"amount": "20.00", "currency": "CNY"}, "reason": "多付"}
    assert (await post(client, f"{path}/refunds", refund)).status_code == 201
    answer = await client.get(f"/accounts/{ledger.account_id}/balance")
    assert answer.status_code == 200, answer.text
    assert answer.json()["account_name"] == "星辰科技"
    balances = {one.pop("currency"): one for one in answer.json()["items"]}
    names = (
        "owed", "settled", "open", "overdue", "paid", "returned", "unallocated", "balance",
    )  # fmt: skip
    assert {c: [one[name]["amount"] for name in names] for c, one in balances.items()} == {
        "CNY": ["600.00", "190.00", "410.00", "310.00", "250.00", "20.00", "40.00", "370.00"],
        "JPY": ["3000", "0", "3000", "0", "0", "0", "0", "3000"],
        "USD": ["0.00", "0.00", "0.00", "0.00", "70.00", "0.00", "70.00", "-70.00"],
    }


async def test_a_payment_settles_only_receivables_in_its_currency(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    ledger = await add_ledger(tx)
    at(NOON)
    dollars = await add_payment(tx, Money.of("70.00", "USD"), account_id=ledger.account_id)
    path = f"/payments/{dollars.id}/allocations"
    refused = await post(client, path, {"strategy": "OLDEST_FIRST"})
    assert (refused.status_code, refused.json()["code"]) == (409, "NOTHING_OPEN")
    receivable = await add_receivable(tx, Money.of("100.00", "USD"), account_id=ledger.account_id)
    allocated = await post(client, path, {"strategy": "OLDEST_FIRST"})
    assert [one["receivable_id"] for one in allocated.json()["allocations"]] == [str(receivable.id)]


async def test_an_unknown_account_or_a_missing_scope_is_refused(
    client: AsyncClient, tx: AsyncConnection, token: Callable[..., str]
) -> None:
    ledger = await add_ledger(tx)
    missing = await client.get(f"/accounts/{new_id()}/balance")
    assert (missing.status_code, missing.json()["code"]) == (404, "ACCOUNT_NOT_FOUND")
    for scope in ("rms.receivable.read", "rms.payment.read"):
        header = {"Authorization": f"Bearer {token(scope=scope)}"}
        refused = await client.get(f"/accounts/{ledger.account_id}/balance", headers=header)
        assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
