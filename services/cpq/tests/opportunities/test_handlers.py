from datetime import UTC, datetime
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Received
from contracts.l2o.events import (
    OpportunityLost,
    OpportunityOpened,
    OpportunityStageMoved,
    OpportunityState,
    OpportunityWon,
)
from cpq.opportunities.handlers import on_opportunities
from cpq.opportunities.store import OpportunityFact, opportunities
from kernel.ids import new_id
from services.cpq.tests.factories import received

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID, ACCOUNT = new_id(), new_id()


def state(stage: str, *, opportunity_id: UUID = ID) -> OpportunityState:
    return OpportunityState(
        opportunity_id=opportunity_id, account_id=ACCOUNT, name="二期扩容", stage=stage
    )


def history() -> list[Received[OpportunityFact]]:
    opened = OpportunityOpened(opportunity=state("FIRST_CONTACT"))
    moved = OpportunityStageMoved(opportunity=state("QUOTATION"), from_stage="FIRST_CONTACT")
    won = OpportunityWon(opportunity=state("WON"), won_at=NOON)
    facts: list[OpportunityFact] = [opened, moved, won]
    return [received(fact, ID, sequence=at) for at, fact in enumerate(facts, start=1)]


async def kept(tx: AsyncConnection) -> list[tuple[UUID, str, int, int]]:
    columns = opportunities.c
    query = select(columns.id, columns.stage, columns.epoch, columns.sequence).order_by(columns.id)
    return [tuple(row) for row in await tx.execute(query)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_newest_state_stays_in_whatever_order_it_comes(
    tx: AsyncConnection, order: tuple[int, ...]
) -> None:
    facts = history()
    for at in order:
        await on_opportunities(tx, [facts[at]])
    assert await kept(tx) == [(ID, "WON", 1, 3)]


async def test_a_batch_of_all_kinds_with_duplicates(tx: AsyncConnection) -> None:
    other = new_id()
    lost = OpportunityLost(
        opportunity=state("LOST", opportunity_id=other), reason="价", lost_at=NOON
    )
    facts = history()
    facts.append(received(lost, other, sequence=5))
    result = await on_opportunities(tx, [*facts[::-1], *facts])
    assert result.applied == {one.meta.event_id for one in facts}
    again = await on_opportunities(tx, facts)
    assert (again.applied, len(again.skipped)) == (frozenset(), 4)
    assert await kept(tx) == [(ID, "WON", 1, 3), (other, "LOST", 1, 5)]


async def test_a_higher_epoch_wins_over_a_higher_sequence(tx: AsyncConnection) -> None:
    await on_opportunities(tx, history())
    restored = OpportunityStageMoved(opportunity=state("SIGNING"), from_stage="QUOTATION")
    await on_opportunities(tx, [received(restored, ID, sequence=2, epoch=2)])
    await on_opportunities(tx, history())
    assert await kept(tx) == [(ID, "SIGNING", 2, 2)]
