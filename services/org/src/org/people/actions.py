from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from contracts.org.events import PersonCreated
from kernel.ids import new_id
from org.logins.actions import add_person_login, hashed
from org.people import store
from org.people.domain import Person


async def create_person(
    tx: AsyncConnection,
    *,
    name: str,
    email: str | None,
    scopes: tuple[str, ...],
    now: datetime,
    username: str | None = None,
    password: str = "",
    person_id: UUID | None = None,
) -> Person:
    """Add a person; with a username one who can sign in at the development issuer.

    Raises Invalid (USERNAME_TAKEN).
    """
    person = Person(
        id=person_id or new_id(),
        name=name,
        email=email,
        username=username,
        scopes=scopes,
        created_at=now,
        updated_at=now,
    )
    secret_hash = None if username is None else await hashed(password)  # slow, so before any lock
    await store.add(tx, person)
    if username is not None and secret_hash is not None:
        await add_person_login(tx, username, secret_hash, person_id=person.id, scopes=scopes)
    await publish(tx, PersonCreated(person=person.state()), of=person)
    return person
