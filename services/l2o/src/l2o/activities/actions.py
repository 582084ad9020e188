"""The commands on activities, which keep the time of the last one on account and opportunity."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    create_record,
    delete_record,
    edit_record,
    move_record,
    restore_record,
    visibility_for,
)
from chassis.records.working_time.planned_tasks import (
    PlannedTask,
    keep_planned_task,
    raise_planned_task,
)
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import RecordRef
from kernel.errors import Conflict, Forbidden, Invalid, Violation
from l2o.accounts import actions as account_actions
from l2o.accounts import store as accounts
from l2o.activities import store, views
from l2o.activities.domain import NEXT_STEP, Activity
from l2o.activities.store import ACTIVITIES, ACTIVITY, activities
from l2o.opportunities.actions import records as opportunity_actions
from l2o.opportunities.store import OPPORTUNITIES

NEXT_STEP_JOB: Final = "activity_next_step_due"
REMINDER: Final = PlannedTask(NEXT_STEP, NEXT_STEP_JOB)


async def create_activity(command: Command, activity: Activity) -> Activity:
    """Record what the caller did with an account, or an opportunity, that they may change.

    Raises Invalid (ACCOUNT_UNKNOWN, OPPORTUNITY_UNKNOWN, CONTACT_UNKNOWN, PARTICIPANT_UNKNOWN,
    INSTANT_IN_FUTURE, custom fields), Forbidden (RECORD_READ_ONLY).
    """
    activity.ensure_happened(now=command.now)
    await _ensure_writable(command, activity)
    created = await create_record(command, ACTIVITY, activity)
    tx, at = command.tx, created.at
    if created.is_touch:
        await account_actions.raise_last_activity(tx, created.account_id, at)
        if created.opportunity_id is not None:
            await opportunity_actions.raise_last_activity(tx, created.opportunity_id, at)
    await keep_planned_task(tx, REMINDER, _about(created.id), before=None, after=created.reminder)
    return created


async def edit_activity(
    command: Command, activity_id: UUID, edit: Callable[[Activity], Activity]
) -> Activity:
    """Apply an edit, or a transfer, to an activity; another next step is open again.

    Only an edit that may change a last activity locks the account, so that texts and owners are
    changed while others record. Raises what `edit_record` raises, Invalid (INSTANT_IN_FUTURE,
    ACCOUNT_FIXED and those of unknown records), RuleBroken (ACCOUNT_DELETED) while the account is
    deleted, Conflict (STALE_WRITE) if another edit came between.
    """
    unlocked = await ACTIVITY.get(command.tx, activity_id)
    locks = edit(unlocked).touch != unlocked.touch
    if locks:
        await _get_with_account_locked(command.tx, activity_id)
    before: Activity | None = None  # until an edit changes something

    def edited(stored: Activity) -> Activity:
        return stored.edited(edit(stored), about="account", now=command.now)

    async def check(stored: Activity, after: Activity) -> None:
        nonlocal before
        before = stored
        if stored.touch != after.touch and not locks:
            raise Conflict("STALE_WRITE", what=activities.name, key=str(activity_id))
        seen = await visibility_for(command, OPPORTUNITIES.resource)
        if violations := await views.wrong_references(command.tx, after, stored, seen):
            raise Invalid(violations)

    after = await edit_record(command, ACTIVITY, activity_id, edited, check=check)
    if before is not None:
        await _keep_last_and_reminder(command.tx, before, after)
    return after


async def complete_next_step(command: Command, activity_id: UUID) -> Activity:
    """Mark the next step as done; one that is done stays as it is.

    Raises NotFound, RuleBroken (NEXT_STEP_MISSING; ACCOUNT_DELETED while the account is deleted).
    """

    def complete(stored: Activity) -> tuple[Activity, Event | None] | AlreadyMade:
        if stored.next_step_done_at is not None:
            return MADE
        return stored.completed(now=command.now), None

    after = await move_record(command, ACTIVITY, activity_id, complete)
    due = replace(after, next_step_done_at=None).reminder
    await keep_planned_task(command.tx, REMINDER, _about(after.id), before=due, after=None)
    return after


async def delete_activity(command: Command, activity_id: UUID) -> Activity:
    """Delete an activity; a deleted one stays as it is. Raises NotFound."""
    before = await _get_with_account_locked(command.tx, activity_id, with_deleted=True)
    after = await delete_record(command, ACTIVITY, activity_id)
    await _keep_last_and_reminder(command.tx, before, after)
    return after


async def restore_activity(command: Command, activity_id: UUID) -> Activity:
    """Restore a deleted activity; another one stays as it is.

    Raises NotFound, RuleBroken (ACCOUNT_DELETED) while the account is deleted.
    """
    before = await _get_with_account_locked(command.tx, activity_id, with_deleted=True)
    after = await restore_record(command, ACTIVITY, activity_id)
    await _keep_last_and_reminder(command.tx, before, after)
    return after


async def raise_next_step(command: Command, activity_id: UUID, due_on: date) -> None:
    """Give the owner the task of an open next step; nothing happens if that changed meanwhile."""
    activity = await ACTIVITY.get(command.tx, activity_id, lock=True, with_deleted=True)
    account = await accounts.ACCOUNT.get(command.tx, activity.account_id, with_deleted=True)
    due = None if account.deleted_at else activity.reminder
    about, name = _about(activity_id), account.name
    await raise_planned_task(command.tx, REMINDER, about, due=due, day=due_on, name=name)


async def _ensure_writable(command: Command, activity: Activity) -> None:
    """Refuse an activity about what the caller may not change, or with unknown references.

    Who may change the opportunity need not see its account. The account cannot be deleted, nor
    its last activity be reckoned anew, until the commit.
    """
    tx, account_id = command.tx, activity.account_id
    seen = await visibility_for(command, accounts.ACCOUNTS.resource)
    of_opportunities = await visibility_for(command, OPPORTUNITIES.resource)
    violations = await views.wrong_references(tx, activity, None, of_opportunities)
    through_opportunity = False
    if activity.opportunity_id is not None and not violations:
        through_opportunity = await views.may_write_opportunity(
            tx, activity.opportunity_id, of_opportunities
        )
    is_there = await accounts.lock_for_part(tx, account_id)
    is_seen = through_opportunity or await accounts.exists(tx, account_id, seen)
    if not (is_there and is_seen):
        violations.insert(0, Violation("/account_id", "ACCOUNT_UNKNOWN"))
    if violations:
        raise Invalid(violations)
    if not (through_opportunity or await accounts.may_write(tx, account_id, seen)):
        raise Forbidden("RECORD_READ_ONLY")


async def _get_with_account_locked(
    tx: AsyncConnection, activity_id: UUID, *, with_deleted: bool = False
) -> Activity:
    """Lock the account, then read the activity: the lock serializes all that lowers a last time."""
    unlocked = await ACTIVITY.get(tx, activity_id, with_deleted=with_deleted)
    await accounts.ACCOUNT.get(tx, unlocked.account_id, lock=True, with_deleted=True)
    return await ACTIVITY.get(tx, activity_id, with_deleted=with_deleted)


async def _keep_last_and_reminder(tx: AsyncConnection, before: Activity, after: Activity) -> None:
    """Reckon the last activities anew, and remind the owner of the next step, if they changed."""
    if before == after:
        return
    if before.touch != after.touch:
        c, account_id = activities.c, after.account_id
        last = await store.last_activity_at(tx, c.account_id, account_id)
        await account_actions.save_last_activity(tx, account_id, last)
        about = {before.opportunity_id, after.opportunity_id}
        for one in sorted(each for each in about if each is not None):
            last = await store.last_activity_at(tx, c.opportunity_id, one)
            await opportunity_actions.save_last_activity(tx, one, last)
    was, due = before.reminder, after.reminder
    await keep_planned_task(tx, REMINDER, _about(after.id), before=was, after=due)


def _about(activity_id: UUID) -> RecordRef:
    return RecordRef(resource=ACTIVITIES.resource, record_id=activity_id)
