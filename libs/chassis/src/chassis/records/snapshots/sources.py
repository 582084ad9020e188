"""Sources of snapshots: where the records of an aggregate are read, a page at a time."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_types import RecordType
from contracts.event import EVENT_CLASSES, Event, State, snapshot_classes
from contracts.topics import load_events


class SnapshotRecord(Protocol):
    """A record whose saves are published: it has an id, a version and a state."""

    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    def state(self) -> State: ...


LoadRecords = Callable[[AsyncConnection, Sequence[UUID]], Awaitable[Sequence[Any]]]


@dataclass(frozen=True)
class SnapshotPage:
    """Records of an aggregate in the order of their ids; `last_id` is None after the last page."""

    records: Sequence[Any]
    last_id: UUID | None


@dataclass(frozen=True)
class SnapshotSource:
    """Where the records of an aggregate such as `l2o.account` are read.

    `key` is the column with their ids; `load` reads records by id, deleted ones included. Frozen
    ones are facts that are never changed: they need no lock against writers.
    """

    aggregate: str
    key: Column[UUID]
    load: LoadRecords
    is_frozen: bool = False

    async def count(self, tx: AsyncConnection) -> int:
        """Return the number of records."""
        return await tx.scalar(select(func.count()).select_from(self.key.table)) or 0

    async def page(self, tx: AsyncConnection, after_id: UUID | None, size: int) -> SnapshotPage:
        """Read the next records behind this id, and lock them against writers until the commit."""
        query = select(self.key).order_by(self.key).limit(size + 1)
        if not self.is_frozen:
            query = query.with_for_update(read=True)
        if after_id is not None:
            query = query.where(self.key > after_id)
        found = list((await tx.execute(query)).scalars())
        ids = found[:size]
        records = await self.load(tx, ids) if ids else []
        ordered = sorted(records, key=lambda record: record.id)
        return SnapshotPage(ordered, ids[-1] if len(found) > size else None)

    def event(self, record: SnapshotRecord, snapshot_id: UUID) -> Event:
        """Return the snapshot of a record."""
        kind = EVENT_CLASSES[f"{self.aggregate}.snapshot.v1"]
        field = self.aggregate.partition(".")[2]
        run: dict[str, Any] = {"snapshot_id": snapshot_id}
        return kind(**{field: record.state()}, **run)


def declared_source(
    aggregate: str, key: Column[UUID], load: LoadRecords
) -> tuple[SnapshotSource, ...]:
    """Return the source of an aggregate such as `l2o.grant`; none if its service declares none."""
    load_events()
    if aggregate not in snapshot_classes(aggregate.partition(".")[0]):
        return ()
    return (SnapshotSource(aggregate, key, load),)


def record_source(record_type: RecordType[Any]) -> SnapshotSource:
    """Return the source of the records of a type, whose aggregate is named like the resource."""
    resource = record_type.scoped.resource
    return SnapshotSource(resource, record_type.table.c.id, record_type.get_all)
