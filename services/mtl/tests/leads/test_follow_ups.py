"""The task to follow up a lead, raised and settled in the transaction of the lead's change."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.l2o.events import ConversionRejected
from mtl.conversions.handlers import on_conversion_rejected
from services.mtl.tests.factories import META
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedWork
from testkit.published import Work

SELLER = "mtl.lead.read mtl.lead.write"
TASK = "Follow up on lead 远景科技"


class Leads:
    """A lead of li's, with the moves that a manager makes."""

    def __init__(self, client: AsyncClient, tenant: UUID) -> None:
        self._client = client
        self.headers = sign_in(tenant, "sun", scope=SELLER)
        self.path = ""

    async def create(self, owner: str | None = None) -> None:
        body = {"company": "远景科技", "owner_id": subject(owner) if owner else None}
        answer = await self._client.post("/leads", json=body, headers=self.headers)
        assert answer.status_code == 201, answer.text
        self.path = f"/leads/{answer.json()['id']}"

    async def post(self, verb: str, **body: str) -> None:
        answer = await self._client.post(
            f"{self.path}/{verb}", json=body or None, headers=self.headers
        )
        assert answer.status_code in (200, 202), answer.text

    async def delete(self) -> None:
        answer = await self._client.delete(self.path, headers=self.headers)
        assert answer.status_code == 204


@pytest.fixture
async def leads(client: AsyncClient, tx: AsyncConnection, tenant: UUID) -> Leads:
    await Company(tx).build()
    return Leads(client, tenant)


def raised(person: str) -> Work:
    return Work("raised", "WORK_LEAD", "mtl.lead", subject(person), TASK)


def settled(person: str) -> Work:
    return Work("settled", "WORK_LEAD", "mtl.lead", subject(person), TASK)


def announced(person: str) -> Work:
    text = "远景科技 has been assigned to you."
    return Work("notified", "ASSIGNED", "mtl.lead", subject(person), text)


async def test_a_lead_of_ones_own_raises_nothing(
    leads: Leads, published_work: PublishedWork
) -> None:
    await leads.create()
    assert await published_work() == []


async def test_a_lead_captured_for_somebody_is_theirs_to_follow_up(
    leads: Leads, published_work: PublishedWork
) -> None:
    await leads.create(owner="li")
    assert await published_work() == [raised("li"), announced("li")]


async def test_the_task_moves_to_the_new_owner(leads: Leads, published_work: PublishedWork) -> None:
    await leads.create(owner="li")
    await leads.post("transfer", owner_id=subject("zhou"))
    await leads.post("transfer", owner_id=subject("sun"))
    assert (await published_work())[2:] == [raised("zhou"), announced("zhou"), raised("sun")]


async def test_the_task_ends_with_the_deletion_and_returns_with_the_restoration(
    leads: Leads, published_work: PublishedWork
) -> None:
    await leads.create(owner="li")
    await leads.delete()
    await leads.post("restore")
    assert (await published_work())[2:] == [settled("li"), raised("li")]


async def test_a_disqualified_lead_is_nobodys_to_follow_up(
    leads: Leads, published_work: PublishedWork
) -> None:
    await leads.create(owner="li")
    await leads.post("disqualify", reason="NO_BUDGET")
    await leads.delete()
    await leads.post("restore")
    await leads.post("transfer", owner_id=subject("zhou"))
    assert (await published_work())[2:] == [settled("li"), announced("zhou")]


async def test_a_rejected_conversion_returns_the_task(
    leads: Leads, tx: AsyncConnection, published_work: PublishedWork, client: AsyncClient
) -> None:
    await leads.create(owner="li")
    await leads.post("qualify")
    answer = await client.post(f"{leads.path}/convert", headers=leads.headers)
    assert (await published_work())[2:] == [settled("li")]
    lead_id, conversion_id = UUID(leads.path.rpartition("/")[2]), UUID(answer.json()["id"])
    rejected = ConversionRejected(
        conversion_id=conversion_id, lead_id=lead_id, reason="ACCOUNT_NOT_FOUND"
    )
    await on_conversion_rejected(tx, rejected, META)
    await on_conversion_rejected(tx, rejected, META)
    assert (await published_work())[3:] == [raised("li")]
