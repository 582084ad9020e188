"""The routes of reminders; callers see only their own."""

from uuid import UUID

from fastapi import Response

from chassis.foundation.clock import Now
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, allow
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.reminders import actions, store
from org.reminders.schemas import ReminderEdit, ReminderIn, ReminderOut

router = new_router("/reminders", tag="reminders")
READ, WRITE = [allow("org.reminder.read")], [allow("org.reminder.write")]


@router.post("", status_code=201, dependencies=WRITE)
async def reminder_create(
    response: Response, body: ReminderIn, tx: Tx, now: Now, caller: Caller
) -> ReminderOut:
    """Add a reminder of the caller."""
    reminder = await actions.create_reminder(
        tx,
        owner_id=caller.subject,
        text=body.text,
        remind_at=body.remind_at,
        resource=body.resource,
        record_id=body.record_id,
        now=now,
    )
    response.headers["Location"] = f"/org/v1/reminders/{reminder.id}"
    return ReminderOut.model_validate(reminder)


add_list_routes(router, store.LISTING)


@router.get("/{reminder_id}", dependencies=READ)
async def reminder_get(reminder_id: UUID, tx: Tx, caller: Caller) -> ReminderOut:
    """Read a reminder."""
    return ReminderOut.model_validate(await store.get(tx, reminder_id, owner_id=caller.subject))


@router.patch("/{reminder_id}", dependencies=WRITE)
async def reminder_edit(
    reminder_id: UUID,
    body: MergePatch[ReminderEdit],
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
) -> ReminderOut:
    """Edit the text or the time of a reminder that was not sent yet."""
    before = await store.get(tx, reminder_id, owner_id=caller.subject, lock=True)
    edit = body.merged(ReminderEdit.model_validate(before))
    return ReminderOut.model_validate(
        await actions.edit_reminder(
            tx, before, text=edit.text, remind_at=edit.remind_at, expected=expected, now=now
        )
    )


@router.delete("/{reminder_id}", status_code=204, dependencies=WRITE)
async def reminder_remove(reminder_id: UUID, tx: Tx, caller: Caller, expected: IfMatch) -> None:
    """Delete a reminder."""
    reminder = await store.get(tx, reminder_id, owner_id=caller.subject, lock=True)
    expected.check(reminder)
    await actions.delete_reminder(tx, reminder)
