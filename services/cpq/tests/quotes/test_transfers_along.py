"""Open quotes go along with their opportunity to its new owner, if the transfer says so."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from contracts.l2o.events import OpportunityAssigned, OpportunityState
from cpq.quotes.handlers import on_opportunity_assigned
from kernel.ids import new_id
from services.cpq.tests.factories import Shop, open_shop
from testkit.copies import NOON
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts, PublishedWork

Client = httpx.AsyncClient


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


@pytest.fixture
async def shop(tx: AsyncConnection, company: Company) -> Shop:
    return await open_shop(tx, owner_id=subject("li"))


async def quote(client: Client, tenant: UUID, shop: Shop, *moves: str) -> str:
    """Let li make a quote, and move it on; return its path."""
    headers = sign_in(tenant, "li", scope="cpq.quote.read cpq.quote.write")
    answer = await client.post("/quotes", json=shop.body(), headers=headers)
    assert answer.status_code == 201, answer.text
    path = f"/quotes/{answer.json()['id']}"
    for move in moves:
        body = {"reason": "x"} if move == "reject" else None
        moved = await client.post(f"{path}/{move}", json=body, headers=headers)
        assert moved.status_code == 200, moved.text
    return path


async def assign(tx: AsyncConnection, shop: Shop, to: str, *along: str, before: str = "li") -> None:
    """Apply the event by which L2O gives the opportunity to somebody else."""
    state = OpportunityState(
        opportunity_id=shop.opportunity_id,
        account_id=shop.account_id,
        name="二期扩容",
        stage="QUOTATION",
        owner_id=subject(to),
    )
    event = OpportunityAssigned(
        opportunity=state,
        from_owner_id=subject(before),
        assigned_by=subject("sun"),
        reason="调岗",
        along=along,
    )
    meta = EventMeta(
        event_id=new_id(),
        tenant=new_id(),
        aggregate_id=shop.opportunity_id,
        sequence=2,
        epoch=1,
        occurred_at=NOON,
    )
    await on_opportunity_assigned(tx, event, meta)


async def owner(client: Client, path: str) -> str:
    owner_id: str = (await client.get(path)).json()["owner_id"]
    return owner_id


async def test_open_quotes_get_the_new_owner(
    client: Client, tx: AsyncConnection, tenant: UUID, shop: Shop, published: PublishedFacts
) -> None:
    """What was answered stays; the history and the event say who transferred it, and why."""
    draft = await quote(client, tenant, shop)
    sent = await quote(client, tenant, shop, "send")
    rejected = await quote(client, tenant, shop, "send", "reject")
    await assign(tx, shop, "zhou", "cpq.quote")
    owners = [await owner(client, path) for path in (draft, sent, rejected)]
    assert owners == [subject("zhou"), subject("zhou"), subject("li")]
    facts = [one for one in await published() if one.type == "cpq.quote.assigned.v1"]
    assert [(one.payload["assigned_by"], one.payload["reason"]) for one in facts] == [
        (subject("sun"), "调岗")
    ] * 2
    (change,) = (await client.get(f"{draft}/owners")).json()["items"]
    assert (change["from_owner_name"], change["to_owner_name"]) == ("li", "zhou")


async def test_a_repeated_event_changes_nothing(
    client: Client,
    tx: AsyncConnection,
    tenant: UUID,
    shop: Shop,
    published: PublishedFacts,
    published_work: PublishedWork,
) -> None:
    await quote(client, tenant, shop)
    await assign(tx, shop, "zhou", "cpq.quote")
    facts, work = len(await published()), len(await published_work())
    await assign(tx, shop, "zhou", "cpq.quote")
    assert (len(await published()), len(await published_work())) == (facts, work)


async def test_quotes_stay_unless_they_go_along(
    client: Client, tx: AsyncConnection, tenant: UUID, shop: Shop
) -> None:
    path = await quote(client, tenant, shop)
    await assign(tx, shop, "zhou")
    await assign(tx, shop, "zhou", "cpq.quote", before="zheng")
    assert await owner(client, path) == subject("li")


async def test_whoever_has_left_gets_no_quotes(
    client: Client, tx: AsyncConnection, tenant: UUID, shop: Shop, company: Company
) -> None:
    path = await quote(client, tenant, shop)
    await company.person("zhou", "team A", active=False)
    await assign(tx, shop, "zhou", "cpq.quote")
    assert await owner(client, path) == subject("li")
