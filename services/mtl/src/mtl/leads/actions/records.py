"""The commands that capture, edit, delete and restore leads."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish_all
from chassis.jobs import queue
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.record_commands import (
    delete_record,
    edit_record,
    restore_record,
    visibility_for,
    with_valid_custom_fields,
)
from chassis.records.writes import insert_rows
from chassis.web.commands import Command
from contracts.mtl.events import LeadCaptured
from contracts.work import RecordRef
from mtl.consents.domain import all_values_of
from mtl.consents.store import bans_of
from mtl.leads.actions.holdings import ensure_room, may_overfill, within_quotas
from mtl.leads.actions.releases import ensure_may_take
from mtl.leads.actions.returns import recognized_leads
from mtl.leads.actions.scoring import SCORED_BY, scorer_by, scorer_of
from mtl.leads.actions.totals import save_do_not_contact
from mtl.leads.domain.keys import DuplicateLead
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import AssignmentStatus
from mtl.leads.store import LEAD, LEADS, reservations
from mtl.leads.store.clocks import clock_reader_by
from mtl.rule_sets.store import LEAD_RETENTION, VERSIONS

ASSIGNMENT_JOB: Final = "lead_assignment"


async def capture_lead(command: Command, lead: Lead, *, passes_on: bool = False) -> Lead:
    """Create one lead; `passes_on` says that its owner gives it to another at once.

    Raises Invalid (custom fields) and Conflict: HOLDING_FULL, or LEAD_DUPLICATE, which identifies
    the existing lead only if it is visible to the caller.
    """
    lead = await with_valid_custom_fields(command, LEAD, lead)
    if lead.owner_id is not None and not passes_on:
        await ensure_room(command.tx, lead.owner_id)
    [captured] = await _capture(command, [lead], EVERYTHING)
    if isinstance(captured, DuplicateLead):
        visibility = await visibility_for(command, LEADS.resource)
        duplicate = {lead.id: captured}
        shown = await reservations.hide_invisible(command.tx, duplicate, visibility)
        raise shown[lead.id].as_conflict()
    return captured


async def capture_leads(
    command: Command, leads: Sequence[Lead], visibility: Visibility = EVERYTHING
) -> list[Lead | DuplicateLead]:
    """Create leads as if one after the other; return a lead or its duplicate for each, in order.

    Leads beyond what their owners may hold are left without one. The caller has validated owners
    and custom fields. Raises Conflict (QUOTA_ROWS).
    """
    return await _capture(command, await within_quotas(command.tx, leads), visibility)


async def _capture(
    command: Command, leads: Sequence[Lead], visibility: Visibility
) -> list[Lead | DuplicateLead]:
    tx = command.tx
    complete = await _completed(tx, leads)
    duplicates = await reservations.reserve_keys(tx, complete)
    new = [lead for lead in complete if lead.id not in duplicates]
    captured = await _stored(command, await recognized_leads(command, new))
    duplicates = await reservations.hide_invisible(tx, duplicates, visibility)
    made = {lead.id: lead for lead in captured}
    return [made.get(lead.id) or duplicates[lead.id] for lead in complete]


async def _completed(tx: AsyncConnection, leads: Sequence[Lead]) -> list[Lead]:
    """Return new leads with their scores, their clocks, and the media that they withdrew."""
    versions = await VERSIONS.latest_of(tx, [*SCORED_BY, LEAD_RETENTION])
    scorer = await scorer_by(tx, versions)
    clocks = await clock_reader_by(tx, versions.get(LEAD_RETENTION))
    scored = [await clocks.kept(None, scorer.score(lead), now=lead.created_at) for lead in leads]
    return await with_bans(tx, scored)


async def _stored(command: Command, leads: Sequence[Lead]) -> Sequence[Lead]:
    """Insert new leads, publish them, and let the rules assign those that wait for it."""
    await insert_rows(command.tx, LEAD.table, leads)
    await publish_all(command.tx, [(LEAD.event(LeadCaptured, lead), lead) for lead in leads])
    await _assign_later(command, leads)
    return leads


async def _assign_later(command: Command, captured: Sequence[Lead]) -> None:
    """Let the rules assign new leads that wait for it, in a transaction of its own.

    Captures would otherwise wait for each other: whose turn it is, is known by one at a time.
    """
    waiting = [one for one in captured if one.assignment_status is AssignmentStatus.WAITING]
    if waiting:
        about = RecordRef(resource=LEADS.resource, record_id=waiting[0].id)
        key = str(waiting[0].id)
        await queue.enqueue(command.tx, ASSIGNMENT_JOB, key, run_at=command.now, about=about)


async def capture_flagged_lead(command: Command, lead: Lead) -> Lead:
    """Create a lead that repeats another one, which keeps the keys that both have.

    It gets none of its keys, so that the next like it is a duplicate of the other one as well.
    Raises Conflict (QUOTA_ROWS).
    """
    complete = await _completed(command.tx, await within_quotas(command.tx, [lead]))
    [stored] = await _stored(command, complete)
    return stored


async def edit_lead(
    command: Command, lead_id: UUID, edit: Callable[[Lead], Lead], *, has_room: bool = False
) -> Lead:
    """Apply an edit to a lead; a converted one can only get another owner.

    A new owner must have room for it, which the caller has made sure of if `has_room`; only who
    administrates all leads may give more. Raises what `edit_record` raises, RuleBroken
    (LEAD_CONVERTED), Conflict (LEAD_DUPLICATE, HOLDING_FULL).
    """

    scorer = await scorer_of(command.tx)
    changed_points: list[tuple[str, str]] = []

    def scored_edit(before: Lead) -> Lead:
        after = edit(before)
        if after.owner_id is not None and after.owner_id != before.owner_id:
            after = after.owned_by(after.owner_id)
        return after if _is_transfer(before, after) else scorer.score(after)

    async def check(before: Lead, after: Lead) -> None:
        if _is_transfer(before, after):
            await _ensure_may_give(command, before, after)
        else:
            before.ensure_not_converted()
        is_new = after.owner_id is not None and after.owner_id != before.owner_id
        if is_new and after.is_held and not has_room and not may_overfill(command):
            await ensure_room(command.tx, after.owner_id or "")
        await replace_changed_keys(command, before, after)
        changed_points.extend(set(all_values_of(after)) ^ set(all_values_of(before)))

    saved = await edit_record(command, LEAD, lead_id, scored_edit, check=check)
    [known] = await with_bans(command.tx, [saved]) if changed_points else [saved]
    if known.do_not_contact != saved.do_not_contact:
        await save_do_not_contact(command.tx, lead_id, known.do_not_contact)
    return known


async def with_bans(tx: AsyncConnection, leads: Sequence[Lead]) -> list[Lead]:
    """Return leads with the media that their persons withdrew, at these leads or others."""
    if not any(map(all_values_of, leads)):
        return list(leads)
    bans = await bans_of(tx, leads)
    return [replace(lead, do_not_contact=ban) for lead, ban in zip(leads, bans, strict=True)]


async def _ensure_may_give(command: Command, before: Lead, after: Lead) -> None:
    """Refuse that an owner gives a lead to somebody who let it fall back lately; managers may."""
    caller = command.caller
    if caller is not None and caller.subject == before.owner_id and after.owner_id is not None:
        await ensure_may_take(command, before.id, after.owner_id)


def _is_transfer(before: Lead, after: Lead) -> bool:
    """Whether nothing but the owner differs, and whether one is still to be found."""
    same = {name: getattr(before, name) for name in ("assignment_status", "unassigned_reason")}
    return replace(after, owner_id=before.owner_id, **same) == before


async def delete_lead(command: Command, lead_id: UUID) -> Lead:
    """Delete a lead and release its keys for new leads; a deleted lead stays as it is.

    Raises NotFound, RuleBroken (LEAD_CONVERTED).
    """

    async def prepare(lead: Lead) -> Lead:
        lead.ensure_not_converted()
        await reservations.replace_keys(command.tx, lead, EVERYTHING)
        return lead

    return await delete_record(command, LEAD, lead_id, prepare=prepare)


async def restore_lead(command: Command, lead_id: UUID) -> Lead:
    """Restore a deleted lead with its keys; a lead that is not deleted stays as it is.

    Raises NotFound, Conflict: LEAD_DUPLICATE if another lead holds one of the keys by now, or
    HOLDING_FULL if its owner holds as many as they may.
    """

    async def prepare(lead: Lead) -> Lead:
        if lead.owner_id is not None and lead.is_held and not may_overfill(command):
            await ensure_room(command.tx, lead.owner_id)
        await replace_changed_keys(command, None, lead)
        return lead

    return await restore_record(command, LEAD, lead_id, prepare=prepare)


async def replace_changed_keys(command: Command, before: Lead | None, after: Lead) -> None:
    """Reserve the changed keys of a lead. Raises Conflict (LEAD_DUPLICATE)."""
    if before is None or before.key_values != after.key_values:
        visibility = await visibility_for(command, LEADS.resource)
        duplicate = await reservations.replace_keys(command.tx, after, visibility)
        if duplicate is not None:
            raise duplicate.as_conflict()
