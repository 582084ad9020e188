"""Starts, makes and undoes changes of many leads."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.records.access.guards import caller_access, ensure_access
from chassis.records.access.transfers import TransferRequest, active_owner_name, transfer_record
from chassis.records.access.visibility import Access
from chassis.records.lists.batches import list_rows
from chassis.records.record_commands import visibility_for
from chassis.web.auth import Principal
from chassis.web.commands import Command
from contracts.work import RecordRef
from kernel.errors import Conflict, DomainError, NotFound, RuleBroken
from kernel.ids import new_id
from mtl.bulk_changes import store
from mtl.bulk_changes.domain import (
    MAX_LEADS,
    BulkChange,
    BulkOutcome,
    BulkState,
    LeadChange,
    restored,
    values_before,
)
from mtl.followups.actions import edit_follow_up
from mtl.followups.store import open_steps_of
from mtl.leads.actions.records import edit_lead
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEAD, LEADS, LISTING

BULK_JOB: Final = "lead_bulk_change"
LEADS_AT_ONCE: Final = 50


async def start_bulk_change(command: Command, query: str, change: LeadChange) -> BulkChange:
    """Queue a change of all leads that the query selects for the caller now.

    Raises Invalid (an error of the query, OWNER_UNKNOWN, OWNER_INACTIVE), Conflict
    (BULK_TOO_LARGE).
    """
    caller = command.caller
    assert caller is not None, "somebody changes leads"
    if change.owner_id is not None:
        await active_owner_name(command.tx, change.owner_id, pointer="/change/owner_id")
    lead_ids = [one async for one in _selected(command, query)]
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


async def run_chunk(tx: AsyncConnection, job: queue.Job) -> bool:
    """Change, or give back, the next 50 leads; return whether there may be more.

    What one lead is refused for is noted with it, and the others go on.
    """
    bulk = await store.get(tx, UUID(job.key), lock=True)
    if not bulk.state.is_at_work:
        return False
    undoes = bulk.state is BulkState.UNDOING
    next_outcome = BulkOutcome.CHANGED if undoes else BulkOutcome.WAITING
    rows = await store.next_leads(tx, bulk.id, next_outcome, limit=LEADS_AT_ONCE)
    command = Command(tx, job.now, caller=_caller_of(bulk, job.tenant), actor=bulk.created_by)
    for row in rows:
        await _attempt(command, bulk, row, undoes=undoes)
    if len(rows) == LEADS_AT_ONCE:
        return True
    ended = BulkState.UNDONE if undoes else BulkState.DONE
    await store.set_state(tx, replace(bulk, state=ended, finished_at=job.now))
    return False


async def fail_bulk_change(tx: AsyncConnection, job: queue.Job) -> None:
    """Mark a bulk change whose job was given up; what it has changed can still be undone."""
    bulk = await store.get(tx, UUID(job.key), lock=True)
    if bulk.state.is_at_work:
        await store.set_state(tx, replace(bulk, state=BulkState.FAILED, finished_at=job.now))


@dataclass(frozen=True)
class _Made:
    """What became of a lead, and what an undo needs."""

    outcome: BulkOutcome
    values: Mapping[str, Any]


async def _attempt(
    command: Command, bulk: BulkChange, row: Mapping[str, Any], *, undoes: bool
) -> None:
    lead_id: UUID = row["lead_id"]
    try:
        async with command.tx.begin_nested():
            make = _give_back if undoes else _change
            made = await make(command, bulk.lead_change, row)
    except DomainError as refused:
        outcome = BulkOutcome.EDITED_SINCE if undoes else BulkOutcome.REFUSED
        made = _Made(outcome, {"code": refused.code})
    await store.set_outcome(command.tx, bulk.id, lead_id, made.outcome, **made.values)


async def _change(command: Command, change: LeadChange, row: Mapping[str, Any]) -> _Made:
    lead_id: UUID = row["lead_id"]
    before = await _writable(command, lead_id)
    saved = before
    if change.edited(before) != before:
        saved = await edit_lead(command, lead_id, change.edited)
    if change.owner_id is not None and change.owner_id != before.owner_id:
        saved = await _hand_over(command, before, change.owner_id, steps=change.next_steps)
    if saved == before:
        return _Made(BulkOutcome.UNCHANGED, {})
    values = {"before": values_before(before, change), "lead_version": saved.version}
    return _Made(BulkOutcome.CHANGED, {**values, "owner_before": before.owner_id})


async def _give_back(command: Command, change: LeadChange, row: Mapping[str, Any]) -> _Made:
    """Give a lead back what it had, unless somebody has edited it since."""
    lead_id: UUID = row["lead_id"]
    lead = await _writable(command, lead_id)
    if lead.version != row["lead_version"]:
        return _Made(BulkOutcome.EDITED_SINCE, {})
    before: Mapping[str, Any] = row["before"]
    if restored(lead, before) != lead:
        await edit_lead(command, lead_id, lambda stored: restored(stored, before))
    owner_before: str | None = row["owner_before"]
    if owner_before is not None and owner_before != lead.owner_id:
        await _hand_over(command, lead, owner_before, steps=change.next_steps)
    return _Made(BulkOutcome.UNDONE, {})


async def _writable(command: Command, lead_id: UUID) -> Lead:
    """Lock a lead that the caller may change. Raises NotFound, Forbidden (RECORD_READ_ONLY)."""
    assert command.caller is not None
    access = await caller_access(command.tx, command.caller, LEADS, lead_id, command.now, lock=True)
    ensure_access(access, Access.WRITE)
    return await LEAD.get(command.tx, lead_id, lock=True)


async def _hand_over(command: Command, lead: Lead, owner_id: str, *, steps: bool) -> Lead:
    """Transfer a lead, with the open next steps of its owner if `steps` is set."""
    request = TransferRequest(LEADS, _give, owner_id, of_many=True)
    await transfer_record(replace(command, announces=False), request, lead.id)
    if steps and lead.owner_id is not None:
        for follow_up_id in await open_steps_of(command.tx, lead.id, lead.owner_id):
            await edit_follow_up(command, follow_up_id, lambda one: replace(one, owner_id=owner_id))
    return await LEAD.get(command.tx, lead.id)


async def _give(command: Command, record_id: UUID, owner_id: str, /) -> Lead:
    return await edit_lead(command, record_id, lambda lead: lead.owned_by(owner_id))


def _caller_of(bulk: BulkChange, tenant: UUID) -> Principal:
    return Principal(
        tenant_id=tenant,
        subject=bulk.created_by,
        kind=cast(Literal["person", "client"], bulk.caller_kind),
        scopes=frozenset(bulk.scopes),
    )


async def _queue(command: Command, bulk: BulkChange) -> None:
    about = RecordRef(resource="mtl.bulk_change", record_id=bulk.id)
    key = str(bulk.id)
    await queue.enqueue(command.tx, BULK_JOB, key, run_at=command.now, about=about, replace=True)
