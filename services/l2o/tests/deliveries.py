"""Kafka records for tests, and the committed rows after their delivery."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.schema import Table

from chassis.database.backbone_tables import outbox, parked_events
from chassis.database.engine import Database
from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.envelope import Envelope
from chassis.events.outbox import bucket_of
from chassis.events.subscriptions import EventMeta, Subscription
from contracts.event import AggregateState, Event
from kernel.ids import new_id
from l2o.worker import SUBSCRIPTIONS
from services.l2o.tests.factories import NOON

_offsets = count()


def subscription(name: str) -> Subscription:
    """The subscription of L2O with this name, without the prefix `l2o.`."""
    return next(each for each in SUBSCRIPTIONS if each.name == f"l2o.{name}")


def meta() -> EventMeta:
    """Any metadata of an event, for tests that call a handler directly."""
    return EventMeta(
        event_id=new_id(),
        tenant=new_id(),
        aggregate_id=new_id(),
        sequence=1,
        epoch=1,
        occurred_at=NOON,
    )


def record(
    tenant: UUID, event: Event, *, subject: UUID | None = None, partition: int | None = None
) -> ConsumerRecord:
    """The record of an event with a new event id, at the end of its partition."""
    subject = subject or new_id()
    envelope = _envelope(tenant, event.type, subject, event.model_dump(mode="json"))
    partition = bucket_of(subject) if partition is None else partition
    return ConsumerRecord(event.topic(), partition, next(_offsets), envelope.encode())


def event_record(
    tenant: UUID, event: Event, subject: UUID, *, sequence: int, at: datetime, event_id: UUID
) -> ConsumerRecord:
    """The record of an event of a version that happened at an instant, under this id."""
    content = event.model_dump(mode="json")
    envelope = _envelope(tenant, event.type, subject, content, sequence=sequence)
    placed = replace(envelope, id=event_id, time=at)
    return ConsumerRecord(event.topic(), bucket_of(subject), next(_offsets), placed.encode())


def state_record(
    tenant: UUID,
    state: AggregateState,
    subject: UUID,
    *,
    fact: str = "changed",
    sequence: int = 1,
) -> ConsumerRecord:
    """The record of any fact of an aggregate, also of one that no event class declares."""
    data = {state.field(): state.model_dump(mode="json")}
    envelope = _envelope(tenant, f"{state.aggregate}.{fact}.v1", subject, data, sequence=sequence)
    return ConsumerRecord(state.topic(), bucket_of(subject), next(_offsets), envelope.encode())


def _envelope(
    tenant: UUID, type_: str, subject: UUID, data: dict[str, Any], *, sequence: int = 1
) -> Envelope:
    return Envelope(
        id=new_id(),
        source=f"/{type_.partition('.')[0]}",
        type=type_,
        subject=subject,
        time=NOON,
        tenantid=tenant,
        sequence=sequence,
        epoch=1,
        correlationid="the-first-request",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data=data,
    )


@dataclass(frozen=True)
class CommittedRows:
    """The committed rows of a tenant."""

    database: Database
    tenant: UUID

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        """All rows of a table, ordered by id."""
        async with self.database.begin(self.tenant) as tx:
            rows = await tx.execute(select(table).order_by(table.c.id))
            return [dict(row) for row in rows.mappings()]

    async def count(self, table: Table) -> int:
        """The number of rows of a table."""
        async with self.database.begin(self.tenant) as tx:
            return int((await tx.execute(select(func.count()).select_from(table))).scalar_one())

    async def published(self) -> list[tuple[str, int]]:
        """Type and version of every published event, in order."""
        async with self.database.begin(self.tenant) as tx:
            rows = await tx.execute(select(outbox.c.type, outbox.c.aggversion).order_by("seq"))
            return [(row.type, row.aggversion) for row in rows]

    async def parked(self) -> list[tuple[str, str]]:
        """Reason and status of every event that was ever parked."""
        async with self.database.begin(self.tenant) as tx:
            rows = await tx.execute(select(parked_events.c.reason, parked_events.c.status))
            return [(row.reason, row.status) for row in rows]
