"""Starts and undoes changes of many leads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis.jobs import queue
from chassis.records.access.transfers import active_owner_name
from chassis.records.lists.batches import list_rows
from chassis.records.record_commands import visibility_for
from chassis.web.commands import Command
from contracts.work import RecordRef
from kernel.errors import Conflict, NotFound, RuleBroken
from kernel.ids import new_id
from mtl.bulk_changes import store
from mtl.bulk_changes.actions.leavers import leave_places
from mtl.bulk_changes.domain import MAX_LEADS, BulkChange, BulkState, LeadChange, selection
from mtl.leads.store import LEADS, LISTING

BULK_JOB: Final = "lead_bulk_change"


async def start_bulk_change(command: Command, query: str, change: LeadChange) -> BulkChange:
    """Queue a change of all leads that the query selects for the caller now.

    A person who leaves loses their places in pools and channels at once. Raises Invalid (an error
    of the query, OWNER_UNKNOWN, OWNER_INACTIVE), Conflict (BULK_TOO_LARGE), Forbidden
    (SCOPE_MISSING) if the caller may not change what the one who leaves has.
    """
    caller = command.caller
    assert caller is not None, "somebody changes leads"
    if change.owner_id is not None:
        await active_owner_name(command.tx, change.owner_id, pointer="/change/owner_id")
    query = selection(query, change)
    lead_ids = [one async for one in _selected(command, query)]
    if change.leaver_id is not None:
        await leave_places(command, change.leaver_id, change.owner_id)
    bulk = BulkChange(
        id=new_id(),
        query=query,
        change=change.to_json(),
        leads=len(lead_ids),
        created_by=caller.subject,
        caller_kind=caller.kind,
        scopes=tuple(sorted(caller.scopes)),
        created_at=command.now,
    )
    await store.add(command.tx, bulk, sorted(lead_ids))
    await _queue(command, bulk)
    return bulk


async def _selected(command: Command, query: str) -> AsyncIterator[UUID]:
    """Yield the ids of the leads that a query selects. Raises Conflict (BULK_TOO_LARGE)."""
    caller = command.caller
    assert caller is not None
    parsed = LISTING.parse_query(query, subject=caller.subject, scopes=caller.scopes)
    visibility = await visibility_for(command, LEADS.resource)
    count = 0
    async for rows in list_rows(command.tx, LISTING, parsed, visibility):
        count += len(rows)
        if count > MAX_LEADS:
            raise Conflict("BULK_TOO_LARGE", maximum=MAX_LEADS)
        for row in rows:
            yield row["id"]


async def undo_bulk_change(command: Command, change_id: UUID) -> BulkChange:
    """Queue the undoing of a bulk change of the caller; one that is undone stays as it is.

    Raises NotFound, RuleBroken (BULK_NOT_DONE) while it is still at work.
    """
    bulk = await own_bulk_change(command, change_id, lock=True)
    if bulk.state in (BulkState.UNDOING, BulkState.UNDONE):
        return bulk
    if bulk.state is BulkState.RUNNING:
        raise RuleBroken("BULK_NOT_DONE")
    undoing = replace(bulk, state=BulkState.UNDOING, finished_at=None)
    await store.set_state(command.tx, undoing)
    await _queue(command, undoing)
    return undoing


async def own_bulk_change(command: Command, change_id: UUID, *, lock: bool = False) -> BulkChange:
    """Return a bulk change of the caller. Raises NotFound, also for one of another person."""
    bulk = await store.get(command.tx, change_id, lock=lock)
    if command.actor != bulk.created_by:
        raise NotFound("bulk_change", change_id)
    return bulk


async def _queue(command: Command, bulk: BulkChange) -> None:
    about = RecordRef(resource="mtl.bulk_change", record_id=bulk.id)
    key = str(bulk.id)
    await queue.enqueue(command.tx, BULK_JOB, key, run_at=command.now, about=about, replace=True)
