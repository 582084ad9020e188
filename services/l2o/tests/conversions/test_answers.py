"""L2O answers a conversion again that is requested again, and never creates a cancelled one."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.processing import Processor
from contracts.event import Event
from contracts.mtl.events import LeadConverted
from kernel.ids import new_id
from l2o.accounts.store import accounts
from l2o.contacts.store import contacts
from l2o.conversions.handlers import (
    on_conversion_cancelled,
    on_conversion_requested,
    on_lead_converted,
)
from l2o.conversions.store import conversions
from l2o.opportunities.store import opportunities, stage_changes
from services.l2o.tests.deliveries import CommittedRows, meta, record, subscription
from services.l2o.tests.factories import cancelled, lead_converted, requested_again
from testkit.plugin import Committed, PublishedFacts

COMPLETED, REJECTED = "l2o.conversion.completed.v1", "l2o.conversion.rejected.v1"
TABLES = (accounts, contacts, opportunities, stage_changes)
LEADS = 10


async def test_a_conversion_requested_again_is_answered_again_and_creates_nothing(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    event = lead_converted()
    await on_lead_converted(tx, event, meta())
    before = await published()
    for _ in range(2):
        await on_conversion_requested(tx, requested_again(event), meta())
    again = (await published())[len(before) :]
    assert [(one.type, one.sequence) for one in again] == [(COMPLETED, 2), (COMPLETED, 3)]
    assert [one.payload for one in again] == [before[-1].payload] * 2


async def test_a_conversion_that_never_arrived_is_made_when_it_is_requested_again(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    event = lead_converted()
    await on_conversion_requested(tx, requested_again(event), meta())
    await on_lead_converted(tx, event, meta())
    types = [one.type for one in await published()]
    assert types.count("l2o.opportunity.opened.v1") == 1
    assert types.count(COMPLETED) == 1


async def test_a_rejection_is_given_again_with_its_reason(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    event = lead_converted(existing_account=new_id())
    await on_lead_converted(tx, event, meta())
    await on_conversion_requested(tx, requested_again(event), meta())
    first, again = await published()
    assert (first.type, again.type) == (REJECTED, REJECTED)
    assert (first.payload, again.sequence) == (again.payload, 2)


async def test_a_cancelled_conversion_that_arrives_late_creates_nothing(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    event = lead_converted()
    await on_conversion_cancelled(tx, cancelled(event), meta())
    await on_lead_converted(tx, event, meta())
    [answer] = await published()
    assert (answer.type, answer.payload["reason"]) == (REJECTED, "CONVERSION_UNANSWERED")
    await on_conversion_requested(tx, requested_again(event), meta())
    assert [one.type for one in await published()] == [REJECTED, REJECTED]


async def test_a_cancellation_after_the_creation_is_answered_with_the_creation(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    event = lead_converted()
    await on_lead_converted(tx, event, meta())
    await on_conversion_cancelled(tx, cancelled(event), meta())
    *_, first, again = await published()
    assert (first.type, again.type) == (COMPLETED, COMPLETED)


async def _deliver(committed: Committed, tenant: UUID, event: Event, lead_id: UUID) -> None:
    processor = Processor(subscription("conversions"), committed.worker)
    await processor.apply([record(tenant, event, subject=lead_id)])


@pytest.mark.parametrize("first", ["converted", "cancelled"])
async def test_a_cancellation_that_races_the_creation_has_one_outcome(
    committed: Committed, stored: CommittedRows, tenant: UUID, first: str
) -> None:
    """Whoever comes first decides: all records of a lead or none, and the answers agree."""

    async def both(event: LeadConverted) -> None:
        lead_id = event.lead.lead_id
        deliveries = [
            _deliver(committed, tenant, event, lead_id),
            _deliver(committed, tenant, cancelled(event), event.conversion_id),
        ]
        await asyncio.gather(*(deliveries if first == "converted" else reversed(deliveries)))

    for _ in range(LEADS):
        await both(lead_converted())
    rows = await stored.rows(conversions)
    created = {row["account_id"] for row in rows if row["rejected_for"] is None}
    assert len(rows) == LEADS
    assert {row["id"] for row in await stored.rows(accounts)} == created
    assert [await stored.count(table) for table in TABLES] == [len(created)] * 4
    assert await stored.parked() == []
    answers = [kind for kind, _ in await stored.published() if kind in (COMPLETED, REJECTED)]
    # A cancellation that came second repeats the answer; a conversion that came second is silent.
    assert answers.count(COMPLETED) == 2 * len(created)
    assert answers.count(REJECTED) == LEADS - len(created)


async def test_three_deliveries_and_two_requests_at_once_create_one_of_each(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    event = lead_converted()
    lead_id = event.lead.lead_id
    await asyncio.gather(
        *(_deliver(committed, tenant, event, lead_id) for _ in range(3)),
        *(
            _deliver(committed, tenant, requested_again(event), event.conversion_id)
            for _ in range(2)
        ),
    )
    assert [await stored.count(table) for table in TABLES] == [1] * 4
    assert await stored.parked() == []
    [row] = await stored.rows(conversions)
    kinds = [version for kind, version in await stored.published() if kind == COMPLETED]
    assert kinds == list(range(1, row["version"] + 1))
