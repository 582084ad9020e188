"""A cancelled rebuild leaves the present copy and removes the new one; the swap may be first."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from chassis.events.consumer.processing import Processor
from chassis.events.envelope import Envelope
from chassis.events.rebuilds import staging
from chassis.events.rebuilds.logs import LogPage, Places
from chassis.events.rebuilds.requests import Rebuild, RebuildStatus, cancel_rebuild
from chassis.events.rebuilds.tables import staged_states
from chassis.foundation.clock import now
from kernel.errors import Conflict, NotFound
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import Partition
from libs.chassis.tests.events.rebuilds.generations import (
    NOTES,
    ListLog,
    build,
    copied,
    outcome_of,
    request,
)
from testkit.database import note_copies
from testkit.plugin import Client, Committed


class InterruptedLog(ListLog):
    """A log during whose second page something happens."""

    def __init__(self, values: list[bytes], happens: Callable[[], Awaitable[object]]) -> None:
        super().__init__(values, page=1)
        self._happens = happens

    async def read(self, places: Places) -> LogPage:
        page = await super().read(places)
        if len(self.reads) == 2:
            await self._happens()
        return page


async def cancel(committed: Committed, tenant: UUID, rebuild_id: UUID) -> Rebuild:
    async with committed.app.begin(tenant) as tx:
        return await cancel_rebuild(tx, rebuild_id, by="ada", now=now(), note="not needed")


async def staged(committed: Committed) -> int:
    async with committed.worker.begin(None) as tx:
        return await tx.scalar(select(func.count()).select_from(staged_states)) or 0


async def damaged_copy(committed: Committed, tenant: UUID) -> list[bytes]:
    """Copy some notes and damage the copy; return the log."""
    partition = Partition(tenant)
    records = [partition.note(new_id(), 1, "right") for _ in range(5)]
    await Processor(NOTES, committed.worker).apply(records)
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(update(note_copies).values(text="damaged"))
    return [record.value for record in records]


async def texts(committed: Committed, tenant: UUID) -> set[str]:
    return {row[2] for row in (await copied(committed.worker, tenant)).values()}


async def test_the_present_copy_stays_and_the_new_one_is_removed(
    committed: Committed, tenant: UUID
) -> None:
    values = await damaged_copy(committed, tenant)
    rebuild = await request(committed.worker, tenant)
    log = InterruptedLog(values, lambda: cancel(committed, tenant, rebuild))
    assert await build(committed.worker, log) == 0
    assert log.reads == [0, 1]  # it reads no further
    assert await texts(committed, tenant) == {"damaged"}
    assert await staged(committed) == 0
    cancelled = await outcome_of(committed.worker, tenant, rebuild)
    assert (cancelled.status, cancelled.cancelled_by, cancelled.cancel_note) == (
        RebuildStatus.CANCELLED,
        "ada",
        "not needed",
    )
    assert await cancel(committed, tenant, rebuild) == cancelled
    await request(committed.worker, tenant)  # another one may begin
    assert await build(committed.worker, ListLog(values)) == 1
    assert await texts(committed, tenant) == {"right"}


async def test_the_others_of_a_generation_are_built(committed: Committed, tenant: UUID) -> None:
    other = new_id()
    values = [*await damaged_copy(committed, tenant), *await damaged_copy(committed, other)]
    rebuild = await request(committed.worker, tenant, other)
    log = InterruptedLog(values, lambda: cancel(committed, tenant, rebuild))
    assert await build(committed.worker, log) == 1
    assert await texts(committed, tenant) == {"damaged"}
    assert await texts(committed, other) == {"right"}
    assert await staged(committed) == 0


async def test_what_a_consumer_stages_just_then_is_removed_too(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "DISCARDED_STATES", 2)
    values = await damaged_copy(committed, tenant)
    rebuild = await request(committed.worker, tenant)
    envelopes = [record.value for record in map(Partition(tenant).append, values)]
    async with committed.worker.begin(tenant) as tx:  # a consumer that sees the rebuild
        assert await staging.running_rebuild(tx, tenant, NOTES.name) == (rebuild, None)
        await cancel(committed, tenant, rebuild)
        await staging.stage(tx, rebuild, [Envelope.decode(one) for one in envelopes])
    assert await staged(committed) == 5
    assert await build(committed.worker, ListLog(values)) == 0
    assert await staged(committed) == 0


async def test_either_the_swap_or_the_cancellation_wins(committed: Committed, tenant: UUID) -> None:
    values = await damaged_copy(committed, tenant)
    seen: set[RebuildStatus] = set()
    for turn in range(8):
        async with committed.worker.begin(tenant) as tx:
            await tx.execute(update(note_copies).values(text="damaged"))
        rebuild = await request(committed.worker, tenant)

        async def cancel_soon(rebuild: UUID = rebuild, turn: int = turn) -> Rebuild:
            await asyncio.sleep(0.01 * turn)
            return await cancel(committed, tenant, rebuild)

        swapped, cancelled = await asyncio.gather(
            build(committed.worker, ListLog(values, page=9)), cancel_soon(), return_exceptions=True
        )
        status = (await outcome_of(committed.worker, tenant, rebuild)).status
        seen.add(status)
        if status is RebuildStatus.CANCELLED:
            assert (swapped, await texts(committed, tenant)) == (0, {"damaged"})
            assert isinstance(cancelled, Rebuild)
        else:
            assert (swapped, await texts(committed, tenant)) == (1, {"right"})
            assert isinstance(cancelled, Conflict)
            assert cancelled.code == "RUN_ENDED"
    assert seen <= {RebuildStatus.CANCELLED, RebuildStatus.FINISHED}
    assert RebuildStatus.CANCELLED in seen  # at least the one that was cancelled at once
    assert await build(committed.worker, ListLog(values)) == 0
    assert await staged(committed) == 0


async def test_the_route_cancels_and_names_who_did(
    committed: Committed, committed_client: Client, tenant: UUID
) -> None:
    values = await damaged_copy(committed, tenant)
    body = {"subscription": "testkit.notes"}
    rebuild = (await committed_client.post("/replica-rebuilds", json=body)).json()
    path = f"/replica-rebuilds/{rebuild['id']}/cancel"
    cancelled = (await committed_client.post(path, json={"note": "later"})).json()
    assert (cancelled["status"], cancelled["cancel_note"]) == ("CANCELLED", "later")
    assert cancelled["cancelled_by"] == rebuild["requested_by"]
    assert (await committed_client.post(path, json={})).json() == cancelled
    again = (await committed_client.post("/replica-rebuilds", json=body)).json()
    await build(committed.worker, ListLog(values))
    path = f"/replica-rebuilds/{again['id']}/cancel"
    refused = await committed_client.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "RUN_ENDED")
    with pytest.raises(NotFound):
        await cancel(committed, new_id(), UUID(again["id"]))
