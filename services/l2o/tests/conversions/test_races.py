"""Concurrent deliveries of a conversion create its records and its answer once."""

import asyncio
from uuid import UUID

import pytest

from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from l2o.accounts.store import accounts
from l2o.contacts.store import contacts
from l2o.conversions.store import conversions
from l2o.opportunities.store import opportunities, stage_changes
from services.l2o.tests.deliveries import CommittedRows, record, subscription
from services.l2o.tests.factories import add_account, lead_converted
from testkit.plugin import Committed

LEADS = 10


async def race(committed: Committed, *deliveries: list[ConsumerRecord]) -> None:
    """Apply each list of records concurrently by its own processor."""
    lead_conversions = subscription("conversions")
    await asyncio.gather(
        *(Processor(lead_conversions, committed.worker).apply(records) for records in deliveries)
    )


@pytest.mark.parametrize("same_event", [True, False], ids=["same event id", "another event id"])
@pytest.mark.parametrize("same_partition", [True, False], ids=["one partition", "two partitions"])
async def test_concurrent_deliveries_create_the_records_once(
    committed: Committed,
    stored: CommittedRows,
    tenant: UUID,
    *,
    same_event: bool,
    same_partition: bool,
) -> None:
    events = [lead_converted() for _ in range(LEADS)]
    left = [record(tenant, event, partition=0) for event in events]
    right = left
    if not same_event:
        partition = 0 if same_partition else 1
        right = [record(tenant, event, partition=partition) for event in events]
    elif not same_partition:
        right = [ConsumerRecord(each.topic, 1, each.offset, each.value) for each in left]
    await race(committed, left, right)
    tables = (accounts, contacts, opportunities, stage_changes, conversions)
    assert [await stored.count(table) for table in tables] == [LEADS] * 5
    event_types = [event_type for event_type, _ in await stored.published()]
    assert event_types.count("l2o.conversion.completed.v1") == LEADS
    assert len(event_types) == 7 * LEADS  # three records, three notices, and the outcome
    assert await stored.parked() == []


async def test_a_rejection_is_published_once(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    events = [lead_converted(existing_account=lead_converted().account_id) for _ in range(LEADS)]
    await race(committed, *([record(tenant, e, partition=p) for e in events] for p in range(3)))
    assert await stored.published() == [("l2o.conversion.rejected.v1", 1)] * LEADS
    assert await stored.parked() == []


async def test_concurrent_conversions_into_one_account_all_succeed(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
    events = [lead_converted(existing_account=account.id) for _ in range(LEADS)]
    await race(committed, *([record(tenant, event, partition=p)] for p, event in enumerate(events)))
    assert await stored.count(accounts) == 1
    assert {row["account_id"] for row in await stored.rows(opportunities)} == {account.id}
    assert await stored.count(opportunities) == LEADS
    assert await stored.parked() == []
