"""What a confirmed order does to its opportunity, whenever and however often it is told."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.foundation import clock
from chassis.web.pages import PageRequest, fetch_page
from kernel.errors import NotYet
from kernel.ids import new_id
from l2o.opportunities import actions, store
from l2o.opportunities.domain import Stage
from l2o.opportunities.handlers import on_order_confirmed
from l2o.opportunities.schemas import StageChangeOut
from services.l2o.tests.deliveries import Stored, meta, record, subscription
from services.l2o.tests.factories import NOON, add_opportunity, order_confirmed
from testkit.plugin import Committed, PublishedFacts

FIRST_PAGE = PageRequest(limit=50, cursor=None, filters="", key=b"")


async def history(tx: AsyncConnection, opportunity_id: UUID) -> list[StageChangeOut]:
    found = await fetch_page(
        tx, store.history(opportunity_id), FIRST_PAGE, shape=StageChangeOut.model_validate
    )
    return found.items


async def test_a_confirmed_order_wins(tx: AsyncConnection, published: PublishedFacts) -> None:
    opportunity = await add_opportunity(tx, stage=Stage.NEGOTIATION)
    event = order_confirmed(opportunity_id=opportunity.id)
    await on_order_confirmed(tx, event, meta())
    won = await store.get(tx, opportunity.id)
    assert (won.stage, won.order_id, won.version) == (Stage.WON, event.order.order_id, 2)
    assert won.closed_at == NOON
    [fact] = await published()
    assert (fact.type, fact.sequence) == ("l2o.opportunity.won.v1", 2)
    assert fact.payload["order_id"] == str(event.order.order_id)
    [change] = await history(tx, opportunity.id)
    assert (change.from_stage, change.to_stage) == (Stage.NEGOTIATION, Stage.WON)
    assert change.actor == f"order:{event.order.order_id}"


async def test_the_same_and_a_second_order_change_nothing_more(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    opportunity = await add_opportunity(tx)
    first = order_confirmed(opportunity_id=opportunity.id)
    for event in (first, first, order_confirmed(opportunity_id=opportunity.id)):
        await on_order_confirmed(tx, event, meta())
    won = await store.get(tx, opportunity.id)
    assert (won.order_id, won.version) == (first.order.order_id, 2)
    assert len(await published()) == 1
    assert len(await history(tx, opportunity.id)) == 1


async def test_what_a_seller_won_stays_as_it_is(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    opportunity = await add_opportunity(tx)
    won = await actions.win_opportunity(tx, opportunity.id, actor="seller", now=NOON)
    await on_order_confirmed(tx, order_confirmed(opportunity_id=opportunity.id), meta())
    assert await store.get(tx, opportunity.id) == won
    assert len(await published()) == 1


async def test_an_order_wins_what_was_given_up(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    opportunity = await add_opportunity(tx)
    late = NOON + timedelta(days=3)
    await actions.lose_opportunity(tx, opportunity.id, reason="客户不回复", actor="s", now=late)
    await on_order_confirmed(tx, order_confirmed(opportunity_id=opportunity.id), meta())
    won = await store.get(tx, opportunity.id)
    assert (won.stage, won.lost_reason, won.version) == (Stage.WON, None, 3)
    assert won.closed_at == NOON  # the order was confirmed before the seller gave up
    assert [(c.from_stage, c.to_stage, c.reason) for c in await history(tx, opportunity.id)] == [
        (Stage.LOST, Stage.WON, None),
        (Stage.FIRST_CONTACT, Stage.LOST, "客户不回复"),
    ]
    assert [p.type for p in await published()] == [
        "l2o.opportunity.lost.v1",
        "l2o.opportunity.won.v1",
    ]


async def test_an_opportunity_that_is_not_there_yet(tx: AsyncConnection) -> None:
    with pytest.raises(NotYet) as early:
        await on_order_confirmed(tx, order_confirmed(), meta())
    assert early.value.code == "OPPORTUNITY_NOT_FOUND"


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.at = clock.now()

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


async def test_an_order_before_its_opportunity_waits_and_is_applied_once(
    committed: Committed, stored: Stored, tenant: UUID
) -> None:
    now, orders = Clock(), subscription("orders")
    opportunity_id = new_id()
    early = record(tenant, order_confirmed(opportunity_id=opportunity_id))
    processor = Processor(orders, committed.worker, now=now)
    await processor.apply([early])
    await processor.apply([early])  # redelivered while it waits
    assert await stored.parked() == [("NOT_YET", "PARKED")]
    retrier = Retrier([orders], committed.worker, now=now)
    now.forward(1)
    assert await retrier.pass_once() == 0  # still not there

    async with committed.app.begin(tenant) as tx:
        await add_opportunity(tx, opportunity_id=opportunity_id)
    now.forward(5)
    assert await retrier.pass_once() == 1
    assert await stored.parked() == [("NOT_YET", "REDRIVEN")]
    await processor.apply([early])
    [row] = await stored.rows(store.opportunities)
    assert (row["stage"], row["version"]) == (Stage.WON, 2)
    assert await stored.count(store.stage_changes) == 1
    assert await stored.published() == [("l2o.opportunity.won.v1", 2)]


async def test_one_that_waits_holds_up_no_other_order(
    committed: Committed, stored: Stored, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        opportunity = await add_opportunity(tx)
    waits, goes = order_confirmed(), order_confirmed(opportunity_id=opportunity.id)
    records = [record(tenant, event, partition=0) for event in (waits, goes)]
    await Processor(subscription("orders"), committed.worker).apply(records)
    [row] = await stored.rows(store.opportunities)
    assert row["stage"] is Stage.WON
    assert await stored.parked() == [("NOT_YET", "PARKED")]


async def test_another_tenants_order_does_not_win(
    committed: Committed, stored: Stored, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        opportunity = await add_opportunity(tx)
    foreign = record(new_id(), order_confirmed(opportunity_id=opportunity.id))
    await Processor(subscription("orders"), committed.worker).apply([foreign])
    [row] = await stored.rows(store.opportunities)
    assert row["stage"] is Stage.FIRST_CONTACT
    assert await stored.published() == []
