"""Who leaves and who comes back. What they own is transferred by the services, record by record."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from org.logins.actions import close_login, open_login
from org.people import store
from org.people.actions.power import ensure_administers
from org.people.domain import Person
from org.roles.actions import May


async def deactivate_person(
    tx: AsyncConnection,
    person_id: UUID,
    *,
    may: May,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """No new token from now on; tokens there are end within five minutes.

    Raises NotFound, Forbidden (SCOPES_NOT_HELD): administrators are shut out by their like.
    """
    before = await store.get(tx, person_id, lock_row=True)
    if not before.active:
        return before
    expected.check(before)
    await ensure_administers(tx, before, may=may)
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
    may: May,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """Let somebody in again, with the password they had.

    Raises NotFound, Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, person_id, lock_row=True)
    if before.active:
        return before
    expected.check(before)
    await ensure_administers(tx, before, may=may)
    after, reactivated = before.reactivated(now=now)
    after = await store.save(tx, after)
    if after.username is not None:
        await open_login(tx, after.username)
    await publish(tx, reactivated, of=after)
    return after
