"""Generated tasks that are completed, reopened and reassigned by events."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from contracts.event import Event
from contracts.l2o.events import OpportunityAssigned, OpportunityDeleted, OpportunityRestored
from contracts.mtl.events import (
    LeadAssigned,
    LeadDeleted,
    LeadDisqualified,
    LeadReopened,
    LeadRestored,
)
from contracts.rms.events import (
    ReceivableAllocated,
    ReceivableAssigned,
    ReceivableOverdue,
    ReceivableReopened,
    ReceivableState,
    ReceivableWithdrawn,
)
from kernel.ids import new_id
from kernel.money import Money
from org.worker import DAY_SUBSCRIPTION
from services.org.tests.factories import store_tenant
from services.org.tests.tasks.test_handlers import ME, a_lead, an_opportunity, list_tasks
from testkit import tokens

DUE = date(2026, 11, 21)
# The 22nd, the day after the due date, begins at 16:00 UTC in Shanghai.
OVERDUE_TIME = datetime(2026, 11, 21, 16, tzinfo=UTC)
IN_TIME = datetime(2026, 11, 21, 15, 59, tzinfo=UTC)
COLLEAGUE = "a-colleague"


@pytest.fixture(autouse=True)
async def _stored_tenant(tx: AsyncConnection, tenant: UUID) -> None:
    await store_tenant(tx, tenant)


class Events:
    """Hands events to the worker's own subscription, which ignores those it does not contain."""

    def __init__(self, tx: AsyncConnection, tenant: UUID) -> None:
        self._tx, self._tenant = tx, tenant

    async def handle(self, event: Event, *, at: datetime = OVERDUE_TIME) -> None:
        handler = DAY_SUBSCRIPTION.handlers.get(type(event))
        if handler is not None:
            await handler(self._tx, event, EventMeta(new_id(), self._tenant, new_id(), 1, 1, at))


@pytest.fixture
def events(tx: AsyncConnection, tenant: UUID) -> Events:
    return Events(tx, tenant)


def a_receivable(**fields: Any) -> ReceivableState:
    zero, hundred = Money.of("0", "CNY"), Money.of("100", "CNY")
    defaults = {
        "receivable_id": new_id(),
        "document_no": "AR-1",
        "order_id": new_id(),
        "order_no": "SO-1",
        "shipment_id": new_id(),
        "account_id": new_id(),
        "account_name": "上海测试",
        "amount": hundred,
        "allocated": zero,
        "open": hundred,
        "due_date": DUE,
        "status": "OPEN",
        "owner_id": ME,
    }
    return ReceivableState(**{**defaults, **fields})


def changed(receivable: ReceivableState, **fields: Any) -> ReceivableState:
    return receivable.model_copy(update=fields)


def allocated(receivable: ReceivableState) -> ReceivableAllocated:
    settled = changed(receivable, status="SETTLED")
    return ReceivableAllocated(
        receivable=settled,
        allocation_id=new_id(),
        payment_id=new_id(),
        allocated_now=receivable.amount,
    )


def reopened(receivable: ReceivableState) -> ReceivableReopened:
    return ReceivableReopened(
        receivable=receivable,
        allocation_id=new_id(),
        reverses_id=new_id(),
        payment_id=new_id(),
        reopened_now=receivable.amount,
    )


async def task_states(client: AsyncClient) -> list[str]:
    return [task["state"] for task in await list_tasks(client)]


async def test_the_collection_task_moves_to_the_new_owner(
    client: AsyncClient, events: Events, tenant: UUID
) -> None:
    receivable = a_receivable()
    await events.handle(ReceivableOverdue(receivable=receivable, overdue_date=date(2026, 11, 22)))
    assert await task_states(client) == ["OPEN"]
    handed_over = changed(receivable, owner_id=COLLEAGUE)
    await events.handle(
        ReceivableAssigned(receivable=handed_over, from_owner_id=ME, assigned_by=ME)
    )
    assert await list_tasks(client) == []
    answer = await client.get("/tasks", headers=tokens.bearer(tenant, sub=COLLEAGUE))
    [task] = answer.json()["items"]
    assert (task["kind"], task["state"]) == ("COLLECT_RECEIVABLE", "OPEN")
    assert (task["record_id"], task["due_date"]) == (str(receivable.receivable_id), "2026-11-21")


