"""Adding and editing people. Locks: the line of managers, departments, roles, people by id."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.org.events import PersonCreated, Post
from kernel.errors import Conflict, Invalid, Violation
from kernel.ids import new_id
from org.departments.actions import checked_posts, place_person
from org.logins.actions import add_person_login, ensure_may_grant, hashed, new_secret
from org.people import store
from org.people.actions.power import ensure_may_no_more
from org.people.domain import Person
from org.roles.actions import May, checked_roles, give_roles


async def create_person(
    tx: AsyncConnection,
    *,
    name: str,
    email: str | None,
    scopes: tuple[str, ...],
    may: May,
    now: datetime,
    phone: str | None = None,
    subject: str | None = None,
    manager_id: UUID | None = None,
    posts: tuple[Post, ...] = (),
    role_ids: tuple[UUID, ...] = (),
    username: str | None = None,
    password: str = "",
    custom_fields: Mapping[str, Any] | None = None,
    person_id: UUID | None = None,
) -> Person:
    """Add a person; with a username one who can sign in at the development issuer.

    Raises Invalid with every violation, Forbidden (SCOPES_NOT_HELD).
    """
    key = person_id or new_id()
    person = Person(
        id=key,
        subject=subject or str(key),
        name=name,
        email=email,
        phone=phone,
        username=username,
        scopes=scopes,
        role_ids=role_ids,
        manager_id=manager_id,
        posts=posts,
        custom_fields=custom_fields or {},
        created_at=now,
        updated_at=now,
    )
    return await _added(tx, person, password, may=may)


async def _added(tx: AsyncConnection, person: Person, password: str, *, may: May) -> Person:
    login = person.username
    secret_hash = "" if login is None else await hashed(password)  # slow, so before any lock
    person = await _checked(tx, person, before=None, may=may)
    await store.add(tx, person)
    await place_person(tx, person.id, person.posts)
    await give_roles(tx, person.id, person.role_ids)
    if login is not None:
        await add_person_login(tx, login, secret_hash, person_id=person.id)
    await publish(tx, PersonCreated(person=person.state()), of=person)
    return person


async def change_person(
    tx: AsyncConnection,
    person_id: UUID,
    edit: Callable[[Person], Person],
    *,
    may: May,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """Change what is known of a person; other scopes count from the next token on.

    Raises NotFound, Invalid with every violation, Forbidden (SCOPES_NOT_HELD), Conflict
    (MANAGER_CYCLE).
    """
    await store.lock_lines(tx)
    seen = await store.get(tx, person_id)
    await checked_posts(tx, edit(seen).posts)  # departments are locked before people
    before = await store.get(tx, person_id, lock_row=True)
    expected.check(before)
    after = edit(before)
    after = replace(after, subject=after.subject or str(person_id), scopes=tuple(after.scopes))
    after = await _checked(tx, after, before=before, may=may)
    if after == before:
        return before
    after, changed = before.changed(after, now=now)
    after = await store.save(tx, after)
    if after.posts != before.posts:
        await place_person(tx, person_id, after.posts)
    if after.role_ids != before.role_ids:
        await give_roles(tx, person_id, after.role_ids)
    await publish(tx, changed, of=after)
    return after


async def name_login(
    tx: AsyncConnection, person: Person, username: str, *, now: datetime
) -> Person:
    """Give a person, whose row is locked, a username whose password nobody knows yet.

    Raises Invalid (USERNAME_TAKEN).
    """
    unknown = await hashed(new_secret())
    await add_person_login(tx, username, unknown, person_id=person.id)
    after, changed = person.changed(replace(person, username=username), now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after


async def _checked(
    tx: AsyncConnection, after: Person, *, before: Person | None, may: May
) -> Person:
    """The person with one primary post. Raises as the actions above do."""
    known = before or replace(
        after, posts=(), role_ids=(), scopes=(), manager_id=None, subject=str(after.id)
    )
    ensure_may_grant(set(after.scopes) ^ set(known.scopes), may=may)  # nor takes, what he lacks
    if before is not None and after.subject != before.subject:  # it lets another be this person
        await ensure_may_no_more(tx, before, may=may)
    posts, of_posts = await checked_posts(tx, after.posts, before=known.posts)
    of_roles = await checked_roles(tx, after.role_ids, before=known.role_ids, may=may)
    of_manager = await _of_manager(tx, after, known)
    of_subject = await _of_subject(tx, after, known)
    wrong: Sequence[Violation] = [*of_subject, *of_manager, *of_posts, *of_roles]
    fields = await _fields(tx, after, before, wrong)
    return replace(after, posts=posts, custom_fields=fields)


async def _fields(
    tx: AsyncConnection, after: Person, before: Person | None, wrong: Sequence[Violation]
) -> Mapping[str, Any]:
    """The custom fields as they are stored. Raises Invalid for them and what else is wrong."""
    known = None if before is None else before.custom_fields
    try:
        kept = await validated_custom_fields(tx, store.PERSON, after.custom_fields, before=known)
    except Invalid as more:
        raise Invalid([*wrong, *more.violations]) from None
    if wrong:
        raise Invalid(wrong)
    return kept


async def _of_manager(tx: AsyncConnection, after: Person, before: Person) -> list[Violation]:
    manager_id = after.manager_id
    if manager_id is None or manager_id == before.manager_id:
        return []
    if await store.is_below(tx, manager_id, above=after.id):
        raise Conflict("MANAGER_CYCLE", person_id=str(after.id), manager_id=str(manager_id))
    active = (await store.activity_of(tx, [manager_id])).get(manager_id)
    if active is None:
        return [Violation("/manager_id", "PERSON_UNKNOWN")]
    return [] if active else [Violation("/manager_id", "PERSON_INACTIVE")]


async def _of_subject(tx: AsyncConnection, after: Person, before: Person) -> list[Violation]:
    same = after.subject == before.subject
    if same or not await store.has_subject(tx, after.subject, but=after.id):
        return []
    return [Violation("/subject", "SUBJECT_TAKEN")]
