"""The list of a payment's allocations and its pages."""

from collections.abc import Callable

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.rms.tests.factories import (
    AccountLedger,
    add_payment,
    cny,
    errors_of,
    post,
)

OLDEST_FIRST = {"strategy": "OLDEST_FIRST"}


async def test_allocations_are_listed_newest_first(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger
) -> None:
    other = await add_payment(tx, cny("5.00"), account_id=ledger.account_id)
    path = f"/payments/{ledger.payment.id}/allocations"
    assert (await client.get(path)).json() == {"items": [], "next_cursor": None}
    limit = {"amount": {"amount": "30.00", "currency": "CNY"}}
    created = [
        one
        for body in (OLDEST_FIRST | limit, OLDEST_FIRST)
        for one in (await post(client, path, body)).json()["allocations"]
    ]
    assert [one["amount"]["amount"] for one in created] == ["30.00", "170.00", "50.00"]
    await post(client, f"/payments/{other.id}/allocations", OLDEST_FIRST)

    listed = await client.get(path)
    assert listed.status_code == 200, listed.text
    assert listed.json() == {"items": created[::-1], "next_cursor": None}
    payment = (await client.get(f"/payments/{ledger.payment.id}")).json()
    assert listed.json()["items"][::-1] == payment["allocations"]
    first = (await client.get(path, params={"limit": 2})).json()
    second = (await client.get(path, params={"cursor": first["next_cursor"]})).json()
    assert (first["items"], second["items"]) == ([created[2], created[1]], [created[0]])
    assert errors_of(await client.get(f"{path}?status=x")) == {("?status", "UNKNOWN_FIELD")}


async def test_allocations_of_an_unknown_foreign_or_forbidden_payment_are_refused(
    client: AsyncClient, ledger: AccountLedger, token: Callable[..., str]
) -> None:
    path = f"/payments/{ledger.payment.id}/allocations"
    for where, claims, status, code in (
        (f"/payments/{new_id()}/allocations", {}, 404, "PAYMENT_NOT_FOUND"),
        (path, {"tenant": str(new_id())}, 404, "PAYMENT_NOT_FOUND"),
        (path, {"scope": "rms.order.read"}, 403, "SCOPE_MISSING"),
    ):
        headers = {"Authorization": f"Bearer {token(**claims)}"}
        answer = await client.get(where, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    reader = {"Authorization": f"Bearer {token(scope='rms.payment.read rms.payment.all')}"}
    assert (await client.get(path, headers=reader)).status_code == 200
