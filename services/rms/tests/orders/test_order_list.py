"""The list of orders: pages, and filters by status, account, quote and opportunity."""

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.rms.tests.conftest import At
from services.rms.tests.factories import NOON, add_order, add_settings, errors_of, make_quote


@pytest.fixture(autouse=True)
async def settings(tx: AsyncConnection, at: At) -> None:
    await add_settings(tx)
    at(NOON)


async def test_orders_are_listed_newest_first_and_filtered(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account_id = new_id()
    old = await add_order(tx, make_quote(account_id=account_id))
    new = await add_order(tx, confirmed=True)

    async def ids(**query: str) -> list[str]:
        answer = await client.get("/orders", params=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await ids() == [str(new), str(old)]
    assert await ids(status="OPEN") == [str(old)]
    assert await ids(status="CONFIRMED") == [str(new)]
    assert await ids(account_id=str(account_id), status="OPEN") == [str(old)]
    assert await ids(account_id=str(new_id())) == []
    newest = (await client.get(f"/orders/{new}")).json()
    for name in ("quote_id", "opportunity_id"):
        assert await ids(**{name: newest[name]}) == [str(new)]
        assert await ids(**{name: newest[name]}, status="OPEN") == []
        assert await ids(**{name: str(new_id())}) == []
    first = (await client.get("/orders?limit=1")).json()
    assert await ids(limit="1", cursor=first["next_cursor"]) == [str(old)]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("status=LOST", "?status", "VALUE_UNKNOWN"),
        ("account_id=x", "?account_id", "ID_INVALID"),
        ("quote_id=x", "?quote_id", "ID_INVALID"),
        ("opportunity_id=x", "?opportunity_id", "ID_INVALID"),
        ("customer=x", "?customer", "UNKNOWN_FIELD"),
        ("cursor=x", "?cursor", "CURSOR_INVALID"),
        ("limit=0", "?limit", "TOO_SMALL"),
    ],
)
async def test_invalid_list_parameters_are_refused(
    client: AsyncClient, query: str, pointer: str, code: str
) -> None:
    assert errors_of(await client.get(f"/orders?{query}")) == {(pointer, code)}
