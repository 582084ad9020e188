"""Every subscription is a copy of aggregates, or a process that reacts to facts for a reason.

What holds a copy or a sum of a neighbour's data is a replica: it takes every event of the
aggregate, those declared later included, and can be rebuilt. A process takes the facts that it
names, so a fact declared later has no effect on it: that must be right for what it does.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from chassis.events.envelope import Envelope
from chassis.events.replicas import Copy, ReceivedState, ReplicaSubscription
from chassis.events.subscriptions import (
    EventMeta,
    ProcessSubscription,
    Subscription,
    SubscriptionKind,
    process,
)
from contracts.approvals import ApprovalRequestChanged, ApprovalRequestSnapshot
from contracts.attachments import AttachmentChanged, AttachmentSnapshot
from contracts.event import Event
from contracts.l2o.events import AccountChanged, AccountCreated, AccountDeleted
from contracts.messages import MessageRequested
from contracts.topics import declared_events
from contracts.work import WorkChanged, WorkSnapshot
from deploy.services import SERVICES
from kernel.ids import new_id
from testkit.plugin import Committed

PAYLOADS = Path(__file__).parent / "payloads"

# A process, the facts that it takes, and why what else happens to the record is not its business.
PROCESSES: Mapping[str, tuple[set[str], str]] = {
    "l2o.conversions": (
        {"converted", "requested", "cancelled"},
        "creates the records of a conversion, once, or never",
    ),
    "l2o.orders": ({"confirmed"}, "a confirmed order wins its opportunity, once and for good"),
    "mtl.conversions": ({"completed", "rejected"}, "ends a conversion; a conversion has one end"),
    "rms.quotes": ({"accepted"}, "an accepted quote becomes an order, once"),
    "org.work": (
        {"changed", "snapshot"},
        "all facts of work; what people did with a task is kept in org alone",
    ),
    "desk.attachments": (
        {"changed", "snapshot"},
        "all facts of attachments; what desk does about a file is kept in desk alone",
    ),
    "desk.message_requests": ({"requested"}, "sends what is asked for, once"),
    "desk.consents": (
        {"recorded", "snapshot"},
        "keeps the latest fact about an address; each fact is an aggregate of its own",
    ),
    "org.tenant_task_reports": ({"finished"}, "collects the one report of each service"),
    "desk.approval_requests": (
        {"changed", "snapshot"},
        "opens what is asked for, once, and ends what its service has ended",
    ),
    "cpq.approval_answers": (
        {"decided", "snapshot"},
        "acts on the one answer to a request; how the request got there is not its business",
    ),
    "cpq.transfers": (
        {"assigned"},
        "an assignment says whether quotes go along; no other fact moves any",
    ),
    "l2o.rfm_scores": (
        {"confirmed", "amended", "lines_cancelled", "cancelled"},
        "starts a job that sums what the copy of orders holds; every night another one does",
    ),
    "l2o.timelines": (
        {
            "created",
            "sent",
            "accepted",
            "rejected",
            "expired",
            "revised",
            "deleted",
            "restored",
            "confirmed",
            "amended",
            "lines_cancelled",
            "cancelled",
            "shipped",
            "overdue",
            "allocated",
            "reopened",
            "withdrawn",
            "received",
            "refunded",
            "reversed",
        },
        "adds a row for each fact, once; a history has no state that a copy could hold",
    ),
    "desk.approvers": ({"deactivated"}, "asks others where an approver has left"),
    "desk.leaves": ({"changed"}, "queues jobs by which substitutes decide, for certain days"),
    **{
        f"{service}.tenant_tasks": ({"requested"}, "does its part of a task for operators, once")
        for service in SERVICES
    },
}


# Facts that a process finds by their base class, of all services alike.
SHARED_FACTS = (
    *(WorkChanged, WorkSnapshot, ApprovalRequestChanged, ApprovalRequestSnapshot),
    *(AttachmentChanged, AttachmentSnapshot, MessageRequested),
)


def subscriptions() -> Iterator[Subscription]:
    for service in SERVICES:
        yield from import_module(f"{service}.worker").WORKER.subscriptions


ALL = {one.name: one for one in subscriptions()}
REPLICAS = [one for one in ALL.values() if isinstance(one, ReplicaSubscription)]
COPIES = [
    pytest.param(r, c, id=f"{r.name}:{c.state.aggregate}") for r in REPLICAS for c in r.copies
]


def facts_of(subscription: ProcessSubscription) -> set[str]:
    return {event.type.split(".")[2] for event in subscription.handlers}


def gathers(subscription: ProcessSubscription) -> set[str]:
    """Return the aggregates of which a process takes several facts by a list of its own.

    That is what a copy or a sum looks like. Facts found by their base class are no such list.
    """
    own = [event for event in subscription.handlers if not issubclass(event, SHARED_FACTS)]
    types = [event.type.rsplit(".", 2)[0] for event in own]
    return {aggregate for aggregate in types if types.count(aggregate) > 1}


def test_the_processes_are_those_with_a_reason() -> None:
    found = {
        name: facts_of(one) for name, one in ALL.items() if isinstance(one, ProcessSubscription)
    }
    assert found == {name: facts for name, (facts, _) in PROCESSES.items()}
    assert set(ALL) - set(found) == {one.name for one in REPLICAS}
    assert all(one.kind is SubscriptionKind.REPLICA for one in REPLICAS)


def test_no_process_lists_the_facts_of_an_aggregate_as_a_copy_would() -> None:
    found = {
        name: gathers(one) for name, one in ALL.items() if isinstance(one, ProcessSubscription)
    }
    # A conversion ends in one of two ways, and has no state to copy.
    assert found.pop("mtl.conversions") == {"l2o.conversion"}
    # It is requested or cancelled: commands, which have no state either.
    assert found.pop("l2o.conversions") == {"mtl.conversion"}
    # One fact, and the snapshot of it that restores a lost answer.
    assert found.pop("cpq.approval_answers") == {"desk.approval"}
    # One fact, and its snapshot; which address it is about decides, not which aggregate.
    assert found.pop("desk.consents") == {"mtl.consent"}
    # A timeline is a history of facts: it has no state, and nothing is summed.
    documents = {"cpq.quote", "rms.order", "rms.receivable", "rms.payment"}
    assert found.pop("l2o.timelines") == documents
    # It only starts a job, which sums what the copy of orders holds.
    assert found.pop("l2o.rfm_scores") == {"rms.order"}
    assert not any(found.values())


async def on_account(tx: AsyncConnection, event: Event, meta: EventMeta) -> None:
    raise NotImplementedError


def test_a_sum_over_listed_facts_is_found() -> None:
    sample = process(
        "sample.sums",
        dict.fromkeys([AccountCreated, AccountChanged, AccountDeleted], on_account),
    )
    assert gathers(sample) == {"l2o.account"}


def test_work_is_taken_by_its_base_class() -> None:
    work = ALL["org.work"]
    assert isinstance(work, ProcessSubscription)
    assert set(work.handlers) == {*declared_events(WorkChanged), *declared_events(WorkSnapshot)}


def state_sent(copied: Copy[Any]) -> Any:
    """Return the state of the aggregate's snapshot as it was first published."""
    state = copied.state
    return json.loads((PAYLOADS / f"{state.aggregate}.snapshot.v1.json").read_text())[state.field()]


