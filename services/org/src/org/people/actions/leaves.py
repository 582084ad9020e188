"""Leaves: who is away, and who does their work meanwhile."""

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
    """Let somebody be away in `[from_date, to_date)`; the same leave again changes nothing.

    Both people are locked: of two who name each other at once the second is refused.
    Raises NotFound, Invalid (PERSON_UNKNOWN), Conflict (LEAVE_OVERLAPS), RuleBroken (SUBSTITUTE_*).
    """
    await store.lock(tx, [key for key in (person_id, substitute_id) if key is not None])
    before = await store.get(tx, person_id)
    leave = Leave(id=new_id(), from_date=from_date, to_date=to_date, substitute_id=substitute_id)
    if any(one.state() == leave.state() for one in before.leaves):
        return before
    expected.check(before)
    substitute = None if substitute_id is None else await store.find(tx, substitute_id)
    if substitute is None and substitute_id is not None:
        raise Invalid([Violation("/substitute_id", "PERSON_UNKNOWN")])
    after, changed = before.changed(before.with_leave(leave, substitute=substitute), now=now)
    after = await store.save(tx, after)
    await store.add_leave(tx, person_id, leave)
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
    """Raises NotFound (also for a leave of somebody else)."""
    before = await store.get(tx, person_id, lock_row=True)
    without = before.without_leave(leave_id)
    if without == before:
        raise NotFound("leave", leave_id)
    expected.check(before)
    after, changed = before.changed(without, now=now)
    after = await store.save(tx, after)
    await store.remove_leave(tx, leave_id)
    await publish(tx, changed, of=after)
    return after
