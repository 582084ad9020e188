"""The task to follow up an opportunity, and the notices to new owners of L2O's records."""

from datetime import date
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.work.tables import record_work
from l2o.opportunities.domain import Opportunity, Stage
from l2o.opportunities.handlers import on_order_confirmed
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import add_account, add_contact, add_opportunity, order_confirmed
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedWork
from testkit.published import Work

SELLER = " ".join(
    f"l2o.{name}.{verb}"
    for name in ("account", "contact", "opportunity")
    for verb in ("read", "write")
)
CLOSE_DATE = date(2026, 12, 1)
TASK = "Follow up on opportunity 2027 年度采购"


@pytest.fixture
async def opportunity(tx: AsyncConnection) -> Opportunity:
    """An opportunity of li, who is in sun's team."""
    await Company(tx).build()
    account = await add_account(tx, owner_id=subject("li"))
    return await add_opportunity(
        tx, account_id=account.id, owner_id=subject("li"), expected_close_date=CLOSE_DATE
    )


class Moves:
    """The moves of sun, the head of the team."""

    def __init__(self, client: AsyncClient, tenant: UUID) -> None:
        self._client, self._headers = client, sign_in(tenant, "sun", scope=SELLER)

    async def post(self, path: str, **body: str) -> None:
        answer = await self._client.post(path, json=body or None, headers=self._headers)
        assert answer.status_code in (200, 201), answer.text

    async def delete(self, path: str) -> None:
        answer = await self._client.delete(path, headers=self._headers)
        assert answer.status_code == 204, answer.text


@pytest.fixture
def moves(client: AsyncClient, tenant: UUID) -> Moves:
    return Moves(client, tenant)


def work(step: str, person: str) -> Work:
    return Work(step, "WORK_OPPORTUNITY", "l2o.opportunity", subject(person), TASK)


def announced(resource: str, person: str, name: str) -> Work:
    return Work(
        "notified", "ASSIGNED", resource, subject(person), f"{name} has been assigned to you."
    )


async def test_a_new_owner_is_notified_and_has_the_task_until_the_close_date(
    moves: Moves, tx: AsyncConnection, opportunity: Opportunity, published_work: PublishedWork
) -> None:
    path = f"/opportunities/{opportunity.id}"
    await moves.post(f"{path}/transfer", owner_id=subject("zhou"))
    await moves.post(f"{path}/transfer", owner_id=subject("zhou"))
    assert await published_work() == [
        work("raised", "zhou"),
        announced("l2o.opportunity", "zhou", opportunity.name),
    ]
    [stored] = (await tx.execute(record_work.select())).all()
    assert [task["due_date"] for task in stored.tasks] == ["2026-12-01"]


@pytest.mark.parametrize("verb", ["win", "lose"])
async def test_the_task_ends_when_the_opportunity_is_closed(
    moves: Moves, opportunity: Opportunity, published_work: PublishedWork, verb: str
) -> None:
    path = f"/opportunities/{opportunity.id}"
    await moves.post(f"{path}/transfer", owner_id=subject("sun"))
    reason = {"reason": "price"} if verb == "lose" else {}
    for _ in range(2):
        await moves.post(f"{path}/{verb}", **reason)
    await moves.post(f"{path}/transfer", owner_id=subject("zhou"))
    assert await published_work() == [
        work("raised", "sun"),
        work("settled", "sun"),
        announced("l2o.opportunity", "zhou", opportunity.name),
    ]


async def test_an_order_ends_the_task(
    moves: Moves, tx: AsyncConnection, opportunity: Opportunity, published_work: PublishedWork
) -> None:
    await moves.post(f"/opportunities/{opportunity.id}/transfer", owner_id=subject("sun"))
    await on_order_confirmed(tx, order_confirmed(opportunity_id=opportunity.id), meta())
    assert (await published_work())[1:] == [work("settled", "sun")]


async def test_the_task_returns_with_a_restored_opportunity_unless_it_is_closed(
    moves: Moves, tx: AsyncConnection, opportunity: Opportunity, published_work: PublishedWork
) -> None:
    path = f"/opportunities/{opportunity.id}"
    await moves.post(f"{path}/transfer", owner_id=subject("sun"))
    await moves.delete(path)
    await moves.post(f"{path}/restore")
    assert (await published_work())[1:] == [work("settled", "sun"), work("raised", "sun")]
    lost = await add_opportunity(
        tx, account_id=opportunity.account_id, owner_id=subject("li"), stage=Stage.LOST
    )
    await moves.delete(f"/opportunities/{lost.id}")
    await moves.post(f"/opportunities/{lost.id}/restore")
    assert len(await published_work()) == 3


async def test_new_owners_of_accounts_and_contacts_are_notified(
    moves: Moves, tx: AsyncConnection, opportunity: Opportunity, published_work: PublishedWork
) -> None:
    contact = await add_contact(tx, opportunity.account_id)
    body = {"owner_id": subject("zhou")}
    await moves.post(f"/accounts/{opportunity.account_id}/transfer", **body)
    assert await published_work() == [announced("l2o.account", "zhou", "上海测试有限公司")]
    await moves.post(f"/contacts/{contact.id}/transfer", owner_id=subject("li"))
    await moves.post("/accounts", name="远景科技", owner_id=subject("li"))
    assert (await published_work())[1:] == [
        announced("l2o.contact", "li", "王芳"),
        announced("l2o.account", "li", "远景科技"),
    ]
