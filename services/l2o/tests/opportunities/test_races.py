"""Two at once: versions stay contiguous, the history whole, and there is one winner."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from httpx import AsyncClient

from chassis.events.consumer.processing import Processor
from l2o.opportunities.domain import Opportunity, Stage
from l2o.opportunities.store import opportunities, stage_changes
from services.l2o.tests.deliveries import Stored, record, subscription
from services.l2o.tests.factories import add_account, add_opportunity, order_confirmed
from testkit.plugin import Committed


@pytest.fixture
async def opportunity(committed: Committed, tenant: UUID) -> Opportunity:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
        return await add_opportunity(tx, account_id=account.id, stage=Stage.SOLUTION)


async def assert_the_story_holds_together(stored: Stored, events: list[str]) -> None:
    """One version, one event and one line of history a move, each beginning where one ended."""
    [row] = await stored.rows(opportunities)
    changes = await stored.rows(stage_changes)
    assert row["version"] == 1 + len(changes)
    assert await stored.published() == [(kind, 2 + at) for at, kind in enumerate(events)]
    stages = [Stage.SOLUTION, *(change["to_stage"] for change in changes)]
    assert [change["from_stage"] for change in changes] == stages[:-1]
    assert row["stage"] is stages[-1]


async def test_twenty_parallel_moves(
    committed_client: AsyncClient, stored: Stored, opportunity: Opportunity
) -> None:
    to = ["QUOTATION", "SOLUTION"] * 10
    path = f"/opportunities/{opportunity.id}/move"
    answers = await asyncio.gather(
        *(committed_client.post(path, json={"stage": stage}) for stage in to)
    )
    assert [answer.status_code for answer in answers] == [200] * 20
    assert [answer.json()["stage"] for answer in answers] == to
    moves = await stored.count(stage_changes)
    assert moves >= 1
    await assert_the_story_holds_together(stored, ["l2o.opportunity.stage_moved.v1"] * moves)
    made = {answer.json()["version"] for answer in answers} - {1}
    assert made == set(range(2, moves + 2))


async def test_moves_that_may_be_forbidden_by_the_time_they_come(
    committed_client: AsyncClient, stored: Stored, opportunity: Opportunity
) -> None:
    to = ["QUOTATION", "BIDDING", "NEGOTIATION", "SIGNING"] * 5
    path = f"/opportunities/{opportunity.id}/move"
    answers = await asyncio.gather(
        *(committed_client.post(path, json={"stage": stage}) for stage in to)
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    moves = await stored.count(stage_changes)
    await assert_the_story_holds_together(stored, ["l2o.opportunity.stage_moved.v1"] * moves)


async def test_ten_wins_are_one(
    committed_client: AsyncClient, stored: Stored, opportunity: Opportunity
) -> None:
    path = f"/opportunities/{opportunity.id}/win"
    answers = await asyncio.gather(*(committed_client.post(path) for _ in range(10)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["version"] == 2
    await assert_the_story_holds_together(stored, ["l2o.opportunity.won.v1"])


async def test_won_or_lost_but_not_both(
    committed_client: AsyncClient, stored: Stored, opportunity: Opportunity
) -> None:
    path = f"/opportunities/{opportunity.id}"
    answers = await asyncio.gather(
        *(committed_client.post(f"{path}/win") for _ in range(5)),
        *(committed_client.post(f"{path}/lose", json={"reason": "x"}) for _ in range(5)),
    )
    assert Counter(answer.status_code for answer in answers) == {200: 5, 409: 5}
    [row] = await stored.rows(opportunities)
    fact = "won" if row["stage"] is Stage.WON else "lost"
    await assert_the_story_holds_together(stored, [f"l2o.opportunity.{fact}.v1"])


async def test_an_order_wins_against_whoever_gives_up_meanwhile(
    committed: Committed,
    committed_client: AsyncClient,
    stored: Stored,
    tenant: UUID,
    opportunity: Opportunity,
) -> None:
    event = order_confirmed(opportunity_id=opportunity.id)
    path = f"/opportunities/{opportunity.id}/lose"
    await asyncio.gather(
        *(
            Processor(subscription("orders"), committed.worker).apply(
                [record(tenant, event, partition=partition)]
            )
            for partition in range(3)
        ),
        *(committed_client.post(path, json={"reason": "x"}) for _ in range(3)),
    )
    [row] = await stored.rows(opportunities)
    assert (row["stage"], row["order_id"]) == (Stage.WON, event.order.order_id)
    assert row["lost_reason"] is None
    assert await stored.parked() == []
    facts = [fact for fact, _ in await stored.published()]
    assert facts in (
        ["l2o.opportunity.won.v1"],
        ["l2o.opportunity.lost.v1", "l2o.opportunity.won.v1"],
    )
    await assert_the_story_holds_together(stored, facts)
