"""The routes of sessions; they exist only together with the development issuer."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import FastAPI, Request

from chassis.foundation.clock import Now
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.people.store import get_id_by_subject
from org.sessions import actions
from org.sessions.domain import Session
from org.sessions.schemas import SessionOut, SessionsOut
from org.sessions.views import list_sessions
from org.settings import OrgSettings

own_session_router = new_router("/me/sessions", tag="sessions")
person_session_router = new_router("/people", tag="sessions")
WRITE = allow("org.person.write")


def _settings(request: Request) -> OrgSettings:
    settings: OrgSettings = request.app.state.settings
    return settings


def _shown(sessions: Sequence[Session], caller: Principal) -> SessionsOut:
    items = [
        SessionOut.model_validate({**vars(one), "current": one.id == caller.session_id})
        for one in sessions
    ]
    return SessionsOut(items=items)


@own_session_router.get("")
async def session_list(request: Request, caller: Caller, tx: Tx, now: Now) -> SessionsOut:
    """List where the caller is signed in, the latest used session first."""
    person_id = await get_id_by_subject(tx, caller.subject)
    idle = _settings(request).session_limits.idle
    return _shown(await list_sessions(tx, person_id, now=now, idle=idle), caller)


@own_session_router.delete("", status_code=204)
async def session_end_others(request: Request, caller: Caller, command: CreateCommand) -> None:
    """Sign out everywhere else: end all sessions of the caller but the one of this token.

    Access tokens of these sessions expire within five minutes.
    """
    person_id = await get_id_by_subject(command.tx, caller.subject)
    limits = _settings(request).session_limits
    await actions.end_other_sessions(command, person_id, current=caller.session_id, limits=limits)


@own_session_router.delete("/{session_id}", status_code=204)
async def session_end(session_id: UUID, caller: Caller, command: CreateCommand) -> None:
    """End one of the caller's sessions; its access token expires within five minutes."""
    person_id = await get_id_by_subject(command.tx, caller.subject)
    await actions.end_session(command, person_id, session_id)


@person_session_router.get("/{person_id}/sessions", dependencies=[WRITE])
async def person_sessions(
    person_id: UUID, request: Request, caller: Caller, tx: Tx, now: Now
) -> SessionsOut:
    """List where a person is signed in, the latest used session first."""
    idle = _settings(request).session_limits.idle
    return _shown(await list_sessions(tx, person_id, now=now, idle=idle), caller)


@person_session_router.post("/{person_id}/end-sessions", status_code=204, dependencies=[WRITE])
async def person_end_sessions(
    person_id: UUID, request: Request, command: ChangeCommand, body: EmptyBody | None = None
) -> None:
    """Sign a person out everywhere: end all sessions and refuse their tokens in every service."""
    await actions.end_sessions_of(command, person_id, _settings(request).session_limits)


def install_sessions(app: FastAPI) -> None:
    """Add the session routes to an app."""
    for router in (own_session_router, person_session_router):
        app.include_router(router, prefix="/org/v1")
