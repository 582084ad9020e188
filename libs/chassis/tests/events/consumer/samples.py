"""Sample records, and subscriptions whose handlers fail on the texts a test names."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, Select, Table, Text, UniqueConstraint, Uuid, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts, parked_events, parked_keys
from chassis.database.columns import new_metadata, replica_columns, tenant_column
from chassis.database.engine import Database
from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.envelope import Envelope
from chassis.events.replicas import Copy, ReplicaSubscription, replica
from chassis.events.subscriptions import EventMeta, ProcessSubscription, Subscription, process
from chassis.foundation import clock
from kernel.errors import NotYet
from kernel.ids import new_id
from testkit.events import NoteState, NoteWritten

TOPIC = "testkit.note.v1"
CREATED = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)

metadata = new_metadata()

# The effects of a process; `slot` is unique, which is checked when the transaction commits.
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


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = clock.now()

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


class HandlerBroken(Exception):
    """A bug in a handler."""


class Faults:
    """The texts on which the handlers fail at the moment; tests change them."""

    def __init__(self) -> None:
        self.not_yet: set[str] = set()
        self.broken: set[str] = set()

    def raise_for(self, text: str) -> None:
        if text in self.not_yet:
            raise NotYet("NOTE_MISSING", text=text)
        if text in self.broken:
            raise HandlerBroken(text)


def effects_process(faults: Faults, name: str = "sample.effects") -> ProcessSubscription:
    """Return a process that writes a row per event, and then fails where `faults` says so."""

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
        faults.raise_for(event.text)

    return process(name, {NoteWritten: on_note_written})


def copies_replica(faults: Faults, name: str = "sample.copies") -> ReplicaSubscription:
    """Return a replica of notes that fails where `faults` says so."""

    def columns(note: NoteState) -> Mapping[str, Any]:
        faults.raise_for(note.text)
        return {}

    return replica(name, Copy(NoteState, copies, columns=columns))


def make_envelope(
    tenant: UUID,
    note_id: UUID,
    sequence: int,
    text: str = "",
    *,
    event_id: UUID | None = None,
    epoch: int = 1,
    kind: str = NoteWritten.type,
    actor: str | None = None,
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
        actor=actor,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data=note_data(note_id, text),
    )


def note_data(note_id: UUID, text: str) -> dict[str, Any]:
    """Return the data of a note's event: what is special to the fact, and the note's state."""
    state = {"note_id": str(note_id), "text": text, "deleted": not text}
    return {"note_id": str(note_id), "text": text, "note": state}


class Partition:
    """One partition of the topic; an appended value gets the next offset."""

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
        return self.append(make_envelope(self.tenant, note_id, sequence, text, kind=kind).encode())

    def redeliver(self, record: ConsumerRecord) -> ConsumerRecord:
        """Append the same event again, as a relay sends it after a crash."""
        return self.append(record.value)


async def fetch_rows(database: Database, tenant: UUID, query: Select[Any]) -> list[tuple[Any, ...]]:
    async with database.begin(tenant) as tx:
        return [tuple(row) for row in await tx.execute(query)]


async def effects_of(database: Database, tenant: UUID, note_id: UUID) -> list[int]:
    """Return the sequences of a note's effects, in the order of their commits."""
    query = select(effects.c.sequence).where(effects.c.note_id == note_id).order_by(effects.c.id)
    return [row[0] for row in await fetch_rows(database, tenant, query)]


async def replicated(database: Database, tenant: UUID) -> dict[UUID, tuple[Any, ...]]:
    """Return epoch, sequence, text and deleted mark of every replica row, by id."""
    c = copies.c
    query = select(c.id, c.epoch, c.sequence, c.text, c.deleted)
    return {key: (*rest,) for key, *rest in await fetch_rows(database, tenant, query)}


COUNTED = ("applied", "skipped", "ignored", "parked", "duplicates")


async def outcomes(database: Database, tenant: UUID, subscription: Subscription) -> dict[str, int]:
    """Return the counts over all partitions, without those that are 0."""
    query = select(*(consumer_counts.c[name] for name in COUNTED)).where(
        consumer_counts.c.tenant_id == tenant, consumer_counts.c.subscription == subscription.name
    )
    counts = await fetch_rows(database, tenant, query)
    sums = {name: sum(row[i] for row in counts) for i, name in enumerate(COUNTED)}
    return {name: count for name, count in sums.items() if count}


async def parked_queue(database: Database, tenant: UUID) -> list[tuple[str, str, str]]:
    """Return event id, reason and status of the parked events, in order."""
    e = parked_events.c
    query = select(e.envelope["id"].astext, e.reason, e.status).where(e.tenant_id == tenant)
    return await fetch_rows(database, tenant, query.order_by(e.position))


async def keys_parked(database: Database, tenant: UUID) -> list[str]:
    query = select(parked_keys.c.key).where(parked_keys.c.tenant_id == tenant)
    return [str(row[0]) for row in await fetch_rows(database, tenant, query)]
