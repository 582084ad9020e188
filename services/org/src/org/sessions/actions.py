"""The commands on sessions: signing in, refreshing, and ending them."""

import secrets
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from kernel.errors import NotFound
from kernel.ids import new_id
from org.people.actions.permissions import WRITE_PEOPLE, ensure_may_administer
from org.people.store import PERSON
from org.principals.actions import lock_rights, revoke_tokens
from org.principals.store import sessions_valid_from_of
from org.sessions import store
from org.sessions.domain import (
    MAX_SESSIONS,
    SECRET_BYTES,
    RefreshToken,
    Session,
    SessionEnd,
)
from org.settings import SessionLimits

log = structlog.get_logger()


async def start_session(
    tx: AsyncConnection,
    tenant_id: UUID,
    person_id: UUID,
    *,
    login: str,
    scope: str,
    device: str | None,
    limits: SessionLimits,
    now: datetime,
) -> tuple[Session, RefreshToken]:
    """Start a session of a person who has proven their password; return its first token.

    Of more sessions than a person may have, those that were idle the longest end.
    """
    token = RefreshToken(
        tenant_id=tenant_id,
        session_id=new_id(),
        number=0,
        secret=secrets.token_bytes(SECRET_BYTES),
    )
    session = Session(
        id=token.session_id,
        person_id=person_id,
        login=login,
        scope=scope,
        device=device,
        token_hash=token.token_hash,
        rotated_at=now,
        created_at=now,
        last_used_at=now,
        expires_at=now + limits.lifetime,
    )
    others = await store.list_open(tx, person_id, now=now, idle=limits.idle, lock=True)
    for surplus in others[MAX_SESSIONS - 1 :]:
        await store.save(tx, surplus.ended(SessionEnd.REPLACED, now=now))
    await store.add(tx, session)
    await store.prune(tx, now=now)
    return session, token


async def refresh_session(
    tx: AsyncConnection, token: RefreshToken, *, key: bytes, limits: SessionLimits, now: datetime
) -> tuple[Session, RefreshToken] | None:
    """Return the session of a refresh token and the next token; None if it is not good.

    Whoever holds the token may. A session whose tokens were revoked since the person signed in
    ends, and so does one of which an old token is used again: the access tokens of the person are
    then refused too, because a thief may hold one, and other sessions get new ones. Of two requests
    with one token the second waits for the first. The caller has locked the rights.
    """
    session = await store.find(tx, token.session_id)
    if session is None:
        return None
    after, following = session.refreshed(token, key, now=now, idle=limits.idle)
    if following is not None and await _is_revoked(tx, session):
        after, following = session.ended(SessionEnd.REVOKED, now=now), None
    if after != session:
        await store.save(tx, after)
    if after.ended_because is SessionEnd.REUSED and session.ended_at is None:
        await log.awarning("refresh_token_reused", session=str(session.id), login=session.login)
        person = await PERSON.get(tx, session.person_id)
        await revoke_tokens(tx, [person.subject], sessions=False)
    return None if following is None else (after, following)


async def _is_revoked(tx: AsyncConnection, session: Session) -> bool:
    person = await PERSON.get(tx, session.person_id)
    subjects = (person.subject, *person.former_subjects)
    valid_from = (await tx.execute(sessions_valid_from_of(*subjects))).scalar_one_or_none()
    return not person.active or (valid_from is not None and session.created_at < valid_from)


async def log_out(tx: AsyncConnection, token: RefreshToken, *, key: bytes, now: datetime) -> None:
    """End the session of a refresh token, also of one that was replaced; others are ignored.

    Whoever holds the token may.
    """
    session = await store.find(tx, token.session_id)
    if session is not None and session.owns(token, key):
        await store.save(tx, session.ended(SessionEnd.LOGOUT, now=now))


async def end_session(command: Command, person_id: UUID, session_id: UUID) -> None:
    """End one of a person's own sessions; one that has ended stays so. Raises NotFound."""
    session = await store.find(command.tx, session_id)
    if session is None or session.person_id != person_id:
        raise NotFound("session", session_id)
    await store.save(command.tx, session.ended(SessionEnd.ENDED_BY_PERSON, now=command.now))


async def end_other_sessions(
    command: Command, person_id: UUID, *, current: UUID | None, limits: SessionLimits
) -> None:
    """End all of a person's own sessions except the current one."""
    mine = await store.list_open(
        command.tx, person_id, now=command.now, idle=limits.idle, lock=True
    )
    for session in mine:
        if session.id != current:
            ended = session.ended(SessionEnd.ENDED_BY_PERSON, now=command.now)
            await store.save(command.tx, ended)


async def end_sessions_of(command: Command, person_id: UUID, limits: SessionLimits) -> None:
    """End all sessions of a person and revoke their tokens in every service.

    Callers need `org.person.write` and must be allowed to administer the person. Raises NotFound,
    PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """
    tx, now = command.tx, command.now
    rights = await lock_rights(command, WRITE_PEOPLE)
    person = await PERSON.get(tx, person_id, lock=True)
    command.expected.check(person)
    await ensure_may_administer(tx, rights, person)
    for session in await store.list_open(tx, person_id, now=now, idle=limits.idle, lock=True):
        await store.save(tx, session.ended(SessionEnd.ENDED_BY_ADMINISTRATOR, now=now))
    await revoke_tokens(tx, [person.subject])
