"""The routes of passwords; they exist only together with the development issuer."""

from datetime import datetime
from uuid import UUID

from fastapi import BackgroundTasks, FastAPI, Request
from starlette.responses import Response

from chassis.database.engine import Database
from chassis.foundation.clock import Now
from chassis.web.auth import Caller, allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from chassis.web.secret_responses import SecretResponse
from kernel.errors import Forbidden, Invalid, Violation
from org.logins import store as logins
from org.logins.actions import hash_password
from org.logins.domain import Login, LoginKind
from org.logins.routes import authenticate
from org.passwords import actions, store
from org.passwords.domain import PasswordLink
from org.passwords.schemas import (
    InvitationIn,
    PasswordChangeIn,
    PasswordLinkAcceptIn,
    PasswordLinkOut,
    PasswordResetIn,
)
from org.people.domain import Person

person_password_router = new_router("/people", tag="passwords")
own_password_router = new_router("/me/password", tag="passwords")
password_link_router = new_router("/password-links", tag="passwords")
WRITE = allow("org.person.write")


def _secret_response(person: Person, link: PasswordLink, token: str) -> Response:
    body = PasswordLinkOut(
        person_id=person.id,
        purpose=link.purpose,
        username=link.login,
        token=None,
        expires_at=link.expires_at,
    )
    return SecretResponse(
        body, {"token": token}, status=201, location=f"/org/v1/people/{person.id}"
    )


@person_password_router.post(
    "/{person_id}/invite", status_code=201, response_model=PasswordLinkOut, dependencies=[WRITE]
)
async def person_invite(person_id: UUID, body: InvitationIn, command: ChangeCommand) -> Response:
    """Issue a token, valid for seven days, with which a person sets a first password."""
    invited = await actions.invite_person(command, person_id, username=body.username)
    return _secret_response(*invited)


@person_password_router.post(
    "/{person_id}/reset-password",
    status_code=201,
    response_model=PasswordLinkOut,
    dependencies=[WRITE],
)
async def person_reset_password(
    person_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> Response:
    """Issue a token, valid for one hour, with which a person sets a new password."""
    return _secret_response(*await actions.create_reset_link(command, person_id))


@password_link_router.post("", status_code=202)
async def password_link_request(
    body: PasswordResetIn, request: Request, background: BackgroundTasks, now: Now
) -> None:
    """Request a reset link for a forgotten password.

    Neither the answer nor its timing reveals whether the username exists.
    """
    background.add_task(_request_reset, request.app.state.database, body.username, now=now)


async def _request_reset(database: Database, username: str, *, now: datetime) -> None:
    async with database.begin(None) as tx:
        await actions.request_password_reset(tx, username, now=now)


@password_link_router.post("/accept", status_code=204)
async def password_link_accept(body: PasswordLinkAcceptIn, request: Request, now: Now) -> None:
    """Set a password with the token of an invitation or a reset link; a token works once."""
    secret_hash = await hash_password(body.password.get_secret_value())
    database: Database = request.app.state.database
    token = body.token.get_secret_value()
    async with database.begin(None) as tx:
        tenant_id = await actions.tenant_of_link(tx, token)
    async with database.begin(tenant_id) as tx:
        await actions.accept_link(tx, token, secret_hash, now=now)


@own_password_router.post("", status_code=204)
async def password_change(
    body: PasswordChangeIn, request: Request, caller: Caller, now: Now
) -> None:
    """Change the caller's own password.

    The current password is required; wrong attempts are limited as they are for signing in. The
    person signs in again afterwards, on every device.
    """
    database: Database = request.app.state.database
    login = await _own_login(database, caller.tenant_id, caller.subject)
    current = body.current_password.get_secret_value()
    if await authenticate(request, login.login, login.kind, current, now=now) is None:
        raise Invalid([Violation("/current_password", "PASSWORD_WRONG")])
    secret_hash = await hash_password(body.new_password.get_secret_value())
    async with database.begin(caller.tenant_id) as tx:
        await actions.change_password(tx, login, secret_hash)


async def _own_login(database: Database, tenant_id: UUID, subject: str) -> Login:
    async with database.begin(tenant_id) as tx:
        person_id = await store.find_person_id(tx, subject)
        if person_id is not None:
            login = await logins.find_by_subject(tx, tenant_id, person_id, LoginKind.PERSON)
            if login is not None:
                return login
    raise Forbidden("NO_PASSWORD_HERE")


def install_passwords(app: FastAPI) -> None:
    """Add the password routes to an app."""
    for router in (person_password_router, own_password_router, password_link_router):
        app.include_router(router, prefix="/org/v1")
