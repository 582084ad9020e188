"""Hand-made records, and a service that does what their texts say."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, Select, Table, Text, UniqueConstraint, Uuid, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts, parked_events, parked_keys
from chassis.database.columns import new_metadata, replica_columns, tenant_column
from chassis.database.engine import Database
from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.envelope import Envelope
from chassis.events.replicas import replicate
from chassis.events.subscriptions import (
    EventMeta,
    ReceivedEvent,
    ReplicaResult,
    Subscription,
    process,
    replica,
)
from kernel.errors import NotYet
from kernel.ids import new_id
from testkit.events import NoteWritten

TOPIC = "testkit.note.v1"
CREATED = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)

metadata = new_metadata()

# What a process did; `slot` is unique, but that is looked at when the transaction commits.
effects = Table(
    "consumed_effects",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True, default=new_id),
    Column("event_id", Uuid, nullable=False),
    Column("note_id", Uuid, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("slot", Text),
    UniqueConstraint("tenant_id", "slot", deferrable=True, initially="DEFERRED"),
)

copies = Table(
    "consumed_copies", metadata, *replica_columns(), Column("text", Text, nullable=False)
)


class Broken(Exception):
    """A bug in a handler."""


class Moods:
    """What the handlers complain about at the moment; tests change it."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.broken: set[str] = set()

    def judge(self, text: str) -> None:
        if text in self.missing:
            raise NotYet("NOTE_MISSING", text=text)
        if text in self.broken:
            raise Broken(text)


def recorder(moods: Moods, name: str = "sample.effects") -> Subscription:
    """A process that writes a row per event, in vain when it complains afterwards."""

    async def on_note_written(tx: AsyncConnection, event: NoteWritten, meta: EventMeta) -> None:
        slot = event.text if event.text.startswith("slot") else None
        await tx.execute(
            insert(effects).values(
                event_id=meta.event_id,
                note_id=event.note_id,
                sequence=meta.sequence,
                text=event.text,
                slot=slot,
            )
        )
        moods.judge(event.text)

    return process(name, {NoteWritten: on_note_written})


def copier(moods: Moods, name: str = "sample.copies") -> Subscription:
    """A replica of notes; an empty text deletes."""

    async def on_notes(
        tx: AsyncConnection, received: Sequence[ReceivedEvent[NoteWritten]]
    ) -> ReplicaResult:
        result = await replicate(
            tx, copies, received, lambda e: {"text": e.text, "deleted": not e.text}
        )
        for one in received:
            moods.judge(one.event.text)
        return result

    return replica(name, {NoteWritten: on_notes})


def envelope_of(
    tenant: UUID,
    note_id: UUID,
    sequence: int,
    text: str = "",
    *,
    event_id: UUID | None = None,
    epoch: int = 1,
    kind: str = NoteWritten.type,
) -> Envelope:
    return Envelope(
        id=event_id or new_id(),
        source="/testkit",
        type=kind,
        subject=note_id,
        time=CREATED,
        tenantid=tenant,
        sequence=sequence,
        epoch=epoch,
        correlationid="the-first-request",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data={"note_id": str(note_id), "text": text},
    )


class Partition:
    """One partition of the topic; what is appended gets the next offset."""

    def __init__(self, tenant: UUID, number: int = 0) -> None:
        self.tenant = tenant
        self.number = number
        self._next = 0

    def append(self, value: bytes) -> ConsumerRecord:
        self._next += 1
        return ConsumerRecord(TOPIC, self.number, self._next - 1, value)

    def note(
        self, note_id: UUID, sequence: int, text: str = "", *, kind: str = NoteWritten.type
    ) -> ConsumerRecord:
        text = text or f"v{sequence}"
        return self.append(envelope_of(self.tenant, note_id, sequence, text, kind=kind).encode())

    def again(self, record: ConsumerRecord) -> ConsumerRecord:
        """The same event once more, as a relay sends it after a crash."""
        return self.append(record.value)


async def rows(database: Database, tenant: UUID, query: Select[Any]) -> list[tuple[Any, ...]]:
    async with database.begin(tenant) as tx:
        return [tuple(row) for row in await tx.execute(query)]


async def applied(database: Database, tenant: UUID, note_id: UUID) -> list[int]:
    """The sequences of a note's effects, in the order they were made."""
    query = select(effects.c.sequence).where(effects.c.note_id == note_id).order_by(effects.c.id)
    return [row[0] for row in await rows(database, tenant, query)]


async def copied(database: Database, tenant: UUID) -> dict[UUID, tuple[Any, ...]]:
    """Of every copy: epoch, sequence, text, and whether it is deleted."""
    c = copies.c
    query = select(c.id, c.epoch, c.sequence, c.text, c.deleted)
    return {key: (*rest,) for key, *rest in await rows(database, tenant, query)}


COUNTED = ("applied", "skipped", "ignored", "parked", "duplicates")


async def counted(database: Database, tenant: UUID, subscription: Subscription) -> dict[str, int]:
    """The counts over all partitions; those that are 0 are left out."""
    query = select(*(consumer_counts.c[name] for name in COUNTED)).where(
        consumer_counts.c.tenant_id == tenant, consumer_counts.c.subscription == subscription.name
    )
    found = await rows(database, tenant, query)
    sums = {name: sum(row[i] for row in found) for i, name in enumerate(COUNTED)}
    return {name: count for name, count in sums.items() if count}


async def queue(database: Database, tenant: UUID) -> list[tuple[str, str, str]]:
    """What is parked: event id, reason and status, in order."""
    e = parked_events.c
    query = select(e.envelope["id"].astext, e.reason, e.status).where(e.tenant_id == tenant)
    return await rows(database, tenant, query.order_by(e.position))


async def blocked(database: Database, tenant: UUID) -> list[str]:
    query = select(parked_keys.c.key).where(parked_keys.c.tenant_id == tenant)
    return [str(row[0]) for row in await rows(database, tenant, query)]