async def test_an_open_collection_task_moves_even_before_the_due_date(
    client: AsyncClient, events: Events, tenant: UUID
) -> None:
    receivable = a_receivable()
    await events.handle(ReceivableOverdue(receivable=receivable, overdue_date=date(2026, 11, 22)))
    handed_over = changed(receivable, owner_id=COLLEAGUE, due_date=date(2026, 12, 31))
    await events.handle(
        ReceivableAssigned(receivable=handed_over, from_owner_id=ME, assigned_by=ME)
    )
    assert await list_tasks(client) == []


@pytest.mark.parametrize(
    ("fields", "at"),
    [({}, IN_TIME), ({"status": "SETTLED"}, OVERDUE_TIME), ({"owner_id": None}, OVERDUE_TIME)],
    ids=["not overdue", "settled", "nobody's"],
)
async def test_no_collection_task_without_an_overdue_amount_and_an_owner(
    client: AsyncClient, events: Events, fields: dict[str, Any], at: datetime
) -> None:
    receivable = a_receivable(**fields)
    await events.handle(ReceivableAssigned(receivable=receivable, assigned_by=ME), at=at)
    await events.handle(reopened(receivable), at=at)
    assert await list_tasks(client) == []


async def test_a_reversed_payment_reopens_the_collection_task(
    client: AsyncClient, events: Events
) -> None:
    receivable = a_receivable()
    await events.handle(ReceivableOverdue(receivable=receivable, overdue_date=date(2026, 11, 22)))
    await events.handle(allocated(receivable))
    assert await task_states(client) == ["DONE"]
    await events.handle(reopened(receivable))
    assert await task_states(client) == ["OPEN"]


async def test_a_payment_in_time_that_is_reversed_later_creates_a_collection_task(
    client: AsyncClient, events: Events
) -> None:
    receivable = a_receivable()
    await events.handle(allocated(receivable), at=IN_TIME)
    await events.handle(reopened(receivable))
    assert await task_states(client) == ["OPEN"]


async def test_a_withdrawal_that_settles_the_receivable_completes_the_task(
    client: AsyncClient, events: Events
) -> None:
    receivable = a_receivable()
    await events.handle(ReceivableOverdue(receivable=receivable, overdue_date=date(2026, 11, 22)))
    part = Money.of("40", "CNY")
    await events.handle(ReceivableWithdrawn(receivable=receivable, withdrawn_now=part))
    assert await task_states(client) == ["OPEN"]
    settled = changed(receivable, status="SETTLED")
    await events.handle(ReceivableWithdrawn(receivable=settled, withdrawn_now=part))
    assert await task_states(client) == ["DONE"]


async def test_a_reopened_or_restored_lead_reopens_its_task(
    client: AsyncClient, events: Events
) -> None:
    lead = a_lead()
    await events.handle(LeadAssigned(lead=lead, assigned_by=ME))
    for event in (
        LeadReopened(lead=lead, conversion_id=new_id(), reason="ACCOUNT_NOT_FOUND"),
        LeadRestored(lead=lead),
    ):
        await events.handle(LeadDeleted(lead=lead))
        assert await task_states(client) == ["DONE"]
        await events.handle(event)
        assert await task_states(client) == ["OPEN"]


async def test_the_task_of_a_disqualified_lead_stays_done(
    client: AsyncClient, events: Events
) -> None:
    lead = a_lead()
    await events.handle(LeadAssigned(lead=lead, assigned_by=ME))
    disqualified = with_lead(lead, status="DISQUALIFIED")
    await events.handle(LeadDisqualified(lead=disqualified, reason="x"))
    await events.handle(LeadDeleted(lead=disqualified))
    await events.handle(LeadRestored(lead=disqualified))
    await events.handle(LeadAssigned(lead=disqualified, assigned_by=ME))
    assert await task_states(client) == ["DONE"]


def with_lead(lead: Any, **fields: Any) -> Any:
    return lead.model_copy(update=fields)


async def test_a_restored_opportunity_reopens_its_task_unless_it_is_lost(
    client: AsyncClient, events: Events
) -> None:
    opportunity = an_opportunity()
    await events.handle(OpportunityAssigned(opportunity=opportunity, assigned_by=ME))
    await events.handle(OpportunityDeleted(opportunity=opportunity))
    assert await task_states(client) == ["DONE"]
    lost = opportunity.model_copy(update={"stage": "LOST"})
    await events.handle(OpportunityRestored(opportunity=lost))
    assert await task_states(client) == ["DONE"]
    await events.handle(OpportunityRestored(opportunity=opportunity))
    assert await task_states(client) == ["OPEN"]
