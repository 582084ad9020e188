"""Several at once on one customer, really committing."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from services.l2o.tests.factories import add_account, add_contact, add_opportunity
from testkit.directory import Company, subject
from testkit.plugin import Client, Committed


def said(answers: list[Any]) -> Counter[tuple[int, str | None]]:
    return Counter(
        (one.status_code, one.json().get("code") if one.content else None) for one in answers
    )


async def told(committed: Committed, tenant: UUID) -> Counter[str]:
    async with committed.app.begin(tenant) as tx:
        return Counter((await tx.execute(select(outbox.c.type))).scalars())


async def test_of_edits_and_moves_with_one_copy_one_wins(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
        sale = await add_opportunity(tx, account_id=account.id)
    path, seen = f"/opportunities/{sale.id}", {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(committed_client.patch(path, json={"name": f"n{n}"}, headers=seen) for n in range(4)),
        committed_client.post(f"{path}/win", headers=seen),
        committed_client.delete(path, headers=seen),
        committed_client.post(f"{path}/move", json={"stage": "BIDDING"}, headers=seen),
    )
    outcome = said(answers)
    assert sum(n for (status, _), n in outcome.items() if status < 300) == 1, outcome
    assert {code for status, code in outcome if status >= 300} <= {
        "STALE_COPY",
        "OPPORTUNITY_NOT_FOUND",
    }
    assert sum((await told(committed, tenant)).values()) == 1


async def test_transfers_at_once_end_with_one_owner_for_all(
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
        *(committed_client.post(path, json={"owner_id": subject(one)}) for one in people)
    )
    assert {one.status_code for one in answers} == {200}
    owner = (await committed_client.get(f"/accounts/{account.id}")).json()["owner_id"]
    contacts = (await committed_client.get("/contacts")).json()["items"]
    assert {one["owner_id"] for one in contacts} == {owner}
    assert await told(committed, tenant) == {
        "l2o.account.assigned.v1": 4,
        "l2o.contact.changed.v1": 20,
    }


async def test_an_account_is_deleted_or_gets_an_opportunity(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    for _ in range(5):
        async with committed.app.begin(tenant) as tx:
            account = await add_account(tx)
        body = {"account_id": str(account.id), "name": "x"}
        gone, *opened = await asyncio.gather(
            committed_client.delete(f"/accounts/{account.id}"),
            *(committed_client.post("/opportunities", json=body) for _ in range(3)),
        )
        made = [one.status_code for one in opened].count(201)
        assert (gone.status_code == 204) is (made == 0), (gone.status_code, made)


async def test_one_external_id_many_times_at_once(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
    bodies = {
        "accounts": {"name": "SAP 客户"},
        "contacts": {"account_id": str(account.id), "name": "王伟"},
        "opportunities": {"account_id": str(account.id), "name": "年度采购"},
    }
    for collection, body in bodies.items():
        path = f"/{collection}/by-external-id/sap/0001000042"
        answers = await asyncio.gather(*(committed_client.put(path, json=body) for _ in range(6)))
        assert Counter(one.status_code for one in answers) == {201: 1, 200: 5}
        assert len({one.json()["id"] for one in answers}) == 1
    assert set((await told(committed, tenant)).values()) == {1}


async def test_delete_and_restore_at_once(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
    path = f"/accounts/{account.id}"
    await asyncio.gather(
        *(committed_client.delete(path) for _ in range(4)),
        *(committed_client.post(f"{path}/restore") for _ in range(4)),
    )
    facts = await told(committed, tenant)
    deleted, restored = facts["l2o.account.deleted.v1"], facts["l2o.account.restored.v1"]
    there = (await committed_client.get(path)).status_code == 200
    assert deleted - restored == (0 if there else 1)
