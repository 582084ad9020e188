"""Who leaves and who comes back. What they own is transferred by the services, record by record."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from chassis.preconditions import UNCONDITIONAL, Precondition
from org.logins.actions import close_login, open_login
from org.people import store
from org.people.domain import Person


async def deactivate_person(
    tx: AsyncConnection,
    person_id: UUID,
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """No new token from now on; tokens there are end within five minutes. Raises NotFound."""
    before = await store.get(tx, person_id, lock_row=True)
    if not before.active:
        return before
    expected.check(before)
    after, deactivated = before.deactivated(now=now)
    after = await store.save(tx, after)
    if after.username is not None:
        await close_login(tx, after.username)
    await publish(tx, deactivated, of=after)
    return after


async def reactivate_person(
    tx: AsyncConnection,
    person_id: UUID,
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """Let somebody in again, with the password they had. Raises NotFound."""
    before = await store.get(tx, person_id, lock_row=True)
    if before.active:
        return before
    expected.check(before)
    after, reactivated = before.reactivated(now=now)
    after = await store.save(tx, after)
    if after.username is not None:
        await open_login(tx, after.username)
    await publish(tx, reactivated, of=after)
    return after
