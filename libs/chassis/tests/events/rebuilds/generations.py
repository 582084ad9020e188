"""A log in memory, and requests of rebuilds, for the tests of rebuilds."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from chassis.database.engine import Database
from chassis.events.rebuilds.logs import LogPage, OpenLog, Places
from chassis.events.rebuilds.rebuilder import Rebuilder
from chassis.events.rebuilds.requests import Rebuild, get_rebuild, request_rebuild
from chassis.events.replicas import Copy, replica
from chassis.foundation.clock import now
from contracts.event import SnapshotRunState
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import make_envelope
from testkit.database import note_copies
from testkit.events import CardSnapshotFinished, NoteState

NOTES = replica("testkit.notes", Copy(NoteState, note_copies))


class KilledError(Exception):
    """Stands for the end of a worker's process."""


def complete(tenant: UUID, snapshot_id: UUID, *aggregates: str) -> bytes:
    """Return the event that says that a snapshot is complete."""
    run = SnapshotRunState(
        snapshot_id=snapshot_id, aggregates=aggregates or ("testkit.note",), records=1
    )
    envelope = make_envelope(tenant, snapshot_id, 1, kind=CardSnapshotFinished.type)
    data = {"snapshot_run": run.model_dump(mode="json")}
    return replace(envelope, data=data, time=now()).encode()


class ListLog:
    """Records in memory as one partition; `kill_after` pages the reading process dies."""

    def __init__(self, values: Sequence[bytes], *, page: int = 3, kill_after: int = -1) -> None:
        self.values = values
        self.begins: Places = {"notes": 0}
        self.ends: Places = {"notes": len(values)}
        self.reads: list[int] = []
        self._page = page
        self._kill_after = kill_after

    @asynccontextmanager
    async def open(
        self, topics: Sequence[str], tenants: Collection[UUID]
    ) -> AsyncIterator[OpenLog]:
        assert set(topics) - {"testkit.snapshot_run.v1"} == {"testkit.note.v1"}
        assert tenants
        yield self

    async def read(self, places: Places) -> LogPage:
        if len(self.reads) == self._kill_after:
            raise KilledError
        start = places["notes"]
        self.reads.append(start)
        values = self.values[start : start + self._page]
        return LogPage(values, {"notes": start + len(values)})


async def request(database: Database, *tenants: UUID, snapshot_id: UUID | None = None) -> UUID:
    rebuild_id = new_id()
    async with database.begin(None) as tx:
        await request_rebuild(
            tx, tenants, NOTES.name, rebuild_id, by="ada", now=now(), snapshot_id=snapshot_id
        )
    return rebuild_id


async def build(database: Database, log: ListLog) -> int:
    return await Rebuilder([NOTES], database, log).build_requested()


async def outcome_of(database: Database, tenant: UUID, rebuild_id: UUID) -> Rebuild:
    async with database.begin(tenant) as tx:
        return await get_rebuild(tx, rebuild_id)


async def copied(database: Database, tenant: UUID) -> dict[UUID, tuple[int, int, str, bool]]:
    """Return epoch, sequence, text and deleted mark of every copy, by id."""
    c = note_copies.c
    query = select(c.id, c.epoch, c.sequence, c.text, c.deleted)
    async with database.begin(tenant) as tx:
        rows = await tx.execute(query)
        return {row.id: (row.epoch, row.sequence, row.text, row.deleted) for row in rows}
