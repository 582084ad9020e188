"""What was done and is to be done again: reopened, restored, handed over."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Meta
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
from org.worker import DAY
from services.org.tests.factories import store_tenant
from services.org.tests.tasks.test_handlers import ME, a_lead, an_opportunity, tasks
from testkit import tokens

DUE = date(2026, 11, 21)
# In Shanghai the 22nd, the day after the due date, began at 16:00 UTC.
LATE = datetime(2026, 11, 21, 16, tzinfo=UTC)
IN_TIME = datetime(2026, 11, 21, 15, 59, tzinfo=UTC)
COLLEAGUE = "a-colleague"


@pytest.fixture(autouse=True)
async def here(tx: AsyncConnection, tenant: UUID) -> None:
    await store_tenant(tx, tenant)


class Facts:
    """Tells the worker's own subscription, so that what it does not listen to does nothing."""

    def __init__(self, tx: AsyncConnection, tenant: UUID) -> None:
        self._tx, self._tenant = tx, tenant

    async def tell(self, event: Event, *, at: datetime = LATE) -> None:
        handler = DAY.handlers.get(type(event))
        if handler is not None:
            await handler(self._tx, event, Meta(new_id(), self._tenant, new_id(), 1, 1, at))


@pytest.fixture
def facts(tx: AsyncConnection, tenant: UUID) -> Facts:
    return Facts(tx, tenant)


def a_receivable(**fields: Any) -> ReceivableState:
    zero, hundred = Money.of("0", "CNY"), Money.of("100", "CNY")
    known = {
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
    return ReceivableState(**{**known, **fields})


def with_(receivable: ReceivableState, **fields: Any) -> ReceivableState:
    return receivable.model_copy(update=fields)


def allocated(receivable: ReceivableState) -> ReceivableAllocated:
    settled = with_(receivable, status="SETTLED")
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


async def states(client: AsyncClient) -> list[str]:
    return [task["state"] for task in await tasks(client)]


async def test_an_overdue_receivable_is_collected_by_its_new_owner(
    client: AsyncClient, facts: Facts, tenant: UUID
) -> None:
    owed = a_receivable()
    await facts.tell(ReceivableOverdue(receivable=owed, overdue_date=date(2026, 11, 22)))
    assert await states(client) == ["OPEN"]
    theirs = with_(owed, owner_id=COLLEAGUE)
    await facts.tell(ReceivableAssigned(receivable=theirs, from_owner_id=ME, assigned_by=ME))
    assert await tasks(client) == []
    found = await client.get("/tasks", headers=tokens.bearer(tenant, sub=COLLEAGUE))
    [task] = found.json()["items"]
    assert (task["kind"], task["state"]) == ("COLLECT_RECEIVABLE", "OPEN")
    assert (task["record_id"], task["due_date"]) == (str(owed.receivable_id), "2026-11-21")


async def test_an_open_collection_moves_whatever_the_day(
    client: AsyncClient, facts: Facts, tenant: UUID
) -> None:
    owed = a_receivable()
    await facts.tell(ReceivableOverdue(receivable=owed, overdue_date=date(2026, 11, 22)))
    later = with_(owed, owner_id=COLLEAGUE, due_date=date(2026, 12, 31))
    await facts.tell(ReceivableAssigned(receivable=later, from_owner_id=ME, assigned_by=ME))
    assert await tasks(client) == []


@pytest.mark.parametrize(
    ("fields", "at"),
    [({}, IN_TIME), ({"status": "SETTLED"}, LATE), ({"owner_id": None}, LATE)],
    ids=["not overdue", "settled", "nobody's"],
)
async def test_nothing_is_to_be_collected(
    client: AsyncClient, facts: Facts, fields: dict[str, Any], at: datetime
) -> None:
    owed = a_receivable(**fields)
    await facts.tell(ReceivableAssigned(receivable=owed, assigned_by=ME), at=at)
    await facts.tell(reopened(owed), at=at)
    assert await tasks(client) == []


async def test_a_bounced_payment_gives_the_collection_again(
    client: AsyncClient, facts: Facts
) -> None:
    owed = a_receivable()
    await facts.tell(ReceivableOverdue(receivable=owed, overdue_date=date(2026, 11, 22)))
    await facts.tell(allocated(owed))
    assert await states(client) == ["DONE"]
    await facts.tell(reopened(owed))
    assert await states(client) == ["OPEN"]


async def test_what_was_paid_in_time_and_bounced_later_is_collected(
    client: AsyncClient, facts: Facts
) -> None:
    owed = a_receivable()
    await facts.tell(allocated(owed), at=IN_TIME)
    await facts.tell(reopened(owed))
    assert await states(client) == ["OPEN"]


async def test_what_is_owed_no_more_is_not_collected(client: AsyncClient, facts: Facts) -> None:
    owed = a_receivable()
    await facts.tell(ReceivableOverdue(receivable=owed, overdue_date=date(2026, 11, 22)))
    part = Money.of("40", "CNY")
    await facts.tell(ReceivableWithdrawn(receivable=owed, withdrawn_now=part))
    assert await states(client) == ["OPEN"]
    settled = with_(owed, status="SETTLED")
    await facts.tell(ReceivableWithdrawn(receivable=settled, withdrawn_now=part))
    assert await states(client) == ["DONE"]


async def test_a_lead_comes_back(client: AsyncClient, facts: Facts) -> None:
    lead = a_lead()
    await facts.tell(LeadAssigned(lead=lead, assigned_by=ME))
    for back in (
        LeadReopened(lead=lead, conversion_id=new_id(), reason="ACCOUNT_NOT_FOUND"),
        LeadRestored(lead=lead),
    ):
        await facts.tell(LeadDeleted(lead=lead))
        assert await states(client) == ["DONE"]
        await facts.tell(back)
        assert await states(client) == ["OPEN"]


async def test_a_lead_that_leads_nowhere_stays_ended(client: AsyncClient, facts: Facts) -> None:
    lead = a_lead()
    await facts.tell(LeadAssigned(lead=lead, assigned_by=ME))
    ended = with_lead(lead, status="DISQUALIFIED")
    await facts.tell(LeadDisqualified(lead=ended, reason="x"))
    await facts.tell(LeadDeleted(lead=ended))
    await facts.tell(LeadRestored(lead=ended))
    await facts.tell(LeadAssigned(lead=ended, assigned_by=ME))
    assert await states(client) == ["DONE"]


def with_lead(lead: Any, **fields: Any) -> Any:
    return lead.model_copy(update=fields)


async def test_a_restored_opportunity_is_worked_on_unless_it_has_ended(
    client: AsyncClient, facts: Facts
) -> None:
    opportunity = an_opportunity()
    await facts.tell(OpportunityAssigned(opportunity=opportunity, assigned_by=ME))
    await facts.tell(OpportunityDeleted(opportunity=opportunity))
    assert await states(client) == ["DONE"]
    lost = opportunity.model_copy(update={"stage": "LOST"})
    await facts.tell(OpportunityRestored(opportunity=lost))
    assert await states(client) == ["DONE"]
    await facts.tell(OpportunityRestored(opportunity=opportunity))
    assert await states(client) == ["OPEN"]
