"""The routes of reminders; callers see only their own."""

from uuid import UUID

from fastapi import Response

from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, allow
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from org.reminders import actions, store
from org.reminders.domain import Reminder
from org.reminders.schemas import ReminderEdit, ReminderIn, ReminderOut, reminder_out

router = new_router("/reminders", tag="reminders")
READ, WRITE = [allow("org.reminder.read")], [allow("org.reminder.write")]


@router.post("", status_code=201, dependencies=WRITE)
async def reminder_create(
    response: Response, body: ReminderIn, caller: Caller, command: CreateCommand
) -> ReminderOut:
    """Add a reminder of the caller."""
    now, owner = command.now, caller.subject
    reminder = Reminder(id=new_id(), owner_id=owner, created_at=now, updated_at=now, **vars(body))
    reminder = await actions.create_reminder(command, reminder)
    response.headers["Location"] = f"/org/v1/reminders/{reminder.id}"
    return reminder_out(reminder)


add_list_routes(router, store.LISTING)


@router.get("/{reminder_id}", dependencies=READ)
async def reminder_get(reminder_id: UUID, tx: Tx, caller: Caller) -> ReminderOut:
    """Read a reminder."""
    return reminder_out(await store.get(tx, reminder_id, owner_id=caller.subject))


@router.patch("/{reminder_id}", dependencies=WRITE)
async def reminder_edit(
    reminder_id: UUID, body: MergePatch[ReminderEdit], command: ChangeCommand
) -> ReminderOut:
    """Edit the text or the time of a reminder that was not sent yet."""
    reminder = await actions.edit_reminder(command, reminder_id, body.applied)
    return reminder_out(reminder)


@router.delete("/{reminder_id}", status_code=204, dependencies=WRITE)
async def reminder_remove(reminder_id: UUID, command: ChangeCommand) -> None:
    """Delete a reminder."""
    await actions.delete_reminder(command, reminder_id)
