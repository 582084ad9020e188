"""The routes of people and their leaves."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.visibility import UnownedResource
from chassis.records.audit.routes import audit_router
from chassis.records.custom_fields.routes import custom_field_router
from chassis.records.external_ids.routes import (
    ExternallyWrittenResource,
    external_id_router,
)
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.patches import MergePatch
from chassis.web.preconditions import UNCONDITIONAL, IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.departments import store as departments
from org.people import store
from org.people.actions.activation import deactivate_person, reactivate_person
from org.people.actions.edit import change_person, create_person
from org.people.actions.leaves import add_leave, cancel_leave
from org.people.domain import Person
from org.people.schemas import LeaveIn, PersonEdit, PersonIn, PersonOut, PersonProfileIn

router = new_router("/people", tag="people")
own_leave_router = new_router("/me/leaves", tag="people")
READ, WRITE = allow("org.person.read"), allow("org.person.write")
WRITE_OWN_LEAVES = allow("org.leave.write")


@router.post("", status_code=201, dependencies=[WRITE])
async def person_create(
    body: PersonIn, response: Response, caller: Caller, tx: Tx, now: Now
) -> PersonOut:
    """Add a person; callers can give only roles and scopes that they have themselves."""
    person = await create_person(
        tx,
        name=body.name,
        email=body.email,
        phone=body.phone,
        subject=body.subject,
        manager_id=body.manager_id,
        posts=body.posts,
        role_ids=body.role_ids,
        username=body.username,
        password=body.secret,
        scopes=tuple(body.scopes),
        custom_fields=body.custom_fields,
        has_scope=caller.may,
        now=now,
    )
    response.headers["Location"] = f"/org/v1/people/{person.id}"
    return PersonOut.model_validate(person)


add_list_routes(router, store.LISTING)


@router.get("/{person_id}", dependencies=[READ])
async def person_get(person_id: UUID, tx: Tx) -> PersonOut:
    """Read a person."""
    return PersonOut.model_validate(await store.get(tx, person_id))


@router.patch("/{person_id}", dependencies=[WRITE])
async def person_change(
    person_id: UUID,
    body: MergePatch[PersonEdit],
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
) -> PersonOut:
    """Edit a person: contact data, manager, posts, roles and scopes."""
    person = await change_person(
        tx, person_id, body.applied, has_scope=caller.may, now=now, expected=expected
    )
    return PersonOut.model_validate(person)


@router.post("/{person_id}/deactivate", dependencies=[WRITE])
async def person_deactivate(
    person_id: UUID,
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
    body: EmptyBody | None = None,
) -> PersonOut:
    """Deactivate a person; their existing tokens expire within five minutes."""
    person = await deactivate_person(
        tx, person_id, has_scope=caller.may, now=now, expected=expected
    )
    return PersonOut.model_validate(person)


@router.post("/{person_id}/reactivate", dependencies=[WRITE])
async def person_reactivate(
    person_id: UUID,
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
    body: EmptyBody | None = None,
) -> PersonOut:
    """Reactivate a person with the password they had."""
    person = await reactivate_person(
        tx, person_id, has_scope=caller.may, now=now, expected=expected
    )
    return PersonOut.model_validate(person)


@router.post("/{person_id}/leaves", status_code=201, dependencies=[WRITE])
async def person_add_leave(
    person_id: UUID, body: LeaveIn, expected: IfMatch, tx: Tx, now: Now
) -> PersonOut:
    """Add a leave of a person, with a substitute if wanted."""
    person = await add_leave(
        tx,
        person_id,
        from_date=body.from_date,
        to_date=body.to_date,
        substitute_id=body.substitute_id,
        now=now,
        expected=expected,
    )
    return PersonOut.model_validate(person)


@router.delete("/{person_id}/leaves/{leave_id}", status_code=204, dependencies=[WRITE])
async def person_cancel_leave(
    person_id: UUID, leave_id: UUID, expected: IfMatch, tx: Tx, now: Now
) -> None:
    """Cancel a leave of a person."""
    await cancel_leave(tx, person_id, leave_id, now=now, expected=expected)


@own_leave_router.post("", status_code=201, dependencies=[WRITE_OWN_LEAVES])
async def leave_add(body: LeaveIn, caller: Caller, tx: Tx, now: Now) -> PersonOut:
    """Add a leave of the caller, with a substitute if wanted."""
    person_id = await store.get_id_by_subject(tx, caller.subject)
    person = await add_leave(
        tx,
        person_id,
        from_date=body.from_date,
        to_date=body.to_date,
        substitute_id=body.substitute_id,
        now=now,
        expected=UNCONDITIONAL,
    )
    return PersonOut.model_validate(person)


@own_leave_router.delete("/{leave_id}", status_code=204, dependencies=[WRITE_OWN_LEAVES])
async def leave_cancel(leave_id: UUID, expected: IfMatch, caller: Caller, tx: Tx, now: Now) -> None:
    """Cancel a leave of the caller; If-Match takes the ETag of the caller's person."""
    person_id = await store.get_id_by_subject(tx, caller.subject)
    await cancel_leave(tx, person_id, leave_id, now=now, expected=expected)


async def _create(
    tx: AsyncConnection, body: PersonProfileIn, caller: Principal, now: datetime
) -> Person:
    """Create a person without a username; they sign in elsewhere or are invited."""
    return await create_person(tx, **vars(body), scopes=(), has_scope=caller.may, now=now)


async def _replace(
    tx: AsyncConnection, person_id: UUID, body: PersonProfileIn, caller: Principal, now: datetime
) -> Person:
    def edit(before: Person) -> Person:
        return replace(before, **vars(body))

    return await change_person(tx, person_id, edit, has_scope=caller.may, now=now)


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=UnownedResource(store.PERSON, store.people),
        collection="/people",
        body=PersonProfileIn,
        answer=PersonOut,
        create=_create,
        update=_replace,
        get=store.get,
    )
)
audit = audit_router("/people", resource=store.PERSON, table=store.people, dependencies=[READ])
custom_fields = custom_field_router(
    "org", {store.PERSON: store.people, departments.DEPARTMENT: departments.departments}
)
ROUTERS = (by_external_id, router, own_leave_router, audit, custom_fields)
