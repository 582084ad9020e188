"""Deactivating and reactivating people; the services transfer what they own, record by record."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from org.logins.actions import disable_login, enable_login
from org.logins.domain import ScopeCheck
from org.people import store
from org.people.actions.permissions import ensure_may_administer
from org.people.domain import Person


async def deactivate_person(
    tx: AsyncConnection,
    person_id: UUID,
    *,
    has_scope: ScopeCheck,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """Deactivate a person: they get no new tokens, existing ones expire within five minutes.

    Callers need `org.person.write` and every administrative scope of the person.
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, person_id, lock_row=True)
    if not before.active:
        return before
    expected.check(before)
    await ensure_may_administer(tx, before, has_scope=has_scope)
    after, deactivated = before.deactivated(now=now)
    after = await store.save(tx, after)
    if after.username is not None:
        await disable_login(tx, after.username)
    await publish(tx, deactivated, of=after)
    return after


async def reactivate_person(
    tx: AsyncConnection,
    person_id: UUID,
    *,
    has_scope: ScopeCheck,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """Reactivate a person with the password they had.

    Callers need `org.person.write` and every administrative scope of the person.
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, person_id, lock_row=True)
    if before.active:
        return before
    expected.check(before)
    await ensure_may_administer(tx, before, has_scope=has_scope)
    after, reactivated = before.reactivated(now=now)
    after = await store.save(tx, after)
    if after.username is not None:
        await enable_login(tx, after.username)
    await publish(tx, reactivated, of=after)
    return after
