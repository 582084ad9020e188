"""Present where the development issuer is: elsewhere people have no passwords with us."""

from datetime import datetime
from uuid import UUID

from fastapi import BackgroundTasks, FastAPI, Request
from starlette.responses import Response

from chassis.database.engine import Database
from chassis.foundation.clock import Now
from chassis.web.auth import Caller, allow
from chassis.web.bodies import MoveIn
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Forbidden, Invalid, Violation
from org.logins import store as logins
from org.logins.actions import hashed, set_password
from org.logins.domain import Login, LoginKind
from org.logins.routes import ToldOnce, proven_login
from org.passwords import actions, store
from org.passwords.domain import Link
from org.passwords.schemas import AcceptIn, InviteIn, LinkOut, PasswordChange, ResetRequest
from org.people.domain import Person

of_people = new_router("/people", tag="passwords")
of_me = new_router("/me/password", tag="passwords")
links = new_router("/password-links", tag="passwords")
WRITE = allow("org.person.write")


def _told_once(person: Person, link: Link, token: str) -> Response:
    shown = LinkOut(
        person_id=person.id,
        purpose=link.purpose,
        username=link.login,
        token=None,
        expires_at=link.expires_at,
    )
    return ToldOnce(shown, {"token": token}, status=201, at=f"/org/v1/people/{person.id}")


@of_people.post(
    "/{person_id}/invite", status_code=201, response_model=LinkOut, dependencies=[WRITE]
)
async def person_invite(
    person_id: UUID, body: InviteIn, expected: IfMatch, caller: Caller, tx: Tx, now: Now
) -> Response:
    """Give somebody a token, good for seven days, to set a first password with."""
    person, link, token = await actions.invite_person(
        tx, person_id, username=body.username, may=caller.may, now=now, expected=expected
    )
    return _told_once(person, link, token)


@of_people.post(
    "/{person_id}/reset-password", status_code=201, response_model=LinkOut, dependencies=[WRITE]
)
async def person_reset_password(
    person_id: UUID,
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
    body: MoveIn | None = None,
) -> Response:
    """Give somebody a token, good for an hour, to set another password with."""
    person, link, token = await actions.reset_password(
        tx, person_id, may=caller.may, now=now, expected=expected
    )
    return _told_once(person, link, token)


@links.post("", status_code=202)
async def password_link_request(
    body: ResetRequest, request: Request, later: BackgroundTasks, now: Now
) -> None:
    """Say that a password is forgotten; neither the answer nor its time tells who is known."""
    later.add_task(_request, request.app.state.database, body.username, now=now)


async def _request(database: Database, username: str, *, now: datetime) -> None:
    async with database.begin(None) as tx:
        await actions.request_reset(tx, username, now=now)


@links.post("/accept", status_code=204)
async def password_link_accept(body: AcceptIn, request: Request, now: Now) -> None:
    """Set a password with the token of an invitation or a reset; that works once."""
    secret_hash = await hashed(body.password.get_secret_value())
    database: Database = request.app.state.database
    token = body.token.get_secret_value()
    async with database.begin(None) as tx:
        tenant_id = await actions.tenant_of(tx, token)
    async with database.begin(tenant_id) as tx:
        await actions.accept_link(tx, token, secret_hash, now=now)


@of_me.post("", status_code=204)
async def password_change(body: PasswordChange, request: Request, caller: Caller, now: Now) -> None:
    """Change my own password; the old one is asked for, and braked as signing in is."""
    database: Database = request.app.state.database
    own = await _own_login(database, caller.tenant_id, caller.subject)
    current = body.current_password.get_secret_value()
    if await proven_login(request, own.login, own.kind, current, now=now) is None:
        raise Invalid([Violation("/current_password", "PASSWORD_WRONG")])
    secret_hash = await hashed(body.new_password.get_secret_value())
    async with database.begin(caller.tenant_id) as tx:
        await set_password(tx, own.login, secret_hash)
        await store.close_all(tx, own.login)


async def _own_login(database: Database, tenant_id: UUID, subject: str) -> Login:
    async with database.begin(tenant_id) as tx:
        person_id = await store.person_of(tx, subject)
        if person_id is not None:
            own = await logins.find_of(tx, tenant_id, person_id, LoginKind.PERSON)
            if own is not None:
                return own
    raise Forbidden("NO_PASSWORD_HERE")


def install(app: FastAPI) -> None:
    """Let people of this app have passwords."""
    for router in (of_people, of_me, links):
        app.include_router(router, prefix="/org/v1")
