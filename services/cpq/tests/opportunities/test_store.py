from datetime import UTC, datetime
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import ReceivedState, replicate
from contracts.event import Event
from contracts.l2o.events import (
    OpportunityLost,
    OpportunityOpened,
    OpportunityStageMoved,
    OpportunityState,
    OpportunityWon,
)
from cpq.opportunities.store import OPPORTUNITY_COPY, opportunities
from kernel.ids import new_id
from testkit.copies import carried

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID, ACCOUNT = new_id(), new_id()


def state(stage: str, *, opportunity_id: UUID = ID) -> OpportunityState:
    return OpportunityState(
        opportunity_id=opportunity_id, account_id=ACCOUNT, name="二期扩容", stage=stage
    )


def history() -> list[ReceivedState[OpportunityState]]:
    opened = OpportunityOpened(opportunity=state("FIRST_CONTACT"))
    moved = OpportunityStageMoved(opportunity=state("QUOTATION"), from_stage="FIRST_CONTACT")
    won = OpportunityWon(opportunity=state("WON"), won_at=NOON)
    facts: list[Event] = [opened, moved, won]
    return [
        carried(OPPORTUNITY_COPY, fact, ID, sequence=at) for at, fact in enumerate(facts, start=1)
    ]


async def stored_rows(tx: AsyncConnection) -> list[tuple[UUID, str, int, int]]:
    columns = opportunities.c
    query = select(columns.id, columns.stage, columns.epoch, columns.sequence).order_by(columns.id)
    return [tuple(row) for row in await tx.execute(query)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_newest_state_wins_in_any_order_of_events(
    tx: AsyncConnection, order: tuple[int, ...]
) -> None:
    facts = history()
    for at in order:
        await replicate(tx, OPPORTUNITY_COPY, [facts[at]])
    assert await stored_rows(tx) == [(ID, "WON", 1, 3)]


async def test_a_batch_with_duplicates_is_applied_once(tx: AsyncConnection) -> None:
    other = new_id()
    lost = OpportunityLost(
        opportunity=state("LOST", opportunity_id=other), reason="价", lost_at=NOON
    )
    facts = history()
    facts.append(carried(OPPORTUNITY_COPY, lost, other, sequence=5))
    applied = await replicate(tx, OPPORTUNITY_COPY, [*facts[::-1], *facts])
    assert applied == {one.meta.event_id for one in facts}
    assert await replicate(tx, OPPORTUNITY_COPY, facts) == set()
    assert await stored_rows(tx) == [(ID, "WON", 1, 3), (other, "LOST", 1, 5)]


async def test_a_higher_epoch_wins_over_a_higher_sequence(tx: AsyncConnection) -> None:
    await replicate(tx, OPPORTUNITY_COPY, history())
    restored = OpportunityStageMoved(opportunity=state("SIGNING"), from_stage="QUOTATION")
    newest = carried(OPPORTUNITY_COPY, restored, ID, sequence=2, epoch=2)
    await replicate(tx, OPPORTUNITY_COPY, [newest])
    await replicate(tx, OPPORTUNITY_COPY, history())
    assert await stored_rows(tx) == [(ID, "SIGNING", 2, 2)]
