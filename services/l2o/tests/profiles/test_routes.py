"""The page of an account is built by two calls: its profile and its timeline."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import Copy, ReceivedState, replicate
from chassis.foundation.clock import now
from chassis.records.tenant_settings import today
from contracts.event import AggregateState
from l2o.orders.store import ORDER_COPY
from l2o.payments.store import PAYMENT_COPY
from l2o.receivables.store import RECEIVABLE_COPY
from services.l2o.tests.activities.calling import (
    SELLER,
    account,
    make,
    opportunity,
    problem,
    read,
    record,
)
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import cny, make_order, make_payment, make_receivable
from testkit.directory import Company, directory_id, sign_in


async def copied(tx: AsyncConnection, copy: Copy[Any], state: AggregateState) -> None:
    await replicate(tx, copy, [ReceivedState(state, meta())])


async def test_two_calls_show_the_whole_page(client: AsyncClient, tx: AsyncConnection) -> None:
    account_id = await account(client)
    key, day = UUID(account_id), await today(tx, now())
    await make(client, "/accounts", {"name": "华东分公司", "parent_id": account_id})
    first = await make(client, "/contacts", {"account_id": account_id, "name": "王芳"})
    others = [
        await make(client, "/contacts", {"account_id": account_id, "name": f"联系人{n}"})
        for n in range(6)
    ]
    late = await make(
        client,
        "/opportunities",
        {
            "account_id": account_id,
            "name": "扩容",
            "amount": {"amount": "250.00", "currency": "CNY"},
            "expected_close_date": "2027-03-01",
        },
    )
    undated = await opportunity(client, account_id)
    soon = {"account_id": account_id, "name": "续约", "expected_close_date": "2027-01-01"}
    early = await make(client, "/opportunities", soon)
    lost = await opportunity(client, account_id)
    await client.post(f"/opportunities/{lost}/lose", json={"reason": "价格"})
    await record(client, account_id, next_step="寄样品", next_step_on="2000-01-01")
    await record(client, account_id, next_step="再联系")
    done = await record(client, account_id, next_step_on="2000-01-01")
    await client.post(f"/activities/{done['id']}/complete")
    gone = await record(client, account_id)
    await client.delete(f"/activities/{gone['id']}")
    await copied(tx, ORDER_COPY, make_order(account_id=key, gross=cny("1000.00")))
    await copied(tx, PAYMENT_COPY, make_payment(key, cny("300.00")))
    await copied(tx, RECEIVABLE_COPY, make_receivable(key, cny("700.00"), due_date=day))

    profile = await read(client, f"/accounts/{account_id}/profile")
    timeline = await read(client, f"/accounts/{account_id}/timeline?limit=20&count_by=kind")

    assert profile["account"] == await read(client, f"/accounts/{account_id}")
    assert [one["id"] for one in profile["contacts"]] == [
        first["id"],
        *(one["id"] for one in others[:1:-1]),
    ]
    deals = [one["id"] for one in profile["open_opportunities"]]
    assert deals == [early["id"], late["id"], undated]
    assert profile["open_opportunities"][0]["account_name"] == "上海测试有限公司"
    assert profile["counts"] == {
        "child_accounts": 1,
        "contacts": 7,
        "opportunities": 4,
        "open_opportunities": 3,
        "activities": 3,
        "open_next_steps": 2,
        "overdue_next_steps": 1,
        "orders": 1,
        "receivables": 1,
        "payments": 1,
    }
    totals = await read(client, f"/accounts/{account_id}/totals")
    assert profile["totals"] == totals["totals"]
    [yuan] = profile["totals"]
    amounts = {name: one["amount"] for name, one in yuan.items() if name != "currency"}
    assert amounts == {
        "open": "250.00",
        "won": "0.00",
        "ordered": "1000.00",
        "shipped": "0.00",
        "received": "300.00",
        "owed": "700.00",
        "overdue": "0.00",  # due today
    }
    assert len(timeline["items"]) == 4 + 5  # activities, one of them deleted; stages
    assert sum(one["count"] for one in timeline["counts"]) == 9


async def test_opportunities_of_a_profile_are_those_that_the_caller_sees(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await tx.execute(text("UPDATE tenant_settings SET separate_resources = '{l2o.opportunity}'"))
    await Company(tx).build()
    people = {name: sign_in(tenant, name, scope=SELLER) for name in Company.names}
    account_id = await account(client, headers=people["li"])
    path = f"/accounts/{account_id}/profile"
    share = f"/accounts/{account_id}/shares/PERSON/{directory_id('wang')}"
    await client.put(share, json={"access": "READ"}, headers=people["li"])
    deal = await opportunity(client, account_id, headers=people["li"])
    for name, seen in (("li", [deal]), ("sun", [deal]), ("wang", [])):
        profile = await read(client, path, headers=people[name])
        assert [one["id"] for one in profile["open_opportunities"]] == seen, name
        assert profile["counts"]["open_opportunities"] == len(seen)
    hidden = await client.get(path, headers=people["bei"])
    assert problem(hidden) == (404, "ACCOUNT_NOT_FOUND")
    account_only = sign_in(tenant, "li", scope="l2o.account.read")
    profile = await read(client, path, headers=account_only)
    assert (profile["open_opportunities"], profile["counts"]["opportunities"]) == ([], 0)


async def test_a_deleted_account_has_no_profile(client: AsyncClient) -> None:
    account_id = await account(client)
    await client.delete(f"/accounts/{account_id}")
    gone = await client.get(f"/accounts/{account_id}/profile")
    assert problem(gone) == (404, "ACCOUNT_NOT_FOUND")
