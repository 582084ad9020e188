"""The allocations of a payment, a page at a time."""

from collections.abc import Callable

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    Books,
    add_payment,
    cny,
    errors_of,
    open_books,
    post,
)

OLDEST_FIRST = {"strategy": "OLDEST_FIRST"}


@pytest.fixture
async def books(tx: AsyncConnection, at: At) -> Books:
    at(NOON)
    return await open_books(tx)


async def test_the_newest_comes_first(
    client: AsyncClient, tx: AsyncConnection, books: Books
) -> None:
    other = await add_payment(tx, cny("5.00"), account_id=books.account_id)
    path = f"/payments/{books.payment.id}/allocations"
    assert (await client.get(path)).json() == {"items": [], "next_cursor": None}
    limit = {"amount": {"amount": "30.00", "currency": "CNY"}}
    made = [
        one
        for body in (OLDEST_FIRST | limit, OLDEST_FIRST)
        for one in (await post(client, path, body)).json()["allocations"]
    ]
    assert [one["amount"]["amount"] for one in made] == ["30.00", "170.00", "50.00"]
    await post(client, f"/payments/{other.id}/allocations", OLDEST_FIRST)

    whole = await client.get(path)
    assert whole.status_code == 200, whole.text
    assert whole.json() == {"items": made[::-1], "next_cursor": None}
    payment = (await client.get(f"/payments/{books.payment.id}")).json()
    assert whole.json()["items"][::-1] == payment["allocations"]
    first = (await client.get(path, params={"limit": 2})).json()
    rest = (await client.get(path, params={"cursor": first["next_cursor"]})).json()
    assert (first["items"], rest["items"]) == ([made[2], made[1]], [made[0]])
    assert errors_of(await client.get(f"{path}?status=x")) == {("?status", "UNKNOWN_FIELD")}


async def test_what_is_missing_foreign_or_forbidden(
    client: AsyncClient, books: Books, token: Callable[..., str]
) -> None:
    path = f"/payments/{books.payment.id}/allocations"
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
