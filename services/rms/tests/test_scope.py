"""Visibility of orders, receivables, payments, balances and the reconciliation."""

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
    """An account of li; li and zhou belong to team A, which sun heads."""
    at(NOON)
    await Company(tx).build()
    return await add_account(tx, owner_id=subject("li"))


async def give_account_away(tx: AsyncConnection, account_id: UUID) -> None:
    """Let zheng own the account, so that li sees of it only what li owns."""
    is_account = accounts.c.id == account_id
    await tx.execute(update(accounts).where(is_account).values(owner_id=subject("zheng")))


def headers_of(tenant: UUID, name: str, scope: str = SCOPES) -> dict[str, str]:
    return sign_in(tenant, name, scope=scope)


async def pay(
    client: AsyncClient, account_id: UUID, headers: dict[str, str], **changes: str
) -> tuple[int, dict[str, Any]]:
    body = {
        "account_id": str(account_id),
        "bank_reference": f"ICBC-{new_id()}",
        "amount": {"amount": "100.00", "currency": "CNY"},
        "received_date": "2026-11-20",
    }
    key = {"Idempotency-Key": str(new_id())}
    answer = await client.post("/payments", json=body | changes, headers=headers | key)
    return answer.status_code, answer.json()


async def test_a_payment_is_only_recorded_for_a_visible_account(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    """An account is visible by its owner, or by an order of it that the caller sees."""
    status, payment = await pay(client, account_id, headers_of(tenant, "li"))
    assert (status, payment["owner_id"]) == (201, subject("li"))
    status, refused = await pay(client, account_id, headers_of(tenant, "zhou"))
    assert (status, refused["errors"][0]["code"]) == (422, "ACCOUNT_UNKNOWN")
    await add_order(tx, make_quote(account_id=account_id, owner_id=subject("zhou")))
    status, payment = await pay(client, account_id, headers_of(tenant, "zhou"))
    assert (status, payment["owner_id"]) == (201, subject("li"))
    status, payment = await pay(
        client, account_id, headers_of(tenant, "sun"), owner_id=subject("zhou"), note="预付"
    )
    assert (status, payment["owner_id"], payment["note"]) == (201, subject("zhou"), "预付")
    status, refused = await pay(client, account_id, headers_of(tenant, "sun"), owner_id="nobody")
    assert (status, refused["errors"][0]["code"]) == (422, "OWNER_UNKNOWN")


async def test_requested_receivables_must_be_visible(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    _, payment = await pay(client, account_id, headers_of(tenant, "li"))
    await give_account_away(tx, account_id)
    own = await add_receivable(tx, cny("30.00"), account_id=account_id)
    await client.post(f"/receivables/{own.id}/transfer", json={"owner_id": subject("li")})
    invisible = await add_receivable(tx, cny("40.00"), account_id=account_id)
    body = {"owner_id": subject("zheng")}
    moved = await client.post(f"/receivables/{invisible.id}/transfer", json=body)
    assert moved.status_code == 200, moved.text
    lines = [
        {"receivable_id": str(one.id), "amount": {"amount": "10.00", "currency": "CNY"}}
        for one in (own, invisible)
    ]
    headers = headers_of(tenant, "li") | {"Idempotency-Key": "a"}
    path = f"/payments/{payment['id']}/allocations"
    refused = await client.post(path, json={"lines": lines}, headers=headers)
    assert errors_of(refused) == {("/lines/1/receivable_id", "RECEIVABLE_UNKNOWN")}
    allocated = await client.post(path, json={"lines": lines[:1]}, headers=headers)
    assert allocated.status_code == 201, allocated.text
    settled = await client.get(
        f"/receivables/{own.id}/allocations", headers=headers_of(tenant, "li")
    )
    assert settled.json()["items"] == allocated.json()["allocations"]
    hidden = await client.get(
        f"/receivables/{invisible.id}/allocations", headers=headers_of(tenant, "li")
    )
    assert (hidden.status_code, hidden.json()["code"]) == (404, "RECEIVABLE_NOT_FOUND")


async def test_a_balance_is_visible_with_the_account_or_with_all_records(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    path = f"/accounts/{account_id}/balance"
    all_money_scopes = f"{SCOPES} rms.receivable.all rms.payment.all"
    receivable_scope = f"{SCOPES} rms.receivable.all"
    for name, scope, status in (
        ("li", SCOPES, 200),
        ("sun", SCOPES, 200),
        ("zhao", SCOPES, 200),
        ("zhou", SCOPES, 404),
        ("wang", receivable_scope, 404),
        ("wang", all_money_scopes, 200),
    ):
        answer = await client.get(path, headers=headers_of(tenant, name, scope))
        assert answer.status_code == status, name
    hidden = await client.get(path, headers=headers_of(tenant, "zhou"))
    assert hidden.json()["code"] == "ACCOUNT_NOT_FOUND"
    await add_order(tx, make_quote(account_id=account_id, owner_id=subject("zhou")))
    assert (await client.get(path, headers=headers_of(tenant, "zhou"))).status_code == 200


async def test_a_reconciliation_needs_all_records(
    client: AsyncClient, tenant: UUID, at: At
) -> None:
    at(NOON)
    all_scopes = f"{SCOPES} rms.order.all rms.receivable.all rms.payment.all"
    assert (
        await client.get("/reconciliation", headers=headers_of(tenant, "li", all_scopes))
    ).is_success
    refused = await client.get("/reconciliation", headers=headers_of(tenant, "li"))
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
    erp = sign_in(tenant, "erp", scope=SCOPES, kind="client")
    assert (await client.get("/reconciliation", headers=erp)).is_success


async def test_a_new_account_owner_gets_only_later_receivables(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    """Receivables created while li owned the account stay li's; later ones are zhou's."""
    first = await add_receivable(tx, cny("30.00"), account_id=account_id)
    await tx.execute(update(accounts).values(owner_id=subject("zhou")))
    second = await add_receivable(tx, cny("30.00"), account_id=account_id)
    for name, visible in (("li", first), ("zhou", second)):
        answer = await client.get("/receivables", headers=headers_of(tenant, name))
        assert [one["id"] for one in answer.json()["items"]] == [str(visible.id)]


async def test_a_transfer_publishes_former_owner_actor_and_reason(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    account_id: UUID,
    published: PublishedFacts,
) -> None:
    """Each document is transferred on its own and is no longer visible to its former owner."""
    order_id = await add_order(tx, make_quote(account_id=account_id, owner_id=subject("li")))
    receivable = await add_receivable(tx, cny("30.00"), account_id=account_id)
    _, payment = await pay(client, account_id, headers_of(tenant, "li"))
    await give_account_away(tx, account_id)
    for path, kind in (
        (f"/orders/{order_id}", "order"),
        (f"/receivables/{receivable.id}", "receivable"),
        (f"/payments/{payment['id']}", "payment"),
    ):
        body = {"owner_id": subject("zheng"), "reason": "区域调整"}
        moved = await client.post(f"{path}/transfer", json=body, headers=headers_of(tenant, "li"))
        assert moved.status_code == 200, moved.text
        again = await client.post(f"{path}/transfer", json=body)
        assert again.json()["version"] == moved.json()["version"]
        event = (await published())[-1]
        assert (event.type, event.sequence) == (f"rms.{kind}.assigned.v1", moved.json()["version"])
        assert event.payload["from_owner_id"] == event.payload["assigned_by"] == subject("li")
        assert event.payload["reason"] == "区域调整"
        assert event.payload[kind]["owner_id"] == subject("zheng")
        assert (await client.get(path, headers=headers_of(tenant, "li"))).status_code == 404
        assert (await client.get(path, headers=headers_of(tenant, "zheng"))).status_code == 200
        (before,) = (await client.get(f"{path}/owners")).json()["items"]
        assert before["from_owner_id"] == subject("li")


async def test_sharing_an_order_shares_its_receivables(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    order_id = await add_order(
        tx, make_quote(account_id=account_id, owner_id=subject("li")), confirmed=True
    )
    assert (await post(client, f"/orders/{order_id}/shipments", {})).status_code == 201
    person = subject("zheng")
    shared = await client.put(f"/orders/{order_id}/shares/PERSON/{person}", json={})
    assert shared.status_code == 200, shared.text
    zheng = headers_of(tenant, "zheng")
    (receivable,) = (await client.get("/receivables", headers=zheng)).json()["items"]
    assert receivable["order_id"] == str(order_id)
    path = f"/receivables/{receivable['id']}"
    assert (await client.get(path, headers=zheng)).status_code == 200
    refused = await client.patch(path, json={"note": "x"}, headers=zheng)
    assert (refused.status_code, refused.json()["code"]) == (403, "RECORD_READ_ONLY")
