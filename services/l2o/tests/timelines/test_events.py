"""The timeline of an account from events, in any order, twice and late."""

from random import Random
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.events.consumer.processing import Processor
from contracts.event import Event, Snapshot
from kernel.ids import new_id
from l2o.timelines.domain import SOURCES, TimelineFact
from l2o.timelines.store import timeline_entries
from services.l2o.tests.activities.calling import account, opportunity, read
from services.l2o.tests.deliveries import CommittedRows, subscription
from services.l2o.tests.timelines.histories import SALE, Happened, sale
from testkit.plugin import Committed


async def deliver(committed: Committed, tenant: UUID, happened: list[Happened]) -> None:
    processor = Processor(subscription("timelines"), committed.worker, monotonic_offsets=False)
    for one in happened:
        await processor.apply([one.record(tenant)])


def shown(items: list[dict[str, Any]]) -> list[tuple[str, str | None, str | None]]:
    return [(one["title"], one["amount"] and one["amount"]["amount"], one["mark"]) for one in items]


@pytest.mark.parametrize("seed", range(3))
async def test_a_sale_reads_the_same_in_any_order_with_duplicates(
    committed_client: AsyncClient,
    committed: Committed,
    stored: CommittedRows,
    tenant: UUID,
    seed: int,
) -> None:
    account_id = await account(committed_client)
    deal = await opportunity(committed_client, account_id)
    happened = sale(UUID(account_id), UUID(deal)) * 2
    Random(seed).shuffle(happened)
    await deliver(committed, tenant, happened)
    page = await read(committed_client, f"/accounts/{account_id}/timeline?limit=100")
    opened, rest = page["items"][0], page["items"][1:]
    assert opened["title"] == "Opportunity “2027 年度采购” opened at “First contact”"
    assert shown(rest) == SALE
    assert await stored.parked() == []


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_any_deliveries_of_all_events_leave_the_same_rows(
    committed: Committed, data: st.DataObject
) -> None:
    tenants = [new_id(), new_id()]
    happened = sale(new_id(), new_id())
    again = data.draw(st.lists(st.sampled_from(happened), max_size=6))
    orders = [happened, data.draw(st.permutations([*happened, *again]))]
    rows = []
    for tenant, order in zip(tenants, orders, strict=True):
        await deliver(committed, tenant, order)
        found = await CommittedRows(committed.app, tenant).rows(timeline_entries)
        rows.append([{**row, "tenant_id": None} for row in found])
    assert rows[0] == rows[1]
    assert len(rows[0]) == len(happened)


async def test_an_account_that_comes_late_has_its_timeline(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Documents may arrive before the account that they are of."""
    account_id = await account(committed_client)
    await deliver(committed, tenant, sale(UUID(account_id), new_id()))
    page = await read(committed_client, f"/accounts/{account_id}/timeline")
    # The quotes are of an opportunity that is not there, so that nobody sees it.
    assert shown(page["items"]) == [one for one in SALE if not one[0].startswith("Quote")]


def test_every_fact_has_one_source_and_no_snapshot_is_news() -> None:
    assert sorted(source.fact for source in SOURCES.values()) == sorted(TimelineFact)
    assert not any(issubclass(kind, Snapshot) for kind in SOURCES)
    assert all(issubclass(kind, Event) for kind in SOURCES)
