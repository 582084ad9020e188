"""Concurrent requests on one account and its records, with real commits."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from services.l2o.tests.factories import add_account, add_contact, add_opportunity
from testkit.directory import Company, subject
from testkit.plugin import Client, Committed
from testkit.published import published_facts


def count_answers(answers: list[Any]) -> Counter[tuple[int, str | None]]:
    return Counter((a.status_code, a.json().get("code") if a.content else None) for a in answers)


async def count_events(committed: Committed, tenant: UUID) -> Counter[str]:
    async with committed.app.begin(tenant) as tx:
        return Counter(fact.type for fact in await published_facts(tx))


async def test_of_concurrent_changes_with_the_same_version_one_wins(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
        opportunity = await add_opportunity(tx, account_id=account.id)
    path, if_match = f"/opportunities/{opportunity.id}", {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(committed_client.patch(path, json={"name": f"n{n}"}, headers=if_match) for n in range(4)),
        committed_client.post(f"{path}/win", headers=if_match),
        committed_client.delete(path, headers=if_match),
        committed_client.post(f"{path}/move", json={"stage": "BIDDING"}, headers=if_match),
    )
    outcome = count_answers(answers)
    assert sum(n for (status, _), n in outcome.items() if status < 300) == 1, outcome
    assert {code for status, code in outcome if status >= 300} <= {
        "STALE_COPY",
        "OPPORTUNITY_NOT_FOUND",
    }
    assert sum((await count_events(committed, tenant)).values()) == 1


async def test_concurrent_transfers_leave_one_owner_for_account_and_contacts(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        account = await add_account(tx, owner_id=subject("li"))
        for _ in range(5):
            await add_contact(tx, account.id)
    path = f"/accounts/{account.id}/transfer"
    people = ("zhou", "zheng", "wang", "wu")
    answers = await asyncio.gather(
        *(committed_client.post(path, json={"owner_id": subject(name)}) for name in people)
    )
    assert {a.status_code for a in answers} == {200}
    owner = (await committed_client.get(f"/accounts/{account.id}")).json()["owner_id"]
    contacts = (await committed_client.get("/contacts")).json()["items"]
    assert {contact["owner_id"] for contact in contacts} == {owner}
    assert await count_events(committed, tenant) == {
        "l2o.account.assigned.v1": 4,
        "l2o.contact.changed.v1": 20,
    }


async def test_an_account_is_deleted_or_gets_an_opportunity_but_not_both(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    for _ in range(5):
        async with committed.app.begin(tenant) as tx:
            account = await add_account(tx)
        body = {"account_id": str(account.id), "name": "x"}
        deleted, *opened = await asyncio.gather(
            committed_client.delete(f"/accounts/{account.id}"),
            *(committed_client.post("/opportunities", json=body) for _ in range(3)),
        )
        created = [a.status_code for a in opened].count(201)
        assert (deleted.status_code == 204) is (created == 0), (deleted.status_code, created)
