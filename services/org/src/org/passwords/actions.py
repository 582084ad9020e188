"""Links that let people set passwords. Whoever has a link may do what its person may."""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Invalid, RuleBroken, Violation
from org.logins import store as logins
from org.logins.actions import digest, new_secret, set_password
from org.logins.domain import Login, LoginKind
from org.passwords import store
from org.passwords.domain import LIFETIMES, MOST_OPEN, Link, Origin, Purpose
from org.people import store as people
from org.people.actions import ensure_may_no_more, name_login
from org.people.domain import Person
from org.roles.actions import May

log = structlog.get_logger()


async def invite_person(
    tx: AsyncConnection,
    person_id: UUID,
    *,
    username: str | None,
    may: May,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> tuple[Person, Link, str]:
    """Give somebody a username, who has none, and a token to set a password with.

    Raises NotFound, Invalid (USERNAME_TAKEN, USERNAME_MISSING), RuleBroken (PERSON_INACTIVE,
    USERNAME_FIXED), Forbidden (SCOPES_NOT_HELD).
    """
    person = await _guarded(tx, person_id, may=may, expected=expected)
    if person.username is None:
        if username is None:
            raise Invalid([Violation("/username", "REQUIRED")])
        person = await name_login(tx, person, username, now=now)
    elif username not in (None, person.username):
        raise RuleBroken("USERNAME_FIXED", username=person.username)
    return person, *await _opened(tx, person, Purpose.INVITATION, now=now)


async def reset_password(
    tx: AsyncConnection,
    person_id: UUID,
    *,
    may: May,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> tuple[Person, Link, str]:
    """A token to set another password with, for an admin to hand on; the old one works until then.

    Raises NotFound, RuleBroken (PERSON_INACTIVE, NO_LOGIN), Forbidden.
    """
    person = await _guarded(tx, person_id, may=may, expected=expected)
    if person.username is None:
        raise RuleBroken("NO_LOGIN", name=person.name)
    return person, *await _opened(tx, person, Purpose.RESET, now=now)


async def request_reset(tx: AsyncConnection, username: str, *, now: datetime) -> None:
    """Somebody says that he forgot his password; without a mail server the link goes to the log."""
    login = await logins.find(tx, username, LoginKind.PERSON)
    if login is None:
        return
    link, token = _new_link(login, Purpose.RESET, Origin.ANYBODY, now=now)
    if await store.open_link(tx, link, now=now, most=MOST_OPEN):
        await log.awarning("password_reset_requested", username=username, token=token)


async def tenant_of(tx: AsyncConnection, token: str) -> UUID:
    """Whose link a token is. Raises Invalid (LINK_INVALID)."""
    found = await store.tenant_of(tx, digest(token))
    if found is None:
        raise _invalid_link()
    return found


async def accept_link(tx: AsyncConnection, token: str, secret_hash: str, *, now: datetime) -> None:
    """Set the password of a link's login; closes all its links. Raises Invalid (LINK_INVALID)."""
    link = await store.take(tx, digest(token), now=now)
    if link is None or await logins.find(tx, link.login, LoginKind.PERSON) is None:
        raise _invalid_link()
    await set_password(tx, link.login, secret_hash)
    await store.close_all(tx, link.login)


def _invalid_link() -> Invalid:
    return Invalid([Violation("/token", "LINK_INVALID")])


async def _guarded(
    tx: AsyncConnection, person_id: UUID, *, may: May, expected: Precondition
) -> Person:
    """The person, whose every scope the caller has too: else a link would be a way up."""
    person = await people.get(tx, person_id, lock_row=True)
    expected.check(person)
    await ensure_may_no_more(tx, person, may=may)
    if not person.active:
        raise RuleBroken("PERSON_INACTIVE", name=person.name)
    return person


async def _opened(
    tx: AsyncConnection, person: Person, purpose: Purpose, *, now: datetime
) -> tuple[Link, str]:
    login = await logins.find(tx, person.username or "", LoginKind.PERSON)
    assert login is not None, "an active person with a username has a login"
    link, token = _new_link(login, purpose, Origin.ADMIN, now=now)
    await store.close_oldest(tx, link, keep=MOST_OPEN - 1)
    await store.open_link(tx, link, now=now, most=MOST_OPEN)
    return link, token


def _new_link(login: Login, purpose: Purpose, origin: Origin, *, now: datetime) -> tuple[Link, str]:
    token = new_secret()
    link = Link(
        digest=digest(token),
        login=login.login,
        tenant_id=login.tenant_id,
        purpose=purpose,
        origin=origin,
        expires_at=now + LIFETIMES[purpose],
    )
    return link, token
