"""Carries out changes of many leads, and gives them back what they had."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.records.access.transfers import TransferRequest, transfer_record
from chassis.records.access.visibility import Access
from chassis.records.record_commands import visibility_for
from chassis.records.record_lookups import visible_ids
from chassis.web.auth import Principal
from chassis.web.commands import Command
from kernel.errors import DomainError, Forbidden, NotFound, RuleBroken
from mtl.assignments.actions.running import choose_owner
from mtl.bulk_changes import store
from mtl.bulk_changes.actions.leavers import hand_over_steps
from mtl.bulk_changes.domain import (
    BulkChange,
    BulkOutcome,
    BulkState,
    LeadChange,
    restored,
    values_before,
)
from mtl.followups.actions import edit_follow_up
from mtl.followups.store import open_steps_of
from mtl.leads.actions.holdings import rooms_of
from mtl.leads.actions.records import edit_lead
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import UnassignedReason
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.holdings import lock_leads

LEADS_AT_ONCE: Final = 50


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
    chunk = await _locked_chunk(command, [row["lead_id"] for row in rows])
    await _lock_owners(command, bulk.lead_change, rows, undoes=undoes)
    for row in rows:
        await _attempt(command, bulk, chunk, row, undoes=undoes)
    if len(rows) == LEADS_AT_ONCE or await _more_steps(command, bulk, undoes=undoes):
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


@dataclass(frozen=True)
class _Chunk:
    """The leads of a chunk, which are locked, and which of them the caller sees and may change."""

    leads: Mapping[UUID, Lead]
    visible: Collection[UUID]
    writable: Collection[UUID]

    async def writable_lead(self, tx: AsyncConnection, lead_id: UUID) -> Lead:
        """Return a lead that the caller may change.

        Raises NotFound, LeadIsMerged, Forbidden (RECORD_READ_ONLY).
        """
        if lead_id not in self.visible:
            raise NotFound("lead", lead_id)
        if lead_id not in self.writable:
            raise Forbidden("RECORD_READ_ONLY")
        return self.leads.get(lead_id) or await LEAD.get(tx, lead_id)


async def _locked_chunk(command: Command, ids: Sequence[UUID]) -> _Chunk:
    """Lock leads with one statement, in the order in which all who lock several do."""
    leads = await lock_leads(command.tx, ids)
    visibility = await visibility_for(command, LEADS.resource)
    visible = await visible_ids(command.tx, LEADS, ids, visibility)
    writable = await visible_ids(command.tx, LEADS, visible, visibility, Access.WRITE)
    return _Chunk(leads, visible, writable)


async def _lock_owners(
    command: Command, change: LeadChange, rows: Sequence[Mapping[str, Any]], *, undoes: bool
) -> None:
    """Lock what the people hold who get leads: in one order, and after the leads."""
    owners = {row["owner_before"] for row in rows} if undoes else {change.owner_id}
    known = sorted(one for one in owners if one is not None)
    if known:
        await rooms_of(command.tx, known)


async def _attempt(
    command: Command, bulk: BulkChange, chunk: _Chunk, row: Mapping[str, Any], *, undoes: bool
) -> None:
    lead_id: UUID = row["lead_id"]
    try:
        async with command.tx.begin_nested():
            lead = await chunk.writable_lead(command.tx, lead_id)
            make = _give_back if undoes else _change
            made = await make(command, bulk.lead_change, lead, row)
    except DomainError as refused:
        outcome = BulkOutcome.EDITED_SINCE if undoes else BulkOutcome.REFUSED
        made = _Made(outcome, {"code": refused.code})
    await store.set_outcome(command.tx, bulk.id, lead_id, made.outcome, **made.values)


async def _change(
    command: Command, change: LeadChange, before: Lead, row: Mapping[str, Any]
) -> _Made:
    saved = before
    if change.edited(before) != before:
        saved = await edit_lead(command, before.id, change.edited)
    owner_id = await _new_owner(command, change, saved)
    if owner_id is not None and owner_id != before.owner_id:
        saved = await _hand_over(command, before, owner_id, steps=change.next_steps)
    if saved == before:
        return _Made(BulkOutcome.UNCHANGED, {})
    values = {"before": values_before(before, change), "lead_version": saved.version}
    return _Made(BulkOutcome.CHANGED, {**values, "owner_before": before.owner_id})


async def _give_back(
    command: Command, change: LeadChange, lead: Lead, row: Mapping[str, Any]
) -> _Made:
    """Give a lead back what it had, unless somebody has edited it since."""
    if lead.version != row["lead_version"]:
        return _Made(BulkOutcome.EDITED_SINCE, {})
    before: Mapping[str, Any] = row["before"]
    if restored(lead, before) != lead:
        await edit_lead(command, lead.id, lambda stored: restored(stored, before))
    owner_before: str | None = row["owner_before"]
    if owner_before is not None and owner_before != lead.owner_id:
        await _hand_over(command, lead, owner_before, steps=change.next_steps)
    return _Made(BulkOutcome.UNDONE, {})


async def _new_owner(command: Command, change: LeadChange, lead: Lead) -> str | None:
    """Return who gets the lead: who is named, or whom the rules of assignment choose.

    None if the owner stays. Raises RuleBroken with the reason for which nobody may get it.
    """
    if not change.by_rules:
        return change.owner_id
    excluded = {one for one in (change.leaver_id, lead.owner_id) if one is not None}
    plan = await choose_owner(command, lead, excluded)
    if plan.chosen.owner_id is None:
        raise RuleBroken(str(plan.reason or UnassignedReason.NOBODY_ELIGIBLE))
    return plan.chosen.owner_id


async def _more_steps(command: Command, bulk: BulkChange, *, undoes: bool) -> bool:
    """Hand over the next steps that a person who leaves has at leads of others, some at once.

    Return whether there may be more of them.
    """
    change = bulk.lead_change
    if undoes or change.leaver_id is None or not change.next_steps:
        return False
    return await hand_over_steps(command, change.leaver_id, change.owner_id)


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
