"""The routes of people and their leaves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.audit.routes import audit_router
from chassis.records.batch import prepare_batches
from chassis.records.external_ids.puts import ExternallyWrittenResource
from chassis.records.external_ids.routes import external_id_router
from chassis.records.lists.expansion import Expansion, expansion_of
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, Command, CreateCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from org.logins.actions import prepare_hashes
from org.people import store
from org.people.actions.activation import set_person_active
from org.people.actions.edit import create_person, edit_person
from org.people.actions.leaves import add_leave, cancel_leave
from org.people.domain import Leave, Person, new_person
from org.people.schemas import LeaveIn, PersonEdit, PersonIn, PersonOut, PersonProfileIn
from org.people.store import PERSON

router = new_router("/people", tag="people")
own_leave_router = new_router("/me/leaves", tag="people")
READ, WRITE = allow("org.person.read"), allow("org.person.write")
WRITE_OWN_LEAVES = allow("org.leave.write")


@router.post("", status_code=201, dependencies=[WRITE])
async def person_create(body: PersonIn, response: Response, command: CreateCommand) -> PersonOut:
    """Add a person; callers can give only roles and scopes that they have themselves."""
    person = new_person(new_id(), now=command.now, **body.fields)
    person = await create_person(command, person, body.secret)
    response.headers["Location"] = f"/org/v1/people/{person.id}"
    return PersonOut.model_validate(person)


async def _prepare(bodies: Sequence[Any]) -> None:
    """Hash the passwords of new people, of whom an unsound body is refused later."""
    passwords = []
    for body in bodies:
        try:
            person = PersonIn.model_validate(body)
        except ValidationError:
            continue
        passwords += [person.secret] if person.secret else []
    await prepare_hashes(passwords)


prepare_batches(PERSON.scoped.resource, _prepare)
add_list_routes(router, store.LISTING)


def _shown(person: Person, caller: Principal) -> PersonOut:
    """Return a person as the caller may see them."""
    shown = PersonOut.model_validate(person)
    restricted = store.LISTING.restricted
    if caller.may(restricted.scope):
        return shown
    hidden: PersonOut = restricted.hide(shown)
    return hidden


@router.get("/{person_id}", dependencies=[READ])
async def person_get(
    person_id: UUID,
    caller: Caller,
    tx: Tx,
    expansion: Annotated[Expansion, expansion_of(PersonOut)],
) -> PersonOut:
    """Read a person; how they sign in and what they may do is shown to administrators only."""
    return await expansion.expanded(tx, _shown(await PERSON.get(tx, person_id), caller))


@router.patch("/{person_id}", dependencies=[WRITE])
async def person_edit(
    person_id: UUID, body: MergePatch[PersonEdit], command: ChangeCommand
) -> PersonOut:
    """Edit a person: contact data, manager, posts, roles and scopes."""
    return PersonOut.model_validate(await edit_person(command, person_id, body.applied))


@router.post("/{person_id}/deactivate", dependencies=[WRITE])
async def person_deactivate(
    person_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> PersonOut:
    """Deactivate a person; their tokens are refused, in other services within seconds."""
    return PersonOut.model_validate(await set_person_active(command, person_id, active=False))


@router.post("/{person_id}/reactivate", dependencies=[WRITE])
async def person_reactivate(
    person_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> PersonOut:
    """Reactivate a person with the password they had."""
    return PersonOut.model_validate(await set_person_active(command, person_id, active=True))


@router.post("/{person_id}/leaves", status_code=201, dependencies=[WRITE])
async def person_add_leave(person_id: UUID, body: LeaveIn, command: ChangeCommand) -> PersonOut:
    """Add a leave of a person, with a substitute if wanted."""
    leave = Leave(id=new_id(), **vars(body))
    return PersonOut.model_validate(await add_leave(command, person_id, leave))


@router.delete("/{person_id}/leaves/{leave_id}", status_code=204, dependencies=[WRITE])
async def person_cancel_leave(person_id: UUID, leave_id: UUID, command: ChangeCommand) -> None:
    """Cancel a leave of a person."""
    await cancel_leave(command, person_id, leave_id)


@own_leave_router.post("", status_code=201, dependencies=[WRITE_OWN_LEAVES])
async def leave_add(body: LeaveIn, caller: Caller, command: CreateCommand) -> PersonOut:
    """Add a leave of the caller, with a substitute if wanted."""
    person_id = await store.get_id_by_subject(command.tx, caller.subject)
    leave = Leave(id=new_id(), **vars(body))
    return _shown(await add_leave(command, person_id, leave), caller)


@own_leave_router.delete("/{leave_id}", status_code=204, dependencies=[WRITE_OWN_LEAVES])
async def leave_cancel(leave_id: UUID, caller: Caller, command: ChangeCommand) -> None:
    """Cancel a leave of the caller; If-Match takes the ETag of the caller's person."""
    person_id = await store.get_id_by_subject(command.tx, caller.subject)
    await cancel_leave(command, person_id, leave_id)


async def _create(command: Command, body: PersonProfileIn) -> Person:
    """Create a person without a username; they sign in elsewhere or are invited."""
    return await create_person(command, new_person(new_id(), now=command.now, **vars(body)))


async def _replace(command: Command, person_id: UUID, body: PersonProfileIn) -> Person:
    def edit(before: Person) -> Person:
        return replace(before, **vars(body))

    return await edit_person(command, person_id, edit)


async def _read(tx: AsyncConnection, person_id: UUID, caller: Principal, _: datetime) -> PersonOut:
    return _shown(await PERSON.get(tx, person_id), caller)


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=PERSON.scoped,
        collection="/people",
        body=PersonProfileIn,
        answer=PersonOut,
        create=_create,
        update=_replace,
        get=PERSON.get,
        read=_read,
    )
)
# The history of a person holds user names, roles and scopes.
audit = audit_router("/people", resource="org.person", table=PERSON.table, dependencies=[WRITE])
ROUTERS = (by_external_id, router, own_leave_router, audit)
