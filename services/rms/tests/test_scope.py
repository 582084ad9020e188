"""Who sees which order, receivable, payment and balance; who may reconcile."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from rms.accounts.store import accounts
from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    add_account,
    add_order,
    add_receivable,
    cny,
    errors_of,
    make_quote,
    post,
)
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts

SCOPES = " ".join(
    f"rms.{name}.{verb}"
    for name in ("order", "receivable", "payment")
    for verb in ("read", "write")
)


@pytest.fixture
async def account_id(tx: AsyncConnection, at: At) -> UUID:
    """Li's account; li and zhou sell in team A, which sun heads."""
    at(NOON)
    await Company(tx).build()
    return await add_account(tx, owner_id=subject("li"))


def as_(tenant: UUID, name: str, scope: str = SCOPES) -> dict[str, str]:
    return sign_in(tenant, name, scope=scope)


async def pay(
    client: AsyncClient, account_id: UUID, headers: dict[str, str], **more: str
) -> tuple[int, dict[str, Any]]:
    body = {
        "account_id": str(account_id),
        "bank_reference": f"ICBC-{new_id()}",
        "amount": {"amount": "100.00", "currency": "CNY"},
        "received_date": "2026-11-20",
    }
    key = {"Idempotency-Key": str(new_id())}
    answer = await client.post("/payments", json=body | more, headers=headers | key)
    return answer.status_code, answer.json()


