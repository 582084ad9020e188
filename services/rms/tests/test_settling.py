"""What of others' receivables and payments is told and settled: only what the caller may."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
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

PAYER = "rms.order.read rms.order.write rms.payment.read rms.payment.write rms.receivable.read"
HUNDRED = {"amount": "100.00", "currency": "CNY"}


@pytest.fixture
async def account_id(tx: AsyncConnection, at: At) -> UUID:
    """Li's account."""
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


async def owed_by(
    client: AsyncClient, tx: AsyncConnection, account_id: UUID, owner: str, day: int
) -> Receivable:
    """A receivable of 60.00 that belongs to this person."""
    due = TODAY.replace(day=day)
    made = await add_receivable(tx, cny("60.00"), account_id=account_id, due_date=due)
    body = {"owner_id": subject(owner)}
    assert (await client.post(f"/receivables/{made.id}/transfer", json=body)).status_code == 200
    return made


async def allocate(client: AsyncClient, payment: Any, body: Any, who: Any) -> Response:
    key = {"Idempotency-Key": str(new_id())}
    path = f"/payments/{payment['id']}/allocations"
    return await client.post(path, json=body, headers=who | key)


def line(receivable: Receivable) -> dict[str, Any]:
    amount = {"amount": "10.00", "currency": "CNY"}
    return {"receivable_id": str(receivable.id), "amount": amount}


@pytest.mark.parametrize("access", ["READ", "WRITE"])
async def test_chosen_receivables_must_be_the_callers_to_change(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID, access: str
) -> None:
    li = sign_in(tenant, "li", scope=PAYER)
    payment = (await pay(client, account_id, "ICBC-1", li)).json()
    mine = await owed_by(client, tx, account_id, "li", 1)
    shown = await owed_by(client, tx, account_id, "zheng", 2)
    share = f"/receivables/{shown.id}/shares/PERSON/{subject('li')}"
    assert (await client.put(share, json={"access": access})).status_code == 200
    answer = await allocate(client, payment, {"lines": [line(mine), line(shown)]}, li)
    if access == "READ":
        assert (answer.status_code, answer.json()["code"]) == (403, "RECORD_READ_ONLY")
        answer = await allocate(client, payment, {"lines": [line(mine)]}, li)
    assert answer.status_code == 201, answer.text


async def test_oldest_first_passes_over_what_is_not_the_callers_to_change(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    """Zheng's is older, zhou's between; sun heads li and zhou; finance settles whatever is left."""
    li, sun = (sign_in(tenant, name, scope=PAYER) for name in ("li", "sun"))
    payment = (await pay(client, account_id, "ICBC-1", li)).json()
    owners = ("zheng", "zhou", "li")
    owed = [await owed_by(client, tx, account_id, name, day) for day, name in enumerate(owners, 1)]
    oldest = {"strategy": "OLDEST_FIRST"}
    finance = sign_in(tenant, "wang", scope=f"{PAYER} rms.payment.all rms.receivable.all")
    for who, settled, amount in ((li, 2, "60.00"), (sun, 1, "40.00")):
        answer = await allocate(client, payment, oldest, who)
        assert answer.status_code == 201, answer.text
        [made] = answer.json()["allocations"]
        assert (made["receivable_id"], made["amount"]["amount"]) == (str(owed[settled].id), amount)
    payment = (await pay(client, account_id, "ICBC-2", li)).json()
    refused = await allocate(client, payment, oldest, li)
    assert (refused.status_code, refused.json()["code"]) == (409, "NOTHING_OPEN")
    made = (await allocate(client, payment, oldest, finance)).json()["allocations"]
    assert [one["receivable_id"] for one in made] == [str(one.id) for one in owed[:2]]


async def test_an_order_shows_the_receivables_that_the_caller_sees(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    """Zhou's order of li's account: what is owed is li's, until it is shown to zhou too."""
    quote = make_quote(account_id=account_id, owner_id=subject("zhou"))
    path = f"/orders/{await add_order(tx, quote, confirmed=True)}"
    assert (await post(client, f"{path}/shipments", {})).status_code == 201
    [owed] = (await client.get(path)).json()["receivables"]
    name = {"system": "sap", "external_id": "1"}
    assert (await client.post(f"{path}/external-ids", json=name)).status_code == 201
    named = "/orders/by-external-id/sap/1"

    async def seen(who: str, scope: str = PAYER) -> set[tuple[str, ...]]:
        headers = sign_in(tenant, who, scope=scope)
        patch = await client.patch(path, json={"note": who}, headers=headers)
        answers = [patch, *[await client.get(one, headers=headers) for one in (path, named)]]
        return {tuple(r["id"] for r in answer.json()["receivables"]) for answer in answers}

    assert await seen("sun") == {(owed["id"],)}
    assert await seen("sun", PAYER.removesuffix(" rms.receivable.read")) == {()}
    assert await seen("zhou") == {()}
    share = f"/receivables/{owed['id']}/shares/PERSON/{subject('zhou')}"
    assert (await client.put(share, json={})).status_code == 200
    assert await seen("zhou") == {(owed["id"],)}


async def test_a_payment_that_is_there_is_named_to_whoever_sees_it(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, account_id: UUID
) -> None:
    payment = (await pay(client, account_id, "ICBC-1", sign_in(tenant, "li", scope=PAYER))).json()
    other = await add_account(tx, owner_id=subject("zheng"))
    told = {"payment_id": payment["id"], "document_no": payment["document_no"]}
    for account, name, params in ((other, "zheng", {}), (account_id, "sun", told)):
        refused = await pay(client, account, "icbc-1", sign_in(tenant, name, scope=PAYER))
        assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_DUPLICATE")
        assert refused.json()["params"] == params
