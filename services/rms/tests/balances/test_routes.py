"""What an account owes and has left over, per currency; worked by hand."""

from collections.abc import Callable
from datetime import date

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from kernel.money import Money
from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    add_payment,
    add_receivable,
    cny,
    open_books,
    post,
)


async def test_a_row_per_currency(client: AsyncClient, tx: AsyncConnection, at: At) -> None:
    """Owed 600.00 CNY, of it 200.00 since the 10th and 300.00 since the 20th; 250.00 came.

    190.00 of it settle the oldest, 20.00 are given back, 40.00 are free. 70.00 USD came as well,
    and 3000 yen are owed; what another account owes does not count.
    """
    books = await open_books(tx)
    at(NOON)
    await add_receivable(
        tx, Money.of("3000", "JPY"), account_id=books.account_id, due_date=date(2026, 11, 22)
    )
    await add_receivable(tx, cny("7.00"), account_id=new_id())
    await add_payment(tx, Money.of("70.00", "USD"), account_id=books.account_id)
    path = f"/payments/{books.payment.id}"
    part = {"amount": "190.00", "currency": "CNY"}
    await post(client, f"{path}/allocations", {"strategy": "OLDEST_FIRST", "amount": part})
    back = {"amount": {"amount": "20.00", "currency": "CNY"}, "reason": "多付"}
    assert (await post(client, f"{path}/refunds", back)).status_code == 201
    answer = await client.get(f"/accounts/{books.account_id}/balance")
    assert answer.status_code == 200, answer.text
    assert answer.json()["account_name"] == "星辰科技"
    found = {one.pop("currency"): one for one in answer.json()["items"]}
    names = (
        "owed", "settled", "open", "overdue", "paid", "returned", "unallocated", "balance",
    )  # fmt: skip
    assert {c: [one[name]["amount"] for name in names] for c, one in found.items()} == {
        "CNY": ["600.00", "190.00", "410.00", "310.00", "250.00", "20.00", "40.00", "370.00"],
        "JPY": ["3000", "0", "3000", "0", "0", "0", "0", "3000"],
        "USD": ["0.00", "0.00", "0.00", "0.00", "70.00", "0.00", "70.00", "-70.00"],
    }


async def test_money_settles_only_what_is_owed_in_its_currency(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    books = await open_books(tx)
    at(NOON)
    dollars = await add_payment(tx, Money.of("70.00", "USD"), account_id=books.account_id)
    path = f"/payments/{dollars.id}/allocations"
    refused = await post(client, path, {"strategy": "OLDEST_FIRST"})
    assert (refused.status_code, refused.json()["code"]) == (409, "NOTHING_OPEN")
    owed = await add_receivable(tx, Money.of("100.00", "USD"), account_id=books.account_id)
    made = await post(client, path, {"strategy": "OLDEST_FIRST"})
    assert [one["receivable_id"] for one in made.json()["allocations"]] == [str(owed.id)]


async def test_who_is_not_known_or_not_allowed(
    client: AsyncClient, tx: AsyncConnection, token: Callable[..., str]
) -> None:
    books = await open_books(tx)
    missing = await client.get(f"/accounts/{new_id()}/balance")
    assert (missing.status_code, missing.json()["code"]) == (404, "ACCOUNT_NOT_FOUND")
    for scope in ("rms.receivable.read", "rms.payment.read"):
        header = {"Authorization": f"Bearer {token(scope=scope)}"}
        refused = await client.get(f"/accounts/{books.account_id}/balance", headers=header)
        assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
