"""The list of an order's shipments and its pages."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.rms.tests.conftest import At
from services.rms.tests.factories import NOON, add_order, add_settings, errors_of, post


@pytest.fixture(autouse=True)
async def settings(tx: AsyncConnection, at: At) -> None:
    await add_settings(tx)
    at(NOON)


async def ship(client: AsyncClient, order_id: object, *quantities: str) -> dict[str, Any]:
    lines = (await client.get(f"/orders/{order_id}")).json()["lines"]
    pairs = zip(lines, quantities, strict=False)
    requested = [{"line_id": line["id"], "quantity": quantity} for line, quantity in pairs]
    answer = await post(client, f"/orders/{order_id}/shipments", {"lines": requested[::-1]})
    assert answer.status_code == 201, answer.text
    shipment: dict[str, Any] = answer.json()
    return shipment


async def test_shipments_are_listed_newest_first(client: AsyncClient, tx: AsyncConnection) -> None:
    order_id, other = await add_order(tx, confirmed=True), await add_order(tx, confirmed=True)
    path = f"/orders/{order_id}/shipments"
    assert (await client.get(path)).json() == {"items": [], "next_cursor": None}
    shipped = [
        await ship(client, order_id, *quantities) for quantities in (("1", "2"), ("3",), ("4",))
    ]
    await ship(client, other, "1")

    listed = await client.get(path)
    assert listed.status_code == 200, listed.text
    assert listed.json() == {"items": shipped[::-1], "next_cursor": None}
    order = (await client.get(f"/orders/{order_id}")).json()
    assert listed.json()["items"][::-1] == order["shipments"]
    first = (await client.get(path, params={"limit": 2})).json()
    second = (await client.get(path, params={"cursor": first["next_cursor"]})).json()
    assert (first["items"], second["items"]) == ([shipped[2], shipped[1]], [shipped[0]])
    elsewhere = f"/orders/{other}/shipments?cursor={first['next_cursor']}"
    assert errors_of(await client.get(elsewhere)) == {("?cursor", "CURSOR_INVALID")}
    assert errors_of(await client.get(f"{path}?status=x")) == {("?status", "UNKNOWN_FIELD")}


async def test_shipments_of_an_unknown_foreign_or_forbidden_order_are_refused(
    client: AsyncClient, tx: AsyncConnection, token: Callable[..., str]
) -> None:
    path = f"/orders/{await add_order(tx)}/shipments"
    for where, claims, status, code in (
        (f"/orders/{new_id()}/shipments", {}, 404, "ORDER_NOT_FOUND"),
        (path, {"tenant": str(new_id())}, 404, "ORDER_NOT_FOUND"),
        (path, {"scope": "rms.payment.read"}, 403, "SCOPE_MISSING"),
    ):
        headers = {"Authorization": f"Bearer {token(**claims)}"}
        answer = await client.get(where, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    reader = {"Authorization": f"Bearer {token(scope='rms.order.read rms.order.all')}"}
    assert (await client.get(path, headers=reader)).status_code == 200