@pytest.fixture
def service(replica: ReplicaSubscription) -> str:
    """The service that holds the copy."""
    return replica.name.partition(".")[0]


@pytest.mark.parametrize(("replica", "copied"), COPIES)
async def test_a_fact_that_no_class_declares_reaches_every_copy(
    replica: ReplicaSubscription, copied: Copy[Any], committed: Committed, tenant: UUID
) -> None:
    envelope = Envelope(
        id=new_id(),
        source="/invented",
        type=f"{copied.state.aggregate}.invented.v1",
        subject=new_id(),
        time=datetime(2026, 11, 22, 4, tzinfo=UTC),
        tenantid=tenant,
        sequence=7,
        epoch=1,
        correlationid="test",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        data={copied.state.field(): state_sent(copied)},
    )
    state = replica.decode(envelope)
    assert isinstance(state, copied.state)
    row = copied.row(ReceivedState(state, EventMeta.of(envelope)))
    assert (row["epoch"], row["sequence"]) == (1, 7)
    needed = {c.name for c in copied.table.c if not c.nullable and c.server_default is None}
    assert needed - {"tenant_id"} <= set(row)
    record = ConsumerRecord(envelope.topic, 0, 0, envelope.encode())
    await Processor(replica, committed.worker).apply([record])
    c = copied.table.c
    async with committed.app.begin(tenant) as tx:
        copies = (await tx.execute(select(c.epoch, c.sequence))).all()
    assert [tuple(one) for one in copies] == [(1, 7)]
