"""Payment terms over HTTP, and their use by orders and shipments."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from rms.payment_terms.store import payment_terms
from services.rms.tests.conftest import At
from services.rms.tests.factories import NOON, add_order, add_settings, errors_of, post
from testkit.plugin import Committed

EOM_30 = {
    "code": "EOM_30",
    "name": "月结 30 天",
    "instalments": [{"share": "1", "basis": "END_OF_MONTH", "days": 30}],
}
SPLIT = {
    "code": "30_70",
    "name": "三七分期",
    "instalments": [{"share": "0.3", "days": 0}, {"share": "0.7", "days": 60}],
    "is_default": True,
}


@pytest.fixture
async def settings(tx: AsyncConnection, at: At) -> None:
    await add_settings(tx)
    at(NOON)


async def create_term(client: AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/payment-terms", json=body)
    assert answer.status_code == 201, answer.text
    term: dict[str, Any] = answer.json()
    return term


@pytest.mark.usefixtures("settings")
async def test_a_payment_term_is_created_and_read(client: AsyncClient) -> None:
    term = await create_term(client, EOM_30)
    assert (term["active"], term["is_default"], term["version"]) == (True, False, 1)
    assert (await client.get(f"/payment-terms/{term['id']}")).json() == term
    assert (await client.get("/payment-terms?active=true")).json()["items"] == [term]
    assert (await client.get("/payment-terms?active=false")).json()["items"] == []
    again = await client.post("/payment-terms", json=EOM_30)
    assert (again.status_code, again.json()["code"]) == (409, "PAYMENT_TERM_DUPLICATE")


@pytest.mark.usefixtures("settings")
async def test_only_the_invalid_instalment_of_a_term_is_reported(client: AsyncClient) -> None:
    for instalments in ([{"share": "1", "days": "30"}], [{"share": "1", "days": True}]):
        refused = await client.post("/payment-terms", json={**EOM_30, "instalments": instalments})
        assert errors_of(refused) == {("/instalments/0/days", "TYPE_INVALID")}
    refused = await client.post("/payment-terms", json={**EOM_30, "instalments": []})
    assert errors_of(refused) == {("/instalments", "TOO_SHORT")}


@pytest.mark.usefixtures("settings")
async def test_making_a_term_the_default_replaces_the_former_default(client: AsyncClient) -> None:
    first, second = await create_term(client, SPLIT), await create_term(client, EOM_30)
    path = f"/payment-terms/{second['id']}"
    answer = await client.post(f"{path}/make-default")
    assert (answer.status_code, answer.json()["is_default"]) == (200, True)
    assert (await client.post(f"{path}/make-default")).json() == answer.json()
    assert not (await client.get(f"/payment-terms/{first['id']}")).json()["is_default"]
    refused = await client.post(f"{path}/deactivate")
    assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_TERM_DEFAULT")
    deactivated = await client.post(f"/payment-terms/{first['id']}/deactivate")
    assert not deactivated.json()["active"]
    assert (
        await client.post(f"/payment-terms/{first['id']}/deactivate")
    ).json() == deactivated.json()
    refused = await client.post(f"/payment-terms/{first['id']}/make-default")
    assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_TERM_INACTIVE")


@pytest.mark.usefixtures("settings")
async def test_an_order_keeps_the_default_term_of_its_creation(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """30 % of 1230.01 is 369.003, rounded 369.00, due at once; 861.01 are due after 60 days."""
    early = await add_order(tx, confirmed=True)
    await create_term(client, SPLIT)
    late = await add_order(tx, confirmed=True)
    terms = [(await client.get(f"/orders/{one}")).json()["payment_term"] for one in (early, late)]
    assert [term["code"] for term in terms] == ["NET_30", "30_70"]
    shipment = (await post(client, f"/orders/{late}/shipments", {})).json()
    receivables = (await client.get(f"/orders/{late}")).json()["receivables"]
    assert [
        (one["instalment"], one["amount"]["amount"], one["due_date"]) for one in receivables
    ] == [
        (1, "369.00", "2026-11-22"),
        (2, "861.01", "2027-01-21"),
    ]
    assert shipment["receivable_id"] == receivables[0]["id"]
    assert {one["shipment_id"] for one in receivables} == {shipment["id"]}


@pytest.mark.usefixtures("settings")
async def test_due_days_of_a_shipment_replace_the_term(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await create_term(client, SPLIT)
    order_id = await add_order(tx, confirmed=True)
    await post(client, f"/orders/{order_id}/shipments", {"due_days": 7})
    (receivable,) = (await client.get(f"/orders/{order_id}")).json()["receivables"]
    assert (receivable["amount"]["amount"], receivable["due_date"]) == ("1230.01", "2026-11-29")


INVALID_TERMS: list[tuple[dict[str, Any], str, str]] = [
    ({"code": "net 30"}, "/code", "PATTERN_MISMATCH"),
    ({"code": ""}, "/code", "PATTERN_MISMATCH"),
    ({"name": " "}, "/name", "TOO_SHORT"),
    ({"instalments": []}, "/instalments", "TOO_SHORT"),
    ({"instalments": [{"share": "0", "days": 1}]}, "/instalments/0/share", "TOO_SMALL"),
    ({"instalments": [{"share": "1.1", "days": 1}]}, "/instalments/0/share", "TOO_LARGE"),
    ({"instalments": [{"share": "1", "days": -1}]}, "/instalments/0/days", "TOO_SMALL"),
    ({"instalments": [{"share": "1", "days": 3651}]}, "/instalments/0/days", "TOO_LARGE"),
    (
        {"instalments": [{"share": "1", "days": 1, "basis": "NEVER"}]},
        "/instalments/0/basis",
        "VALUE_UNKNOWN",
    ),
    ({"instalments": [{"share": "0.5", "days": 1}]}, "/instalments", "SHARES_NOT_WHOLE"),
    ({"discount": "0.02"}, "/discount", "UNKNOWN_FIELD"),
]


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(("wrong", "pointer", "code"), INVALID_TERMS)
async def test_invalid_terms_are_refused(
    client: AsyncClient, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.post("/payment-terms", json=EOM_30 | wrong)
    assert (pointer, code) in errors_of(answer)


@pytest.mark.usefixtures("settings")
async def test_an_unknown_stale_or_forbidden_change_is_refused(
    client: AsyncClient, token: Callable[..., str]
) -> None:
    missing = await client.post(f"/payment-terms/{new_id()}/make-default")
    assert (missing.status_code, missing.json()["code"]) == (404, "PAYMENT_TERM_NOT_FOUND")
    term = await create_term(client, EOM_30)
    path = f"/payment-terms/{term['id']}"
    assert (await client.get(path)).headers["etag"] == '"1"'
    stale = await client.post(f"{path}/make-default", headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    reader = {"Authorization": f"Bearer {token(scope='rms.payment_term.read')}"}
    assert (await client.get(path, headers=reader)).status_code == 200
    refused = await client.post("/payment-terms", json=SPLIT, headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")


async def test_concurrent_defaults_leave_one_default(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
    terms = [await create_term(committed_client, EOM_30 | {"code": f"T{n}"}) for n in range(8)]
    paths = [f"/payment-terms/{one['id']}/make-default" for one in terms * 2]
    answers = await asyncio.gather(*(committed_client.post(path) for path in paths))
    assert {answer.status_code for answer in answers} == {200}
    async with committed.app.begin(tenant) as tx:
        count = select(func.count()).where(payment_terms.c.is_default)
        assert (await tx.execute(count)).scalar_one() == 1
