"""Concurrent moves: contiguous versions, a complete history, and one result."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from httpx import AsyncClient

from chassis.events.consumer.processing import Processor
from l2o.opportunities.domain import Opportunity, Stage
from l2o.opportunities.store import opportunities, stage_changes
from services.l2o.tests.deliveries import CommittedRows, record, subscription
from services.l2o.tests.factories import add_account, add_opportunity, order_confirmed
from testkit.plugin import Committed


@pytest.fixture
async def opportunity(committed: Committed, tenant: UUID) -> Opportunity:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
        return await add_opportunity(tx, account_id=account.id, stage=Stage.SOLUTION)


async def assert_consistent_history(stored: CommittedRows, events: list[str]) -> None:
    """Each move has one version, one event and one history row, from the previous stage."""
    [row] = await stored.rows(opportunities)
    changes = await stored.rows(stage_changes)
    assert row["version"] == 1 + len(changes)
    assert await stored.published() == [
        (event_type, 2 + at) for at, event_type in enumerate(events)
    ]
    stages = [Stage.SOLUTION, *(change["to_stage"] for change in changes)]
    assert [change["from_stage"] for change in changes] == stages[:-1]
    assert row["stage"] is stages[-1]


async def test_twenty_concurrent_moves_are_serialized(
    committed_client: AsyncClient, stored: CommittedRows, opportunity: Opportunity
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
    await assert_consistent_history(stored, ["l2o.opportunity.stage_moved.v1"] * moves)
    versions = {answer.json()["version"] for answer in answers} - {1}
    assert versions == set(range(2, moves + 2))


async def test_concurrent_moves_that_become_forbidden_are_refused(
    committed_client: AsyncClient, stored: CommittedRows, opportunity: Opportunity
) -> None:
    to = ["QUOTATION", "BIDDING", "NEGOTIATION", "SIGNING"] * 5
    path = f"/opportunities/{opportunity.id}/move"
    answers = await asyncio.gather(
        *(committed_client.post(path, json={"stage": stage}) for stage in to)
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    moves = await stored.count(stage_changes)
    await assert_consistent_history(stored, ["l2o.opportunity.stage_moved.v1"] * moves)


async def test_ten_concurrent_wins_are_one(
    committed_client: AsyncClient, stored: CommittedRows, opportunity: Opportunity
) -> None:
    path = f"/opportunities/{opportunity.id}/win"
    answers = await asyncio.gather(*(committed_client.post(path) for _ in range(10)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["version"] == 2
    await assert_consistent_history(stored, ["l2o.opportunity.won.v1"])


async def test_an_opportunity_is_won_or_lost_but_not_both(
    committed_client: AsyncClient, stored: CommittedRows, opportunity: Opportunity
) -> None:
    path = f"/opportunities/{opportunity.id}"
    answers = await asyncio.gather(
        *(committed_client.post(f"{path}/win") for _ in range(5)),
        *(committed_client.post(f"{path}/lose", json={"reason": "x"}) for _ in range(5)),
    )
    assert Counter(answer.status_code for answer in answers) == {200: 5, 409: 5}
    [row] = await stored.rows(opportunities)
    outcome = "won" if row["stage"] is Stage.WON else "lost"
    await assert_consistent_history(stored, [f"l2o.opportunity.{outcome}.v1"])


async def test_a_confirmed_order_wins_against_concurrent_losses(
    committed: Committed,
    committed_client: AsyncClient,
    stored: CommittedRows,
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
    event_types = [event_type for event_type, _ in await stored.published()]
    assert event_types in (
        ["l2o.opportunity.won.v1"],
        ["l2o.opportunity.lost.v1", "l2o.opportunity.won.v1"],
    )
    await assert_consistent_history(stored, event_types)