async def test_a_payment_is_only_recorded_for_an_account_one_sees(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    """Or one that has an order of one's own, whoever owns the account."""
    status, payment = await pay(client, account_id, as_(tenant, "li"))
    assert (status, payment["owner_id"]) == (201, subject("li"))
    status, refused = await pay(client, account_id, as_(tenant, "zhou"))
    assert (status, refused["errors"][0]["code"]) == (422, "ACCOUNT_UNKNOWN")
    await add_order(tx, make_quote(account_id=account_id, owner_id=subject("zhou")))
    status, payment = await pay(client, account_id, as_(tenant, "zhou"))
    assert (status, payment["owner_id"]) == (201, subject("li"))
    status, payment = await pay(
        client, account_id, as_(tenant, "sun"), owner_id=subject("zhou"), note="预付"
    )
    assert (status, payment["owner_id"], payment["note"]) == (201, subject("zhou"), "预付")
    status, refused = await pay(client, account_id, as_(tenant, "sun"), owner_id="nobody")
    assert (status, refused["errors"][0]["code"]) == (422, "OWNER_UNKNOWN")


async def test_chosen_receivables_must_be_seen(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    _, payment = await pay(client, account_id, as_(tenant, "li"))
    mine = await add_receivable(tx, cny("30.00"), account_id=account_id)
    theirs = await add_receivable(tx, cny("40.00"), account_id=account_id)
    body = {"owner_id": subject("zheng")}
    moved = await client.post(f"/receivables/{theirs.id}/transfer", json=body)
    assert moved.status_code == 200, moved.text
    lines = [
        {"receivable_id": str(one.id), "amount": {"amount": "10.00", "currency": "CNY"}}
        for one in (mine, theirs)
    ]
    headers = as_(tenant, "li") | {"Idempotency-Key": "a"}
    path = f"/payments/{payment['id']}/allocations"
    refused = await client.post(path, json={"lines": lines}, headers=headers)
    assert errors_of(refused) == {("/lines/1/receivable_id", "RECEIVABLE_UNKNOWN")}
    made = await client.post(path, json={"lines": lines[:1]}, headers=headers)
    assert made.status_code == 201, made.text
    settled = await client.get(f"/receivables/{mine.id}/allocations", headers=as_(tenant, "li"))
    assert settled.json()["items"] == made.json()["allocations"]
    hidden = await client.get(f"/receivables/{theirs.id}/allocations", headers=as_(tenant, "li"))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "RECEIVABLE_NOT_FOUND")


async def test_a_balance_is_for_whoever_sees_the_account_or_everything(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    path = f"/accounts/{account_id}/balance"
    everything = f"{SCOPES} rms.receivable.all rms.payment.all"
    half = f"{SCOPES} rms.receivable.all"
    for name, scope, status in (
        ("li", SCOPES, 200),
        ("sun", SCOPES, 200),
        ("zhao", SCOPES, 200),
        ("zhou", SCOPES, 404),
        ("wang", half, 404),
        ("wang", everything, 200),
    ):
        answer = await client.get(path, headers=as_(tenant, name, scope))
        assert answer.status_code == status, name
    hidden = await client.get(path, headers=as_(tenant, "zhou"))
    assert hidden.json()["code"] == "ACCOUNT_NOT_FOUND"
    await add_order(tx, make_quote(account_id=account_id, owner_id=subject("zhou")))
    assert (await client.get(path, headers=as_(tenant, "zhou"))).status_code == 200


async def test_only_who_sees_all_reconciles(client: AsyncClient, tenant: UUID, at: At) -> None:
    at(NOON)
    whole = f"{SCOPES} rms.order.all rms.receivable.all rms.payment.all"
    assert (await client.get("/reconciliation", headers=as_(tenant, "li", whole))).is_success
    refused = await client.get("/reconciliation", headers=as_(tenant, "li"))
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
    erp = sign_in(tenant, "erp", scope=SCOPES, kind="client")
    assert (await client.get("/reconciliation", headers=erp)).is_success


async def test_another_owner_of_the_account_takes_nothing_that_is_open(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    """What was owed and paid under li stays li's; what comes from then on is zhou's."""
    first = await add_receivable(tx, cny("30.00"), account_id=account_id)
    await tx.execute(update(accounts).values(owner_id=subject("zhou")))
    second = await add_receivable(tx, cny("30.00"), account_id=account_id)
    for name, seen in (("li", first), ("zhou", second)):
        found = await client.get("/receivables", headers=as_(tenant, name))
        assert [one["id"] for one in found.json()["items"]] == [str(seen.id)]


async def test_a_transfer_tells_who_to_whom_and_why(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    account_id: UUID,
    published: PublishedFacts,
) -> None:
    """An order, a receivable, a payment: each goes by itself and is hidden from then on."""
    order_id = await add_order(tx, make_quote(account_id=account_id, owner_id=subject("li")))
    owed = await add_receivable(tx, cny("30.00"), account_id=account_id)
    _, payment = await pay(client, account_id, as_(tenant, "li"))
    for path, kind in (
        (f"/orders/{order_id}", "order"),
        (f"/receivables/{owed.id}", "receivable"),
        (f"/payments/{payment['id']}", "payment"),
    ):
        body = {"owner_id": subject("zheng"), "reason": "区域调整"}
        moved = await client.post(f"{path}/transfer", json=body, headers=as_(tenant, "li"))
        assert moved.status_code == 200, moved.text
        again = await client.post(f"{path}/transfer", json=body)
        assert again.json()["version"] == moved.json()["version"]
        told = (await published())[-1]
        assert (told.type, told.sequence) == (f"rms.{kind}.assigned.v1", moved.json()["version"])
        assert told.payload["from_owner_id"] == told.payload["assigned_by"] == subject("li")
        assert told.payload["reason"] == "区域调整"
        assert told.payload[kind]["owner_id"] == subject("zheng")
        assert (await client.get(path, headers=as_(tenant, "li"))).status_code == 404
        assert (await client.get(path, headers=as_(tenant, "zheng"))).status_code == 200
        (before,) = (await client.get(f"{path}/owners")).json()["items"]
        assert before["from_owner_id"] == subject("li")


async def test_a_shared_order_shows_its_receivables(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    order_id = await add_order(
        tx, make_quote(account_id=account_id, owner_id=subject("li")), confirmed=True
    )
    assert (await post(client, f"/orders/{order_id}/shipments", {})).status_code == 201
    person = subject("zheng")
    shared = await client.put(f"/orders/{order_id}/shares/PERSON/{person}", json={})
    assert shared.status_code == 200, shared.text
    zheng = as_(tenant, "zheng")
    (owed,) = (await client.get("/receivables", headers=zheng)).json()["items"]
    assert owed["order_id"] == str(order_id)
    path = f"/receivables/{owed['id']}"
    assert (await client.get(path, headers=zheng)).status_code == 200
    refused = await client.patch(path, json={"note": "x"}, headers=zheng)
    assert (refused.status_code, refused.json()["code"]) == (403, "RECORD_READ_ONLY")
