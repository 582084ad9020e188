"""The commands on follow-ups; each locks the lead first, whose totals it keeps."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.guards import check_access
from chassis.records.access.visibility import Access
from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    create_record,
    delete_record,
    edit_record,
    move_record,
    restore_record,
    save_record,
)
from chassis.records.working_time.planned_tasks import (
    PlannedTask,
    keep_planned_task,
    raise_planned_task,
)
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import RecordRef
from mtl.consents.store import bans_of
from mtl.followups import store
from mtl.followups.domain import NEXT_STEP, FollowUp
from mtl.followups.store import FOLLOW_UP, FOLLOW_UPS
from mtl.leads.actions.totals import save_follow_up_totals
from mtl.leads.store import LEAD, LEADS

NEXT_STEP_JOB: Final = "next_step_due"
REMINDER: Final = PlannedTask(NEXT_STEP, NEXT_STEP_JOB)


async def create_follow_up(command: Command, follow_up: FollowUp) -> FollowUp:
    """Note what the caller did about a lead that they may change, converted or not.

    Raises NotFound for a lead that does not exist, is deleted or not visible, Forbidden
    (RECORD_READ_ONLY), Invalid (INSTANT_IN_FUTURE, custom fields), RuleBroken (DO_NOT_CONTACT).
    """
    if command.caller is not None:
        lead_id, now = follow_up.lead_id, command.now
        await check_access(command.tx, command.caller, LEADS, lead_id, Access.WRITE, now)
    await LEAD.get(command.tx, follow_up.lead_id, lock=True)
    follow_up.ensure_happened(now=command.now)
    await _ensure_allowed(command.tx, follow_up)
    created = await create_record(command, FOLLOW_UP, follow_up)
    await _keep_lead_and_reminder(command, None, created)
    return created


async def edit_follow_up(
    command: Command, follow_up_id: UUID, edit: Callable[[FollowUp], FollowUp]
) -> FollowUp:
    """Apply an edit, or a transfer, to a follow-up; another next step is open again.

    Raises what `edit_record` raises, Invalid (INSTANT_IN_FUTURE, LEAD_FIXED), RuleBroken
    (LEAD_DELETED) while the lead is deleted, and DO_NOT_CONTACT.
    """
    before = await _get_with_lead_locked(command.tx, follow_up_id)

    def edited(stored: FollowUp) -> FollowUp:
        return stored.edited(edit(stored), about="lead", now=command.now)

    async def check(stored: FollowUp, after: FollowUp) -> None:
        if after.medium != stored.medium:
            await _ensure_allowed(command.tx, after)

    after = await edit_record(command, FOLLOW_UP, follow_up_id, edited, check=check)
    await _keep_lead_and_reminder(command, before, after)
    return after


async def complete_next_step(command: Command, follow_up_id: UUID) -> FollowUp:
    """Mark the next step as done; one that is done stays as it is.

    Raises NotFound, RuleBroken (NEXT_STEP_MISSING; LEAD_DELETED while the lead is deleted).
    """
    before = await _get_with_lead_locked(command.tx, follow_up_id)

    def complete(stored: FollowUp) -> tuple[FollowUp, Event | None] | AlreadyMade:
        if stored.next_step_done_at is not None:
            return MADE
        return stored.completed(now=command.now), None

    after = await move_record(command, FOLLOW_UP, follow_up_id, complete)
    await _keep_lead_and_reminder(command, before, after)
    return after


async def delete_follow_up(command: Command, follow_up_id: UUID) -> FollowUp:
    """Delete a follow-up; a deleted one stays as it is. Raises NotFound."""
    before = await _get_with_lead_locked(command.tx, follow_up_id, with_deleted=True)
    after = await delete_record(command, FOLLOW_UP, follow_up_id)
    await _keep_lead_and_reminder(command, before, after)
    return after


async def restore_follow_up(command: Command, follow_up_id: UUID) -> FollowUp:
    """Restore a deleted follow-up; another one stays as it is.

    Raises NotFound, RuleBroken (LEAD_DELETED) while the lead is deleted.
    """
    before = await _get_with_lead_locked(command.tx, follow_up_id, with_deleted=True)
    after = await restore_record(command, FOLLOW_UP, follow_up_id)
    await _keep_lead_and_reminder(command, before, after)
    return after


async def move_follow_ups(
    command: Command, lead_id: UUID, to: UUID, only: Collection[UUID] | None = None
) -> list[UUID]:
    """Move the follow-ups of a lead, or some, to another one, each with an event; return them.

    It counts both leads anew, whose rows the caller has locked and saved.
    """
    mine = await store.follow_ups_of(command.tx, lead_id)
    moved = [one for one in mine if only is None or one.id in only]
    for follow_up in moved:
        after = replace(follow_up, lead_id=to)
        await save_record(command.unconditional, FOLLOW_UP, follow_up, after)
    for one in (lead_id, to) if moved else ():
        await save_follow_up_totals(command, one, await store.totals_of(command.tx, one))
    return [follow_up.id for follow_up in moved]


async def raise_next_step(command: Command, follow_up_id: UUID, due_on: date) -> None:
    """Give the owner the task of an open next step; nothing happens if that changed meanwhile."""
    follow_up = await _get_with_lead_locked(command.tx, follow_up_id, with_deleted=True)
    lead = await LEAD.get(command.tx, follow_up.lead_id, with_deleted=True)
    due = None if lead.deleted_at else follow_up.reminder
    about, name = _reference(follow_up_id), lead.display_name
    await raise_planned_task(command.tx, REMINDER, about, due=due, day=due_on, name=name)


async def _get_with_lead_locked(
    tx: AsyncConnection, follow_up_id: UUID, *, with_deleted: bool = False
) -> FollowUp:
    """Lock the lead, then read the follow-up: the lock serializes all commands on its totals."""
    unlocked = await FOLLOW_UP.get(tx, follow_up_id, with_deleted=with_deleted)
    await LEAD.get(tx, unlocked.lead_id, lock=True, with_deleted=True)
    return await FOLLOW_UP.get(tx, follow_up_id, with_deleted=with_deleted)


async def _ensure_allowed(tx: AsyncConnection, follow_up: FollowUp) -> None:
    """Refuse a contact of a person who withdrew it; the lead is locked, as a withdrawal locks it.

    Raises RuleBroken (DO_NOT_CONTACT).
    """
    if follow_up.medium is not None:
        lead = await LEAD.get(tx, follow_up.lead_id, with_deleted=True)
        [banned] = await bans_of(tx, [lead])
        follow_up.ensure_allowed(banned)


async def _keep_lead_and_reminder(
    command: Command, before: FollowUp | None, after: FollowUp
) -> None:
    """Write the totals of the lead, and remind the owner of the next step, if one changed."""
    if before == after:
        return
    tx = command.tx
    await save_follow_up_totals(command, after.lead_id, await store.totals_of(tx, after.lead_id))
    planned = None if before is None else before.reminder
    about = _reference(after.id)
    await keep_planned_task(tx, REMINDER, about, before=planned, after=after.reminder)


def _reference(follow_up_id: UUID) -> RecordRef:
    return RecordRef(resource=FOLLOW_UPS.resource, record_id=follow_up_id)
