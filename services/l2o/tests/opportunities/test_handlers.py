"""A confirmed order wins its opportunity, however early or often the event arrives."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.foundation import clock
from chassis.foundation.context import Context, use_context
from chassis.web.commands import Command
from chassis.web.pages import PageRequest, fetch_page
from kernel.errors import NotYet
from kernel.ids import new_id
from l2o.opportunities import store
from l2o.opportunities.actions.stages import lose_opportunity, win_opportunity
from l2o.opportunities.domain import Stage
from l2o.opportunities.handlers import on_order_confirmed
from l2o.opportunities.schemas import StageChangeOut
from services.l2o.tests.deliveries import CommittedRows, meta, record, subscription
from services.l2o.tests.factories import NOON, add_opportunity, order_confirmed
from testkit.plugin import Committed, PublishedFacts

FIRST_PAGE = PageRequest(limit=50, cursor=None, filters="", key=b"")


async def history(tx: AsyncConnection, opportunity_id: UUID) -> list[StageChangeOut]:
    page = await fetch_page(
        tx, store.history_query(opportunity_id), FIRST_PAGE, shape=StageChangeOut.model_validate
    )
    return page.items


async def test_a_confirmed_order_wins_its_opportunity(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    opportunity = await add_opportunity(tx, stage=Stage.NEGOTIATION)
    event = order_confirmed(opportunity_id=opportunity.id)
    with use_context(Context(actor="li.na")):  # who confirmed the order
        await on_order_confirmed(tx, event, meta())
    won = await store.OPPORTUNITY.get(tx, opportunity.id)
    assert (won.stage, won.order_id, won.version) == (Stage.WON, event.order.order_id, 2)
    assert won.closed_at == NOON
    [won_event] = await published()
    assert (won_event.type, won_event.sequence) == ("l2o.opportunity.won.v1", 2)
    assert won_event.payload["order_id"] == str(event.order.order_id)
    [change] = await history(tx, opportunity.id)
    assert (change.from_stage, change.to_stage) == (Stage.NEGOTIATION, Stage.WON)
    assert change.actor == "li.na"


async def test_a_repeated_and_a_second_order_change_nothing(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    opportunity = await add_opportunity(tx)
    first = order_confirmed(opportunity_id=opportunity.id)
    for event in (first, first, order_confirmed(opportunity_id=opportunity.id)):
        await on_order_confirmed(tx, event, meta())
    won = await store.OPPORTUNITY.get(tx, opportunity.id)
    assert (won.order_id, won.version) == (first.order.order_id, 2)
    assert len(await published()) == 1
    assert len(await history(tx, opportunity.id)) == 1


async def test_an_order_does_not_change_an_opportunity_won_by_a_seller(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    opportunity = await add_opportunity(tx)
    won = await win_opportunity(Command(tx, NOON, actor="seller"), opportunity.id)
    await on_order_confirmed(tx, order_confirmed(opportunity_id=opportunity.id), meta())
    assert await store.OPPORTUNITY.get(tx, opportunity.id) == won
    assert len(await published()) == 1


async def test_an_order_wins_a_lost_opportunity(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    opportunity = await add_opportunity(tx)
    command = Command(tx, NOON + timedelta(days=3))
    await lose_opportunity(command, opportunity.id, reason="客户不回复")
    await on_order_confirmed(tx, order_confirmed(opportunity_id=opportunity.id), meta())
    won = await store.OPPORTUNITY.get(tx, opportunity.id)
    assert (won.stage, won.lost_reason, won.version) == (Stage.WON, None, 3)
    assert won.closed_at == NOON  # the order was confirmed before the opportunity was lost
    assert [(c.from_stage, c.to_stage, c.reason) for c in await history(tx, opportunity.id)] == [
        (Stage.LOST, Stage.WON, None),
        (Stage.FIRST_CONTACT, Stage.LOST, "客户不回复"),
    ]
    assert [p.type for p in await published()] == [
        "l2o.opportunity.lost.v1",
        "l2o.opportunity.won.v1",
    ]


async def test_an_order_without_its_opportunity_is_not_yet_processable(tx: AsyncConnection) -> None:
    with pytest.raises(NotYet) as early:
        await on_order_confirmed(tx, order_confirmed(), meta())
    assert early.value.code == "OPPORTUNITY_NOT_FOUND"


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = clock.now()

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


async def test_an_early_order_waits_for_its_opportunity_and_is_applied_once(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    now, orders = Clock(), subscription("orders")
    opportunity_id = new_id()
    early = record(tenant, order_confirmed(opportunity_id=opportunity_id))
    processor = Processor(orders, committed.worker, now=now)
    await processor.apply([early])
    await processor.apply([early])  # delivered again while it is parked
    assert await stored.parked() == [("NOT_YET", "PARKED")]
    retrier = Retrier([orders], committed.worker, now=now)
    now.forward(1)
    assert await retrier.retry_due() == 0  # the opportunity is still missing

    async with committed.app.begin(tenant) as tx:
        await add_opportunity(tx, opportunity_id=opportunity_id)
    now.forward(5)
    assert await retrier.retry_due() == 1
    assert await stored.parked() == [("NOT_YET", "REDRIVEN")]
    await processor.apply([early])
    [row] = await stored.rows(store.opportunities)
    assert (row["stage"], row["version"]) == (Stage.WON, 2)
    assert await stored.count(store.stage_changes) == 1
    assert await stored.published() == [("l2o.opportunity.won.v1", 2)]


async def test_a_waiting_order_does_not_block_other_orders(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        opportunity = await add_opportunity(tx)
    waiting, applicable = order_confirmed(), order_confirmed(opportunity_id=opportunity.id)
    records = [record(tenant, event, partition=0) for event in (waiting, applicable)]
    await Processor(subscription("orders"), committed.worker).apply(records)
    [row] = await stored.rows(store.opportunities)
    assert row["stage"] is Stage.WON
    assert await stored.parked() == [("NOT_YET", "PARKED")]


async def test_an_order_of_another_tenant_changes_nothing(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        opportunity = await add_opportunity(tx)
    foreign = record(new_id(), order_confirmed(opportunity_id=opportunity.id))
    await Processor(subscription("orders"), committed.worker).apply([foreign])
    [row] = await stored.rows(store.opportunities)
    assert row["stage"] is Stage.FIRST_CONTACT
    assert await stored.published() == []
