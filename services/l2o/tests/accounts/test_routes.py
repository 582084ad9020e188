"""The HTTP API of accounts."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import Copy, ReceivedState, replicate
from chassis.files.imports.target import Cells
from chassis.foundation.clock import now
from contracts.event import AggregateState
from kernel.money import Money
from l2o.accounts.imports.rows import ACCOUNT_IMPORT
from l2o.orders.store import ORDER_COPY
from l2o.payments.store import PAYMENT_COPY
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import (
    NO_MASTER_DATA,
    NOT_REVIEWED,
    add_account,
    cny,
    make_order,
    make_payment,
)
from testkit.plugin import PublishedFacts

Token = Callable[..., str]
CALLER = "01990000-0000-7000-8000-000000000001"


async def test_a_created_account_is_stored_and_published(
    client: AsyncClient, published: PublishedFacts
) -> None:
    answer = await client.post("/accounts", json={"name": " 上海示例 ", "phone": "021-6437 2345"})
    assert answer.status_code == 201, answer.text
    created = answer.json()
    assert answer.headers["Location"] == f"/l2o/v1/accounts/{created['id']}"
    assert created == {
        "id": created["id"],
        "name": "上海示例",
        "phone": "+862164372345",
        "parent_id": None,
        "industry": None,
        "country": None,
        "founded_year": None,
        "employees": None,
        "annual_revenue": None,
        "custom_fields": {},
        "lead_id": None,
        **NO_MASTER_DATA,
        "kinds": ["CUSTOMER"],
        "region_name": None,
        "last_activity_at": None,
        **NOT_REVIEWED,
        "owner_id": CALLER,
        "parent_name": None,
        "owner_name": None,
        "version": 1,
        "created_at": created["created_at"],
        "updated_at": created["created_at"],
        "deleted_at": None,
    }
    assert (await client.get(f"/accounts/{created['id']}")).json() == created
    [event] = await published()
    assert (event.type, event.sequence) == ("l2o.account.created.v1", 1)
    assert event.payload["account"] == {
        "account_id": created["id"],
        "name": "上海示例",
        "phone": "+862164372345",
        "parent_id": None,
        "industry": None,
        "country": None,
        "founded_year": None,
        "employees": None,
        "annual_revenue": None,
        "custom_fields": {},
        "lead_id": None,
        **NO_MASTER_DATA,
        "kinds": ["CUSTOMER"],
        "owner_id": CALLER,
        "deleted": False,
    }


async def test_the_list_is_newest_first_and_paged(client: AsyncClient, tx: AsyncConnection) -> None:
    ids = [str((await add_account(tx)).id) for _ in range(3)]
    first = (await client.get("/accounts?limit=2")).json()
    second = (await client.get(f"/accounts?limit=2&cursor={first['next_cursor']}")).json()
    assert [a["id"] for a in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


async def test_the_list_is_filtered_by_owner(client: AsyncClient, tx: AsyncConnection) -> None:
    mine = await add_account(tx, owner_id="me")
    await add_account(tx, owner_id="you")
    await add_account(tx, owner_id=None)
    items = (await client.get("/accounts?owner_id=me")).json()["items"]
    assert [account["id"] for account in items] == [str(mine.id)]


async def test_a_cursor_of_other_filters_is_refused(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    for _ in range(2):
        await add_account(tx)
    cursor = (await client.get("/accounts?limit=1")).json()["next_cursor"]
    answer = await client.get(f"/accounts?limit=1&owner_id=me&cursor={cursor}")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("?cursor", "CURSOR_INVALID")
    ]


def next_year() -> int:
    return now().year + 2  # one more than where the year may already have begun


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("/name", "REQUIRED")}),
        ({"name": ""}, {("/name", "TOO_SHORT")}),
        ({"name": None}, {("/name", "TYPE_INVALID")}),
        ({"name": "x" * 201}, {("/name", "TOO_LONG")}),
        ({"name": "a\0"}, {("/name", "TEXT_INVALID")}),
        ({"name": "x", "phone": "12345"}, {("/phone", "PHONE_INVALID")}),
        ({"name": "x", "phone": ""}, {("/phone", "TOO_SHORT")}),
        ({"name": "x", "phone": "1" * 51}, {("/phone", "TOO_LONG")}),
        ({"name": "x", "phone": 13800138000}, {("/phone", "TYPE_INVALID")}),
        ({"name": "x", "employees": True}, {("/employees", "TYPE_INVALID")}),
        ({"name": "x", "employees": -1}, {("/employees", "TOO_SMALL")}),
        ({"name": "x", "founded_year": True}, {("/founded_year", "TYPE_INVALID")}),
        ({"name": "x", "founded_year": 3000}, {("/founded_year", "TOO_LARGE")}),
        ({"name": "x", "founded_year": 2100}, {("/founded_year", "TOO_LARGE")}),
        ({"name": "x", "country": "ZZ"}, {("/country", "COUNTRY_UNKNOWN")}),
        ({"name": "x", "country": "cn"}, {("/country", "COUNTRY_UNKNOWN")}),
        (
            {"name": "x", "annual_revenue": {"amount": "-1", "currency": "CNY"}},
            {("/annual_revenue", "TOO_SMALL")},
        ),
        ({"name": "x", "version": 3}, {("/version", "UNKNOWN_FIELD")}),
        ({"name": "x", "tenant_id": "y"}, {("/tenant_id", "UNKNOWN_FIELD")}),
        ({"name": "x", "founded_year": next_year()}, {("/founded_year", "TOO_LARGE")}),
        ({"name": " \u200b "}, {("/name", "TOO_SHORT")}),
        ({"name": "\ufeff\u2060"}, {("/name", "TOO_SHORT")}),
        ({"name": " ", "phone": "x"}, {("/name", "TOO_SHORT"), ("/phone", "PHONE_INVALID")}),
        ("x", {("", "TYPE_INVALID")}),
        (None, {("", "REQUIRED")}),
    ],
)
async def test_invalid_bodies_are_refused(
    client: AsyncClient, body: Any, expected: set[tuple[str, str]]
) -> None:
    for method, path in (("POST", "/accounts"), ("PUT", "/accounts/by-external-id/erp/1")):
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
        assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == expected
        assert all(e["message"] != e["code"] for e in answer.json()["errors"])


@pytest.mark.parametrize(
    ("edit", "code", "params"),
    [
        ({"founded_year": 3000}, "TOO_LARGE", {"relation": "<="}),
        ({"founded_year": 2190}, "TOO_LARGE", {"relation": "<="}),
        ({"name": " \u200b "}, "TOO_SHORT", {"minimum": 1}),
        ({"industry": "\u3164"}, "TOO_SHORT", {"minimum": 1}),
    ],
)
async def test_all_paths_hold_a_field_to_one_declaration(
    client: AsyncClient, edit: dict[str, Any], code: str, params: dict[str, Any]
) -> None:
    made = (await client.post("/accounts", json={"name": "\u200bACME\ufeff "})).json()
    assert made["name"] == "ACME"
    path, body = f"/accounts/{made['id']}", {"name": "x", **edit}
    answers = [
        await client.post("/accounts", json=body),
        await client.patch(path, json=edit),
        await client.put(path, json=body),
        await client.put("/accounts/by-external-id/erp/9", json=body),
    ]
    [field] = edit
    found = [answer.json()["errors"][0] for answer in answers if answer.status_code != 405]
    assert [(one["pointer"], one["code"]) for one in found] == [(f"/{field}", code)] * len(found)
    limits = {str(one["params"]) for one in found}
    assert (len(limits), found[0]["params"] | params) == (1, found[0]["params"])
    if code == "TOO_LARGE":
        cells = Cells({"name": "x", field: str(edit[field])})
        [finding] = ACCOUNT_IMPORT.read(cells).errors
        assert (finding.code, finding.params) == (code, found[0]["params"])


async def copy(tx: AsyncConnection, copied: Copy[Any], state: AggregateState) -> None:
    await replicate(tx, copied, [ReceivedState(state, meta())])


async def test_totals_are_listed_by_currency(client: AsyncClient, tx: AsyncConnection) -> None:
    account = await add_account(tx)
    path = f"/accounts/{account.id}/totals"
    empty = await client.get(path)
    assert empty.json() == {"account_id": str(account.id), "totals": []}
    await copy(tx, PAYMENT_COPY, make_payment(account.id, Money.of("5", "USD")))
    for gross, shipped in (("100.10", "40"), ("0.90", "0")):
        order = make_order(account_id=account.id, gross=cny(gross), shipped_total=cny(shipped))
        await copy(tx, ORDER_COPY, order)
    names = ("open", "won", "ordered", "shipped", "received", "owed", "overdue")

    def shown(currency: str, *amounts: str) -> dict[str, Any]:
        money = [{"amount": amount, "currency": currency} for amount in amounts]
        return {"currency": currency, **dict(zip(names, money, strict=True))}

    assert (await client.get(path)).json()["totals"] == [
        shown("CNY", "0.00", "0.00", "101.00", "40.00", "0.00", "0.00", "0.00"),
        shown("USD", "0.00", "0.00", "0.00", "0.00", "5.00", "0.00", "0.00"),
    ]


async def test_totals_of_an_unknown_account_answer_404(client: AsyncClient) -> None:
    answer = await client.get(f"/accounts/{uuid4()}/totals")
    assert (answer.status_code, answer.json()["code"]) == (404, "ACCOUNT_NOT_FOUND")
    assert answer.json()["detail"] == "There is no such account."


async def test_totals_are_not_visible_to_other_tenants(
    client: AsyncClient, tx: AsyncConnection, token: Token
) -> None:
    account = await add_account(tx)
    headers = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    path = f"/accounts/{account.id}/totals"
    assert (await client.get(path, headers=headers)).status_code == 404
    assert (await client.get(path)).status_code == 200


async def test_the_country_of_an_account_reads_its_number(client: AsyncClient) -> None:
    body = {"name": "Acme", "country": "GB", "phone": "020 7031 3000"}
    created = await client.post("/accounts", json=body)
    assert created.json()["phone"] == "+442070313000"
    path = f"/accounts/{created.json()['id']}"
    moved = await client.patch(path, json={"country": "US", "phone": "(415) 555-2673 x9"})
    assert moved.json()["phone"] == "+14155552673;ext=9"
    kept = await client.patch(path, json={"country": None})
    assert kept.json()["phone"] == "+14155552673;ext=9"
