"""Adding and cancelling leaves, with substitutes."""

from uuid import UUID

from chassis.records.record_commands import MADE, AlreadyMade, edit_record, move_record
from chassis.web.commands import Command
from kernel.errors import Invalid, NotFound, Violation
from org.people import store
from org.people.domain import Leave, Person
from org.people.store import PERSON


async def add_leave(command: Command, person_id: UUID, leave: Leave) -> Person:
    """Add a leave; the same leave again changes nothing.

    Callers need `org.person.write`, or `org.leave.write` for their own leaves. Both people are
    locked, so of two who name each other as substitutes at once the second is refused.
    Raises NotFound, PreconditionFailed, Invalid (PERSON_UNKNOWN), Conflict (LEAVE_OVERLAPS),
    RuleBroken (SUBSTITUTE_SELF, SUBSTITUTE_INACTIVE, SUBSTITUTE_AWAY).
    """
    tx, substitute_id = command.tx, leave.substitute_id
    await store.lock_people(tx, [one for one in (person_id, substitute_id) if one is not None])
    substitute = None if substitute_id is None else await store.find(tx, substitute_id)

    def add(before: Person) -> tuple[Person, None] | AlreadyMade:
        if any(existing.state() == leave.state() for existing in before.leaves):
            return MADE
        if substitute is None and substitute_id is not None:
            raise Invalid([Violation("/substitute_id", "PERSON_UNKNOWN")])
        return before.with_leave(leave, substitute=substitute), None

    return await move_record(command, PERSON, person_id, add)


async def cancel_leave(command: Command, person_id: UUID, leave_id: UUID) -> Person:
    """Cancel a leave.

    Callers need `org.person.write`, or `org.leave.write` for their own leaves.
    Raises NotFound, also for a leave of another person, and PreconditionFailed.
    """

    def cancel(before: Person) -> Person:
        after = before.without_leave(leave_id)
        if after == before:
            raise NotFound("leave", leave_id)
        return after

    return await edit_record(command, PERSON, person_id, cancel)
