"""Which receivables and payments of other owners a caller may settle or see."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from rms.receivables.domain import Receivable
from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    TODAY,
    add_account,
    add_order,
    add_receivable,
    cny,
    make_quote,
    post,
)
from testkit.directory import Company, sign_in, subject

PAYER_SCOPES = (
    "rms.order.read rms.order.write rms.payment.read rms.payment.write rms.receivable.read"
)
HUNDRED = {"amount": "100.00", "currency": "CNY"}


@pytest.fixture
async def account_id(tx: AsyncConnection, at: At) -> UUID:
    """An account of li."""
    at(NOON)
    await Company(tx).build()
    return await add_account(tx, owner_id=subject("li"))


async def pay(client: AsyncClient, account_id: UUID, reference: str, who: Any) -> Response:
    body = {
        "account_id": str(account_id),
        "bank_reference": reference,
        "amount": HUNDRED,
        "received_date": "2026-11-20",
    }
    key = {"Idempotency-Key": str(new_id())}
    return await client.post("/payments", json=body, headers=who | key)


async def add_receivable_owned_by(
    client: AsyncClient, tx: AsyncConnection, account_id: UUID, owner: str, day: int
) -> Receivable:
    """Create a receivable of 60.00 and transfer it to this person."""
    due = TODAY.replace(day=day)
    created = await add_receivable(tx, cny("60.00"), account_id=account_id, due_date=due)
    body = {"owner_id": subject(owner)}
    assert (await client.post(f"/receivables/{created.id}/transfer", json=body)).status_code == 200
    return created


async def allocate(client: AsyncClient, payment: Any, body: Any, who: Any) -> Response:
    key = {"Idempotency-Key": str(new_id())}
    path = f"/payments/{payment['id']}/allocations"
    return await client.post(path, json=body, headers=who | key)


def allocation_line(receivable: Receivable) -> dict[str, Any]:
    amount = {"amount": "10.00", "currency": "CNY"}
    return {"receivable_id": str(receivable.id), "amount": amount}


@pytest.mark.parametrize("access", ["READ", "WRITE"])
async def test_requested_receivables_must_be_writable(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID, access: str
) -> None:
    li = sign_in(tenant, "li", scope=PAYER_SCOPES)
    payment = (await pay(client, account_id, "ICBC-1", li)).json()
    own = await add_receivable_owned_by(client, tx, account_id, "li", 1)
    shared = await add_receivable_owned_by(client, tx, account_id, "zheng", 2)
    share = f"/receivables/{shared.id}/shares/PERSON/{subject('li')}"
    assert (await client.put(share, json={"access": access})).status_code == 200
    answer = await allocate(
        client, payment, {"lines": [allocation_line(own), allocation_line(shared)]}, li
    )
    if access == "READ":
        assert (answer.status_code, answer.json()["code"]) == (403, "RECORD_READ_ONLY")
        answer = await allocate(client, payment, {"lines": [allocation_line(own)]}, li)
    assert answer.status_code == 201, answer.text


async def test_oldest_first_skips_receivables_the_caller_may_not_change(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    """Due in the order zheng, zhou, li. Sun heads li and zhou; finance may change all of them."""
    li, sun = (sign_in(tenant, name, scope=PAYER_SCOPES) for name in ("li", "sun"))
    payment = (await pay(client, account_id, "ICBC-1", li)).json()
    owners = ("zheng", "zhou", "li")
    receivables = [
        await add_receivable_owned_by(client, tx, account_id, name, day)
        for day, name in enumerate(owners, 1)
    ]
    oldest_first = {"strategy": "OLDEST_FIRST"}
    finance = sign_in(tenant, "wang", scope=f"{PAYER_SCOPES} rms.payment.all rms.receivable.all")
    for who, settled, amount in ((li, 2, "60.00"), (sun, 1, "40.00")):
        answer = await allocate(client, payment, oldest_first, who)
        assert answer.status_code == 201, answer.text
        [allocation] = answer.json()["allocations"]
        assert (allocation["receivable_id"], allocation["amount"]["amount"]) == (
            str(receivables[settled].id),
            amount,
        )
    payment = (await pay(client, account_id, "ICBC-2", li)).json()
    refused = await allocate(client, payment, oldest_first, li)
    assert (refused.status_code, refused.json()["code"]) == (409, "NOTHING_OPEN")
    created = (await allocate(client, payment, oldest_first, finance)).json()["allocations"]
    assert [one["receivable_id"] for one in created] == [str(one.id) for one in receivables[:2]]


async def test_an_order_contains_only_the_receivables_that_the_caller_sees(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    """Zhou's order for li's account: its receivable is li's, until it is shared with zhou.

    The tenant keeps receivables apart: by default who sees an order sees them.
    """
    await tx.execute(text("UPDATE tenant_settings SET separate_resources = '{rms.receivable}'"))
    quote = make_quote(account_id=account_id, owner_id=subject("zhou"))
    path = f"/orders/{await add_order(tx, quote, confirmed=True)}"
    assert (await post(client, f"{path}/shipments", {})).status_code == 201
    [receivable] = (await client.get(path)).json()["receivables"]
    name = {"system": "sap", "external_id": "1"}
    assert (await client.post(f"{path}/external-ids", json=name)).status_code == 201
    by_external_id = "/orders/by-external-id/sap/1"

    async def visible_receivables(who: str, scope: str = PAYER_SCOPES) -> set[tuple[str, ...]]:
        headers = sign_in(tenant, who, scope=scope)
        patch = await client.patch(path, json={"note": who}, headers=headers)
        answers = [
            patch,
            *[await client.get(one, headers=headers) for one in (path, by_external_id)],
        ]
        return {tuple(r["id"] for r in answer.json()["receivables"]) for answer in answers}

    assert await visible_receivables("sun") == {(receivable["id"],)}
    assert await visible_receivables("sun", PAYER_SCOPES.removesuffix(" rms.receivable.read")) == {
        ()
    }
    assert await visible_receivables("zhou") == {()}
    share = f"/receivables/{receivable['id']}/shares/PERSON/{subject('zhou')}"
    assert (await client.put(share, json={})).status_code == 200
    assert await visible_receivables("zhou") == {(receivable["id"],)}


async def test_a_duplicate_payment_is_named_only_to_callers_who_see_it(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    payment = (
        await pay(client, account_id, "ICBC-1", sign_in(tenant, "li", scope=PAYER_SCOPES))
    ).json()
    other = await add_account(tx, owner_id=subject("zheng"))
    existing = {"payment_id": payment["id"], "document_no": payment["document_no"]}
    for account, name, params in ((other, "zheng", {}), (account_id, "sun", existing)):
        refused = await pay(client, account, "icbc-1", sign_in(tenant, name, scope=PAYER_SCOPES))
        code = "PAYMENT_DUPLICATE" if params else "PAYMENT_DUPLICATE_HIDDEN"
        assert (refused.status_code, refused.json()["code"]) == (409, code)
        assert refused.json()["params"] == params
