"""What is noted of orders, receivables, payments and terms: patched, named, filtered, told."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    Books,
    add_account,
    add_order,
    errors_of,
    open_books,
    post,
)
from testkit.plugin import PublishedFacts


@pytest.fixture
async def books(tx: AsyncConnection, at: At) -> Books:
    at(NOON)
    return await open_books(tx)


@pytest.fixture
async def paths(tx: AsyncConnection, books: Books) -> dict[str, str]:
    return {
        "order": f"/orders/{await add_order(tx)}",
        "receivable": f"/receivables/{books.receivables[0].id}",
        "payment": f"/payments/{books.payment.id}",
    }


async def add_field(client: AsyncClient, resource: str, **more: Any) -> None:
    field = {
        "resource": resource,
        "key": "region",
        "type": "TEXT",
        "label_zh": "区域",
        "label_en": "Region",
        "filterable": True,
    }
    answer = await client.post("/custom-fields", json=field | more)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("kind", ["order", "receivable", "payment"])
async def test_a_patch_is_checked_told_and_audited(
    client: AsyncClient, paths: dict[str, str], published: PublishedFacts, kind: str
) -> None:
    path = paths[kind]
    await add_field(client, f"rms.{kind}")
    seen = await client.get(path)
    body = {"note": "对账后付款", "custom_fields": {"region": "华东"}}
    bare = await client.patch(path, json=body, headers={"If-Match": ""})
    assert bare.status_code in (400, 428)
    stale = await client.patch(path, json=body, headers={"If-Match": '"99"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    patched = await client.patch(path, json=body, headers={"If-Match": seen.headers["etag"]})
    assert patched.status_code == 200, patched.text
    assert {name: patched.json()[name] for name in body} == body
    assert patched.json()["version"] == seen.json()["version"] + 1
    told = (await published())[-1]
    assert told.type == f"rms.{kind}.changed.v1"
    assert {name: told.payload[kind][name] for name in body} == body
    # The same once more, with an old copy: it is that way already.
    again = await client.patch(path, json=body, headers={"If-Match": seen.headers["etag"]})
    assert (again.status_code, again.json()["version"]) == (200, patched.json()["version"])
    entries = (await client.get(f"{path}/audit")).json()["items"]
    assert {one["field"] for one in entries[0]["changes"]} == {"note", "custom_fields.region"}
    collection = path.rsplit("/", 1)[0]
    for query, found in (("custom.region=华东", True), ("custom.region=华北", False)):
        items = (await client.get(f"{collection}?{query}&include_total=true")).json()
        assert (items["total"] == 1) is found
    cleared = await client.patch(path, json={"note": None, "custom_fields": {"region": None}})
    assert (cleared.json()["note"], cleared.json()["custom_fields"]) == (None, {})


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
async def test_what_may_not_be_patched(
    client: AsyncClient, paths: dict[str, str], kind: str, body: Any, pointer: str, code: str
) -> None:
    assert errors_of(await client.patch(paths[kind], json=body)) == {(pointer, code)}


async def test_a_cancelled_order_and_a_bounced_payment_stay_as_they_are(
    client: AsyncClient, paths: dict[str, str]
) -> None:
    cancelled = await client.post(f"{paths['order']}/cancel", json={"reason": "取消"})
    assert cancelled.status_code == 200
    assert (await post(client, f"{paths['payment']}/reverse", {"reason": "退票"})).is_success
    for kind, code in (("order", "ORDER_CANCELLED"), ("payment", "PAYMENT_REVERSED")):
        refused = await client.patch(paths[kind], json={"note": "x"})
        assert (refused.status_code, refused.json()["code"]) == (409, code)


async def test_a_payment_term_is_renamed_until_it_is_inactive(client: AsyncClient) -> None:
    body = {"code": "EOM", "name": "月结", "instalments": [{"share": "1", "days": 0}]}
    term = (await client.post("/payment-terms", json=body)).json()
    path = f"/payment-terms/{term['id']}"
    assert (await client.patch(path, json={"name": "月结 0 天"})).json()["name"] == "月结 0 天"
    refused = await client.patch(path, json={"instalments": []})
    assert errors_of(refused) == {("/instalments", "UNKNOWN_FIELD")}
    assert (await client.post(f"{path}/deactivate")).is_success
    refused = await client.patch(path, json={"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_TERM_INACTIVE")
    found = await client.get("/payment-terms?q=月结&active=false&sort=-code&include_total=true")
    assert found.json()["total"] == 1
    assert [e["verb"] for e in (await client.get(f"{path}/audit")).json()["items"]][-1] == "INSERT"


async def test_a_payment_by_its_external_id(
    client: AsyncClient, tx: AsyncConnection, books: Books
) -> None:
    """Made once; what was posted stays, what is noted of it follows the source."""
    account_id = await add_account(tx)
    path = "/payments/by-external-id/sap/0001"
    body = {
        "account_id": str(account_id),
        "bank_reference": "ICBC-77",
        "amount": {"amount": "100.00", "currency": "CNY"},
        "received_date": "2026-11-20",
    }
    made = await client.put(path, json=body)
    assert made.status_code == 201, made.text
    again = await client.put(path, json=body | {"note": "首付款"})
    assert (again.status_code, again.json()["note"]) == (200, "首付款")
    assert again.json()["id"] == made.json()["id"]
    for change in (
        {"amount": {"amount": "101.00", "currency": "CNY"}},
        {"received_date": "2026-11-19"},
        {"bank_reference": "ICBC-78"},
        {"account_id": str(books.account_id)},
    ):
        refused = await client.put(path, json=body | change)
        assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_POSTED")
    assert (await client.get(path)).json()["document_no"] == made.json()["document_no"]


@pytest.mark.parametrize("kind", ["order", "receivable"])
async def test_documents_that_follow_from_others_are_named_not_made(
    client: AsyncClient, paths: dict[str, str], kind: str
) -> None:
    body = {"system": "sap", "external_id": "4500001"}
    named = await client.post(f"{paths[kind]}/external-ids", json=body)
    assert named.status_code == 201, named.text
    found = await client.get(f"/{kind}s/by-external-id/sap/4500001")
    assert f"/{kind}s/{found.json()['id']}" == paths[kind]
    assert (await client.put(f"/{kind}s/by-external-id/sap/4500001", json={})).status_code == 405


async def test_lists_are_filtered_sorted_searched_and_trimmed(
    client: AsyncClient, books: Books
) -> None:
    async def numbers(query: str) -> list[str]:
        answer = await client.get(f"/receivables?{query}")
        assert answer.status_code == 200, answer.text
        return [one["amount"]["amount"] for one in answer.json()["items"]]

    assert await numbers("sort=due_date") == ["200.00", "300.00", "100.00"]
    assert await numbers("sort=-amount") == ["300.00", "200.00", "100.00"]
    assert await numbers("due_date__lt=2026-11-22&status__in=OPEN,PARTLY_SETTLED") == [
        "300.00",
        "200.00",
    ]
    assert await numbers("amount__gte=200&kind=SHIPMENT") == ["300.00", "200.00"]
    assert await numbers("document_no__startswith=AR-2026-00000&q=星辰") != []
    assert await numbers("q=xckj") != []
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
    assert [UUID(one["id"]) for one in paid["items"]] == [books.payment.id]
    assert (await client.get("/orders?customer_order_no__isnull=true")).json()["items"] != []


async def test_numbers_follow_the_tenants_format(client: AsyncClient, tx: AsyncConnection) -> None:
    formats = (await client.get("/number-formats")).json()["items"]
    assert {one["type"] for one in formats} == {"order", "shipment", "receivable", "payment"}
    body = {"prefix": "DD", "width": 4}
    changed = await client.put("/number-formats/order", json=body)
    assert changed.status_code == 200, changed.text
    order = (await client.get(f"/orders/{await add_order(tx)}")).json()
    assert order["document_no"].startswith("DD")
