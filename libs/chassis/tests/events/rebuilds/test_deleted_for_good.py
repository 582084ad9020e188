"""Rows that the publisher has deleted for good: a rebuild neither keeps nor restores them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from chassis.database.connections import open_connection
from chassis.database.tombstones import leave_tombstone
from chassis.events.consumer.processing import Processor
from chassis.events.in_process_transport import InProcessTransport
from chassis.events.rebuilds.logs import OutboxLog
from chassis.events.rebuilds.rebuilder import Rebuilder
from chassis.events.rebuilds.requests import RebuildStatus, request_rebuild
from chassis.events.rebuilds.tables import staged_states
from chassis.events.relay.relay import Relay
from chassis.events.replicas import Copy, replica
from chassis.foundation.clock import now
from chassis.jobs.queue import Done
from chassis.records.record_commands import create_record, edit_record, remove_record, save_record
from chassis.web.commands import Command
from kernel.errors import NotFound
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import Partition, make_envelope
from libs.chassis.tests.events.rebuilds.generations import (
    NOTES,
    ListLog,
    build,
    complete,
    copied,
    outcome_of,
    request,
)
from libs.chassis.tests.records.snapshots import snapshotting
from testkit.cards.store import CARD, Card
from testkit.database import cards, note_copies
from testkit.events import CardState
from testkit.plugin import Committed

CARD_COPIES = replica(
    "testkit.card_copies", Copy(CardState, note_copies, columns=lambda card: {"text": card.title})
)


def snapshot_of(tenant: UUID, note: UUID, snapshot_id: UUID, sequence: int = 3) -> bytes:
    kind = "testkit.note.snapshot.v1"
    envelope = make_envelope(tenant, note, sequence, "real", kind=kind)
    data = {**envelope.data, "snapshot_id": str(snapshot_id)}
    return replace(envelope, data=data, time=now()).encode()


@pytest.mark.parametrize("case", ["whole", "cut short", "another one", "none asked for"])
async def test_only_a_complete_snapshot_shows_what_the_publisher_lacks(
    committed: Committed, tenant: UUID, case: str
) -> None:
    """A log that was cut off does not show it. What is missing becomes a tombstone."""
    real, ghost, snapshot = new_id(), new_id(), new_id()
    old = make_envelope(tenant, ghost, 1, "ghost").encode()  # days before the snapshot
    await Processor(NOTES, committed.worker).apply([Partition(tenant).append(old)])
    of = new_id() if case == "another one" else snapshot
    values = [old, snapshot_of(tenant, real, of)]
    if case != "cut short":
        values.append(complete(tenant, of))
    asked = None if case == "none asked for" else snapshot
    rebuild = await request(committed.worker, tenant, snapshot_id=asked)
    await build(committed.worker, ListLog(values))
    is_deleted = case == "whole"
    assert await copied(committed.worker, tenant) == {
        real: (1, 3, "real", False),
        ghost: (1, 1, "ghost", is_deleted),
    }
    result = await outcome_of(committed.worker, tenant, rebuild)
    kept = 1 if case in ("cut short", "another one") else 0  # the whole log still has the ghost
    assert (result.rows_deleted, result.rows_kept) == (int(is_deleted), kept)


async def test_an_old_event_that_comes_late_restores_nothing(
    committed: Committed, tenant: UUID
) -> None:
    partition, ghost, snapshot = Partition(tenant), new_id(), new_id()
    old = partition.note(ghost, 1, "ghost")
    await Processor(NOTES, committed.worker).apply([old])
    await request(committed.worker, tenant, snapshot_id=snapshot)
    await build(committed.worker, ListLog([complete(tenant, snapshot)]))
    await Processor(NOTES, committed.worker).apply([partition.redeliver(old)])
    assert await copied(committed.worker, tenant) == {ghost: (1, 1, "ghost", True)}


async def test_a_publisher_without_any_record_empties_the_copy(
    committed: Committed, tenant: UUID
) -> None:
    partition, snapshot = Partition(tenant), new_id()
    notes = [partition.note(new_id(), 1) for _ in range(3)]
    await Processor(NOTES, committed.worker).apply(notes)
    rebuild = await request(committed.worker, tenant, snapshot_id=snapshot)
    await build(committed.worker, ListLog([complete(tenant, snapshot)]))
    assert {row[3] for row in (await copied(committed.worker, tenant)).values()} == {True}
    assert (await outcome_of(committed.worker, tenant, rebuild)).rows_deleted == 3


async def test_a_snapshot_of_other_aggregates_deletes_nothing(
    committed: Committed, tenant: UUID
) -> None:
    note, snapshot = Partition(tenant).note(new_id(), 1), new_id()
    await Processor(NOTES, committed.worker).apply([note])
    rebuild = await request(committed.worker, tenant, snapshot_id=snapshot)
    await build(committed.worker, ListLog([complete(tenant, snapshot, "testkit.card")]))
    result = await outcome_of(committed.worker, tenant, rebuild)
    assert (result.rows_deleted, result.rows_kept, result.whole_aggregates) == (0, 1, ())


async def test_a_deletion_while_the_snapshot_is_read_wins_over_it(
    committed: Committed, tenant: UUID
) -> None:
    note, snapshot = new_id(), new_id()
    values = [snapshot_of(tenant, note, snapshot), complete(tenant, snapshot)]
    await request(committed.worker, tenant, snapshot_id=snapshot)
    deletion = replace(make_envelope(tenant, note, 4), time=now())
    partition = Partition(tenant)
    await Processor(NOTES, committed.worker).apply([partition.append(deletion.encode())])
    await build(committed.worker, ListLog(values))
    assert await copied(committed.worker, tenant) == {note: (1, 4, "", True)}


async def test_the_events_of_a_deleted_tenant_bring_nothing_back(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.worker.begin(tenant) as tx:
        await leave_tombstone(tx)
    rebuild = await request(committed.worker, tenant)
    assert await build(committed.worker, ListLog([Partition(tenant).note(new_id(), 1).value])) == 0
    assert await copied(committed.worker, tenant) == {}
    with pytest.raises(NotFound):
        await outcome_of(committed.worker, tenant, rebuild)
    async with committed.worker.begin(None) as tx:
        assert (await tx.execute(select(staged_states))).all() == []


class Cards:
    """The cards of one tenant, a copy of them, and a log that may lose its past."""

    def __init__(self, committed: Committed, tenant: UUID) -> None:
        self.committed, self.tenant = committed, tenant
        self.ids: list[UUID] = []
        processor = Processor(CARD_COPIES, committed.worker, monotonic_offsets=False)
        self._relay = Relay("testkit", committed.urls.worker_url, InProcessTransport([processor]))

    async def act(self, step: tuple[str, int]) -> None:
        verb, number = step
        if verb == "deliver":
            await self.deliver()
        elif verb == "lose":
            async with open_connection(self.committed.urls.owner_url, name="test") as owner:
                await owner.execute("DELETE FROM outbox WHERE type NOT LIKE '%snapshot%'")
        elif verb == "create" or not self.ids:
            await self._create()
        else:
            await self._change(verb, self.ids[number % len(self.ids)])

    async def _create(self) -> None:
        at = now()
        card = Card(id=new_id(), title="first", created_at=at, updated_at=at)
        async with self.committed.app.begin(self.tenant) as tx:
            await create_record(Command(tx, at), CARD, card)
        self.ids.append(card.id)

    async def _change(self, verb: str, card_id: UUID) -> None:
        async with self.committed.app.begin(self.tenant) as tx:
            command = Command(tx, now())
            before = await CARD.get(tx, card_id, lock=True, with_deleted=True)
            if before.deleted_at is not None:
                verb = "restore"
            if verb == "edit":
                title = partial(replace, title=f"edited {new_id()}")
                await edit_record(command, CARD, card_id, title)
            elif verb in ("delete", "restore"):
                after = replace(before, deleted_at=command.now if verb == "delete" else None)
                await save_record(command, CARD, before, after, CARD.changed)
            else:
                await remove_record(command, CARD, card_id)
                self.ids.remove(card_id)

    async def deliver(self) -> None:
        await self._relay.drain()

    async def source(self) -> dict[UUID, tuple[int, str]]:
        query = select(cards.c.id, cards.c.version, cards.c.title).where(
            cards.c.deleted_at.is_(None)
        )
        async with self.committed.worker.begin(self.tenant) as tx:
            return {row.id: (row.version, row.title) for row in await tx.execute(query)}

    async def copy(self) -> dict[UUID, tuple[int, str]]:
        rows = await copied(self.committed.worker, self.tenant)
        return {key: (row[1], row[2]) for key, row in rows.items() if not row[3]}

    async def snapshot(self, meanwhile: Sequence[tuple[str, int]]) -> UUID:
        """Publish a snapshot page by page, with a step between two pages."""
        steps, database = iter(meanwhile), self.committed.worker
        snapshot_id = await snapshotting.request(database, self.tenant, records_per_second=2)
        while not isinstance(
            await snapshotting.run_chunk(database, self.tenant, snapshot_id), Done
        ):
            if (step := next(steps, None)) is not None:
                await self.act(step)
            else:
                await self.deliver()
        return snapshot_id

    async def rebuild(self, snapshot_id: UUID) -> None:
        rebuild_id, database = new_id(), self.committed.worker
        async with database.begin(None) as tx:
            await request_rebuild(
                tx,
                [self.tenant],
                CARD_COPIES.name,
                rebuild_id,
                by="ada",
                now=now(),
                snapshot_id=snapshot_id,
            )
        await Rebuilder([CARD_COPIES], database, OutboxLog({"testkit": database})).build_requested()
        assert (
            await outcome_of(database, self.tenant, rebuild_id)
        ).status is RebuildStatus.FINISHED


STEPS = st.tuples(
    st.sampled_from(["create", "edit", "delete", "remove", "remove", "deliver", "lose"]),
    st.integers(0, 9),
)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    before=st.lists(STEPS, min_size=4, max_size=10),
    meanwhile=st.lists(STEPS.filter(lambda step: step[0] != "lose"), max_size=3),
)
async def test_a_copy_rebuilt_from_a_snapshot_equals_the_source_whatever_was_lost(
    committed: Committed, before: list[tuple[str, int]], meanwhile: list[tuple[str, int]]
) -> None:
    board = Cards(committed, new_id())
    for _ in range(4):
        await board.act(("create", 0))
    await board.deliver()
    for step in before:
        await board.act(step)
    snapshot_id = await board.snapshot(meanwhile)
    await asyncio.gather(board.rebuild(snapshot_id), board.act(("create", 0)))
    await board.deliver()
    assert await board.copy() == await board.source()
