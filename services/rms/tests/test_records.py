"""Notes, external ids and lists of orders, receivables, payments and terms."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    AccountLedger,
    add_account,
    add_ledger,
    add_opportunity,
    add_order,
    errors_of,
    post,
)


@pytest.fixture
async def ledger(tx: AsyncConnection, at: At) -> AccountLedger:
    at(NOON)
    return await add_ledger(tx)


@pytest.fixture
async def paths(tx: AsyncConnection, ledger: AccountLedger) -> dict[str, str]:
    return {
        "order": f"/orders/{await add_order(tx)}",
        "receivable": f"/receivables/{ledger.receivables[0].id}",
        "payment": f"/payments/{ledger.payment.id}",
    }


@pytest.mark.parametrize("kind", ["order", "receivable", "payment"])
async def test_null_removes_a_note(client: AsyncClient, paths: dict[str, str], kind: str) -> None:
    noted = await client.patch(paths[kind], json={"note": "对账后付款"})
    assert noted.json()["note"] == "对账后付款"
    cleared = await client.patch(paths[kind], json={"note": None})
    assert (cleared.status_code, cleared.json()["note"]) == (200, None)


@pytest.mark.parametrize("kind", ["order", "receivable", "payment"])
@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"note": ""}, "/note", "TOO_SHORT"),
        ({"note": "x" * 2001}, "/note", "TOO_LONG"),
        ({"status": "OPEN"}, "/status", "UNKNOWN_FIELD"),
        ({"amount": {"amount": "1", "currency": "CNY"}}, "/amount", "UNKNOWN_FIELD"),
        ({"owner_id": "me"}, "/owner_id", "UNKNOWN_FIELD"),
        ({"custom_fields": {"colour": 1}}, "/custom_fields/colour", "UNKNOWN_FIELD"),
    ],
)
async def test_invalid_patches_are_refused(
    client: AsyncClient, paths: dict[str, str], kind: str, body: Any, pointer: str, code: str
) -> None:
    assert errors_of(await client.patch(paths[kind], json=body)) == {(pointer, code)}


async def test_a_cancelled_order_and_a_reversed_payment_cannot_be_edited(
    client: AsyncClient, paths: dict[str, str]
) -> None:
    cancelled = await client.post(f"{paths['order']}/cancel", json={"reason": "取消"})
    assert cancelled.status_code == 200
    assert (await post(client, f"{paths['payment']}/reverse", {"reason": "退票"})).is_success
    for kind, code in (("order", "ORDER_CANCELLED"), ("payment", "PAYMENT_REVERSED")):
        refused = await client.patch(paths[kind], json={"note": "x"})
        assert (refused.status_code, refused.json()["code"]) == (409, code)


async def test_an_inactive_payment_term_cannot_be_renamed(client: AsyncClient) -> None:
    body = {"code": "EOM", "name": "月结", "instalments": [{"share": "1", "days": 0}]}
    term = (await client.post("/payment-terms", json=body)).json()
    path = f"/payment-terms/{term['id']}"
    assert (await client.patch(path, json={"name": "月结 0 天"})).json()["name"] == "月结 0 天"
    refused = await client.patch(path, json={"instalments": []})
    assert errors_of(refused) == {("/instalments", "UNKNOWN_FIELD")}
    assert (await client.post(f"{path}/deactivate")).is_success
    refused = await client.patch(path, json={"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_TERM_INACTIVE")
    answer = await client.get("/payment-terms?q=月结&active=false&sort=-code&include_total=true")
    assert answer.json()["total"] == 1
    assert [e["verb"] for e in (await client.get(f"{path}/audit")).json()["items"]][-1] == "INSERT"


async def test_a_payment_is_created_and_edited_by_its_external_id(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger
) -> None:
    """Posted fields cannot change; note and custom fields follow the source system."""
    account_id = await add_account(tx)
    path = "/payments/by-external-id/sap/0001"
    body = {
        "account_id": str(account_id),
        "bank_reference": "ICBC-77",
        "amount": {"amount": "100.00", "currency": "CNY"},
        "received_date": "2026-11-20",
    }
    created = await client.put(path, json=body)
    assert created.status_code == 201, created.text
    again = await client.put(path, json=body | {"note": "首付款"})
    assert (again.status_code, again.json()["note"]) == (200, "首付款")
    assert again.json()["id"] == created.json()["id"]
    for change in (
        {"amount": {"amount": "101.00", "currency": "CNY"}},
        {"received_date": "2026-11-19"},
        {"bank_reference": "ICBC-78"},
        {"account_id": str(ledger.account_id)},
    ):
        refused = await client.put(path, json=body | change)
        assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_POSTED")
    assert (await client.get(path)).json()["document_no"] == created.json()["document_no"]


@pytest.mark.parametrize("kind", ["order", "receivable"])
async def test_orders_and_receivables_are_not_created_by_external_ids(
    client: AsyncClient, kind: str
) -> None:
    answer = await client.put(f"/{kind}s/by-external-id/sap/4500001", json={})
    assert answer.status_code == 405


async def test_lists_are_filtered_sorted_searched_and_reduced_to_fields(
    client: AsyncClient, ledger: AccountLedger
) -> None:
    async def amounts(query: str) -> list[str]:
        answer = await client.get(f"/receivables?{query}")
        assert answer.status_code == 200, answer.text
        return [one["amount"]["amount"] for one in answer.json()["items"]]

    assert await amounts("sort=due_date") == ["200.00", "300.00", "100.00"]
    assert await amounts("sort=-amount") == ["300.00", "200.00", "100.00"]
    assert await amounts("due_date__lt=2026-11-22&status__in=OPEN,PARTLY_SETTLED") == [
        "300.00",
        "200.00",
    ]
    assert await amounts("amount__gte=200&kind=SHIPMENT") == ["300.00", "200.00"]
    assert await amounts("document_no__startswith=AR-2026-00000&q=星辰") != []
    assert await amounts("q=xckj") != []
    (first, *_) = (await client.get("/receivables?fields=due_date,overdue")).json()["items"]
    assert set(first) == {"id", "due_date", "overdue"}
    wrong = await client.get("/receivables?sort=note&due_date__gt=1&fields=owner&amount__lt=x")
    assert {pointer for pointer, _ in errors_of(wrong)} == {
        "?sort",
        "?due_date__gt",
        "?fields",
        "?amount__lt",
    }
    paid = (await client.get("/payments?received_date__lte=2026-11-22&amount=250")).json()
    assert [UUID(one["id"]) for one in paid["items"]] == [ledger.payment.id]
    assert (await client.get("/orders?customer_order_no__isnull=true")).json()["items"] != []


async def test_document_numbers_follow_the_tenants_format(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    formats = (await client.get("/number-formats")).json()["items"]
    assert {one["type"] for one in formats} == {
        "rms.order",
        "rms.shipment",
        "rms.receivable",
        "rms.payment",
    }
    body = {"prefix": "DD", "width": 4}
    changed = await client.put("/number-formats/rms.order", json=body)
    assert changed.status_code == 200, changed.text
    order = (await client.get(f"/orders/{await add_order(tx)}")).json()
    assert order["document_no"].startswith("DD")


async def test_an_order_is_read_with_its_opportunity(
    client: AsyncClient, tx: AsyncConnection, at: At
) -> None:
    at(NOON)
    path = f"/orders/{await add_order(tx)}?expand=opportunity"
    order = (await client.get(path)).json()
    assert "opportunity" not in order  # of a service that has not published it yet
    await add_opportunity(tx, UUID(order["opportunity_id"]))
    opportunity = (await client.get(path)).json()["opportunity"]
    assert (opportunity["id"], opportunity["name"]) == (order["opportunity_id"], "二期扩容")
    [listed] = (await client.get("/orders?expand=opportunity")).json()["items"]
    assert listed["opportunity"] == opportunity
