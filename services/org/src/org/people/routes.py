from uuid import UUID

from fastapi import Response

from chassis.auth import Caller, allow
from chassis.clock import Now
from chassis.pages import Page, PageParams
from chassis.routing import new_router
from chassis.transaction import Tx
from org.logins.actions import ensure_may_grant
from org.people import actions, store
from org.people.schemas import PersonIn, PersonOut

router = new_router("/people", tag="people")
READ, WRITE = allow("org.person.read"), allow("org.person.write")


@router.post("", status_code=201, dependencies=[WRITE])
async def person_create(
    body: PersonIn, response: Response, caller: Caller, tx: Tx, now: Now
) -> PersonOut:
    """Add a person, with scopes that the caller has too."""
    ensure_may_grant(body.scopes, may=caller.may)
    person = await actions.create_person(
        tx,
        name=body.name,
        email=body.email,
        username=body.username,
        password=body.secret,
        scopes=tuple(body.scopes),
        now=now,
    )
    response.headers["Location"] = f"/org/v1/people/{person.id}"
    return PersonOut.model_validate(person)


@router.get("", dependencies=[READ])
async def person_list(tx: Tx, page: PageParams) -> Page[PersonOut]:
    """List people, newest first."""
    return await store.read_page(tx, page)


@router.get("/{person_id}", dependencies=[READ])
async def person_get(person_id: UUID, tx: Tx) -> PersonOut:
    """Read a person."""
    return PersonOut.model_validate(await store.get(tx, person_id))
