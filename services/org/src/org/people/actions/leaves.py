"""Adding and cancelling leaves, with substitutes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Invalid, NotFound, Violation
from kernel.ids import new_id
from org.people import store
from org.people.domain import Leave, Person


async def add_leave(
    tx: AsyncConnection,
    person_id: UUID,
    *,
    from_date: date,
    to_date: date,
    substitute_id: UUID | None,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """Add a leave in `[from_date, to_date)`; the same leave again changes nothing.

    Callers need `org.person.write`, or `org.leave.write` for their own leaves. Both people are
    locked, so of two who name each other as substitutes at once the second is refused.
    Raises NotFound, PreconditionFailed, Invalid (PERSON_UNKNOWN), Conflict (LEAVE_OVERLAPS),
    RuleBroken (SUBSTITUTE_SELF, SUBSTITUTE_INACTIVE, SUBSTITUTE_AWAY).
    """
    await store.lock_people(
        tx, [each_id for each_id in (person_id, substitute_id) if each_id is not None]
    )
    before = await store.get(tx, person_id)
    leave = Leave(id=new_id(), from_date=from_date, to_date=to_date, substitute_id=substitute_id)
    if any(existing.state() == leave.state() for existing in before.leaves):
        return before
    expected.check(before)
    substitute = None if substitute_id is None else await store.find(tx, substitute_id)
    if substitute is None and substitute_id is not None:
        raise Invalid([Violation("/substitute_id", "PERSON_UNKNOWN")])
    after, changed = before.changed(before.with_leave(leave, substitute=substitute), now=now)
    after = await store.save(tx, after)
    await store.insert_leave(tx, person_id, leave)
    await publish(tx, changed, of=after)
    return after


async def cancel_leave(
    tx: AsyncConnection,
    person_id: UUID,
    leave_id: UUID,
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """Cancel a leave.

    Callers need `org.person.write`, or `org.leave.write` for their own leaves.
    Raises NotFound, also for a leave of another person, and PreconditionFailed.
    """
    before = await store.get(tx, person_id, lock_row=True)
    without = before.without_leave(leave_id)
    if without == before:
        raise NotFound("leave", leave_id)
    expected.check(before)
    after, changed = before.changed(without, now=now)
    after = await store.save(tx, after)
    await store.delete_leave(tx, leave_id)
    await publish(tx, changed, of=after)
    return after
