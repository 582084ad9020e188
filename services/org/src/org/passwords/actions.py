"""The commands on links that set passwords. The holder of a link can sign in as its person."""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from contracts.resources import covers
from kernel.errors import Invalid, RuleBroken, Violation
from org.logins import store as logins
from org.logins.actions import new_secret, secret_digest, set_password
from org.logins.domain import Login, LoginKind
from org.passwords import store
from org.passwords.domain import (
    LINK_LIFETIMES,
    MAX_OPEN_LINKS,
    LinkOrigin,
    LinkPurpose,
    PasswordLink,
)
from org.people.actions.edit import assign_username
from org.people.actions.permissions import (
    WRITE_PEOPLE,
    ensure_may_manage,
    scopes_of,
)
from org.people.domain import Person
from org.people.store import PERSON
from org.principals.actions import (
    lock_rights,
    lock_tenant_rights,
    revoke_tokens,
    rights_of_subject,
)
from org.principals.domain import lost_scopes

log = structlog.get_logger()


async def invite_person(
    command: Command, person_id: UUID, *, username: str | None
) -> tuple[Person, PasswordLink, str]:
    """Assign a username, if the person has none, and issue a link to set a password.

    Callers need `org.person.write` and every scope of the person.
    Raises NotFound, PreconditionFailed, Invalid (REQUIRED, USERNAME_TAKEN), RuleBroken
    (PERSON_INACTIVE, USERNAME_FIXED), Forbidden (SCOPES_NOT_HELD).
    """
    person = await _load_manageable_person(command, person_id)
    if person.username is None:
        if username is None:
            raise Invalid([Violation("/username", "REQUIRED")])
        person = await assign_username(command, person, username)
    elif username not in (None, person.username):
        raise RuleBroken("USERNAME_FIXED", username=person.username)
    return person, *await _issue_link(command, person, LinkPurpose.INVITATION)


async def create_reset_link(command: Command, person_id: UUID) -> tuple[Person, PasswordLink, str]:
    """Issue a reset link for an administrator to pass on; the old password works until then.

    Callers need `org.person.write` and every scope of the person. Raises NotFound,
    PreconditionFailed, RuleBroken (PERSON_INACTIVE, NO_LOGIN), Forbidden (SCOPES_NOT_HELD).
    """
    person = await _load_manageable_person(command, person_id)
    if person.username is None:
        raise RuleBroken("NO_LOGIN", name=person.name)
    return person, *await _issue_link(command, person, LinkPurpose.RESET)


async def request_password_reset(tx: AsyncConnection, username: str, *, now: datetime) -> None:
    """Issue a reset link for a forgotten password; it is logged, as there is no mail server.

    Anybody may. Nothing happens for an unknown name or while too many such links are open.
    """
    login = await logins.find(tx, username, LoginKind.PERSON)
    if login is None:
        return
    link, token = _new_link(login, LinkPurpose.RESET, LinkOrigin.ANYBODY, now=now)
    if await store.add_link(tx, link, now=now, limit=MAX_OPEN_LINKS):
        await log.awarning("password_reset_requested", username=username, token=token)


async def tenant_of_link(tx: AsyncConnection, token: str) -> UUID:
    """Return the tenant of the link with this token. Raises Invalid (LINK_INVALID)."""
    tenant_id = await store.find_link_tenant(tx, secret_digest(token))
    if tenant_id is None:
        raise _invalid_link()
    return tenant_id


async def accept_link(tx: AsyncConnection, token: str, secret_hash: str, *, now: datetime) -> None:
    """Set the password of the link's login, delete all its links and revoke its tokens.

    Whoever holds the token may, as long as the administrator who issued the link still could.
    Raises Invalid (LINK_INVALID).
    """
    await lock_tenant_rights(tx)
    link = await store.consume_link(tx, secret_digest(token), now=now)
    login = None if link is None else await logins.find(tx, link.login, LoginKind.PERSON)
    if link is None or login is None or not await _is_backed(tx, link, login):
        raise _invalid_link()
    await _replace_password(tx, login, secret_hash)


async def change_password(tx: AsyncConnection, login: Login, secret_hash: str) -> None:
    """Replace a person's own password, delete open links and revoke the tokens of the person.

    The person has proven the present password.
    """
    await lock_tenant_rights(tx)
    await _replace_password(tx, login, secret_hash)


async def _replace_password(tx: AsyncConnection, login: Login, secret_hash: str) -> None:
    await set_password(tx, login.login, secret_hash)
    await store.delete_links_of(tx, login.login)
    person = await PERSON.get(tx, login.subject_id)
    await revoke_tokens(tx, [person.subject])


async def _is_backed(tx: AsyncConnection, link: PasswordLink, login: Login) -> bool:
    """Return whether the administrator who issued a link, and saw its token, could issue it now."""
    if link.issued_by is None:
        return True
    person = await PERSON.get(tx, login.subject_id)
    held, assignable = await rights_of_subject(tx, link.issued_by)
    return covers(held, WRITE_PEOPLE) and not lost_scopes(
        await scopes_of(tx, person), held | assignable
    )


def _invalid_link() -> Invalid:
    return Invalid([Violation("/token", "LINK_INVALID")])


async def _load_manageable_person(command: Command, person_id: UUID) -> Person:
    """Lock the person; without all their scopes a link would be a privilege escalation."""
    rights = await lock_rights(command, WRITE_PEOPLE)
    person = await PERSON.get(command.tx, person_id, lock=True)
    command.expected.check(person)
    await ensure_may_manage(command.tx, rights, person)
    if not person.active:
        raise RuleBroken("PERSON_INACTIVE", name=person.name)
    return person


async def _issue_link(
    command: Command, person: Person, purpose: LinkPurpose
) -> tuple[PasswordLink, str]:
    tx, now = command.tx, command.now
    login = await logins.find(tx, person.username or "", LoginKind.PERSON)
    assert login is not None, "an active person with a username has a login"
    issued_by = command.caller.subject if command.caller else None
    link, token = _new_link(login, purpose, LinkOrigin.ADMIN, issued_by=issued_by, now=now)
    await store.delete_oldest_links(tx, link, keep=MAX_OPEN_LINKS - 1)
    await store.add_link(tx, link, now=now, limit=MAX_OPEN_LINKS)
    return link, token


def _new_link(
    login: Login,
    purpose: LinkPurpose,
    origin: LinkOrigin,
    *,
    issued_by: str | None = None,
    now: datetime,
) -> tuple[PasswordLink, str]:
    token = new_secret()
    link = PasswordLink(
        digest=secret_digest(token),
        login=login.login,
        tenant_id=login.tenant_id,
        purpose=purpose,
        origin=origin,
        expires_at=now + LINK_LIFETIMES[purpose],
        issued_by=issued_by,
    )
    return link, token
