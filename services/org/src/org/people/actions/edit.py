"""Adding and editing people.

Locks are taken in one order: the reporting lines, departments, roles, people by id.
"""

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
from org.departments.actions import set_person_posts, validate_posts
from org.logins.actions import add_person_login, ensure_holds_scopes, hash_password, new_secret
from org.logins.domain import ScopeCheck
from org.people import store
from org.people.actions.permissions import ensure_holds_scopes_of
from org.people.domain import Person
from org.roles.actions import set_person_roles, validate_roles


async def create_person(
    tx: AsyncConnection,
    *,
    name: str,
    email: str | None,
    scopes: tuple[str, ...],
    has_scope: ScopeCheck,
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
    """Add a person; one with a username can sign in at the development issuer.

    Callers need `org.person.write` and every scope and role they give.
    Raises Invalid with every violation, Forbidden (SCOPES_NOT_HELD).
    """
    new_person_id = person_id or new_id()
    person = Person(
        id=new_person_id,
        subject=subject or str(new_person_id),
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
    return await _insert(tx, person, password, has_scope=has_scope)


async def _insert(
    tx: AsyncConnection, person: Person, password: str, *, has_scope: ScopeCheck
) -> Person:
    login = person.username
    # Hashing is slow, so it comes before any lock.
    secret_hash = "" if login is None else await hash_password(password)
    person = await _validate(tx, person, before=None, has_scope=has_scope)
    await store.add(tx, person)
    await set_person_posts(tx, person.id, person.posts)
    await set_person_roles(tx, person.id, person.role_ids)
    if login is not None:
        await add_person_login(tx, login, secret_hash, person_id=person.id)
    await publish(tx, PersonCreated(person=person.state()), of=person)
    return person


async def change_person(
    tx: AsyncConnection,
    person_id: UUID,
    edit: Callable[[Person], Person],
    *,
    has_scope: ScopeCheck,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Person:
    """Edit a person; changed roles and scopes take effect with the next token.

    Callers need `org.person.write` and every scope and role they give or take away. To change the
    subject they need every scope of the person.
    Raises NotFound, PreconditionFailed, Invalid with every violation, Forbidden (SCOPES_NOT_HELD),
    Conflict (MANAGER_CYCLE).
    """
    await store.lock_reporting_lines(tx)
    unlocked = await store.get(tx, person_id)
    await validate_posts(tx, edit(unlocked).posts)  # locks the departments before the person
    before = await store.get(tx, person_id, lock_row=True)
    after = edit(before)
    after = replace(after, subject=after.subject or str(person_id), scopes=tuple(after.scopes))
    after = await _validate(tx, after, before=before, has_scope=has_scope)
    if after == before:
        return before
    expected.check(before)
    after, changed = before.changed(after, now=now)
    after = await store.save(tx, after)
    if after.posts != before.posts:
        await set_person_posts(tx, person_id, after.posts)
    if after.role_ids != before.role_ids:
        await set_person_roles(tx, person_id, after.role_ids)
    await publish(tx, changed, of=after)
    return after


async def assign_username(
    tx: AsyncConnection, person: Person, username: str, *, now: datetime
) -> Person:
    """Assign a username to a locked person, with a random password that nobody knows.

    The calling command has checked who may. Raises Invalid (USERNAME_TAKEN).
    """
    secret_hash = await hash_password(new_secret())
    await add_person_login(tx, username, secret_hash, person_id=person.id)
    after, changed = person.changed(replace(person, username=username), now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after


async def _validate(
    tx: AsyncConnection, after: Person, *, before: Person | None, has_scope: ScopeCheck
) -> Person:
    """Return the validated person with one primary post. Raises what the callers document."""
    previous = before or replace(
        after, posts=(), role_ids=(), scopes=(), manager_id=None, subject=str(after.id)
    )
    # Callers may neither give nor take away scopes that they do not have.
    ensure_holds_scopes(set(after.scopes) ^ set(previous.scopes), has_scope=has_scope)
    # Whoever sets the subject can sign in as the person.
    if before is not None and after.subject != before.subject:
        await ensure_holds_scopes_of(tx, before, has_scope=has_scope)
    posts, post_violations = await validate_posts(tx, after.posts, before=previous.posts)
    role_violations = await validate_roles(
        tx, after.role_ids, before=previous.role_ids, has_scope=has_scope
    )
    manager_violations = await _manager_violations(tx, after, previous)
    subject_violations = await _subject_violations(tx, after, previous)
    violations: Sequence[Violation] = [
        *subject_violations,
        *manager_violations,
        *post_violations,
        *role_violations,
    ]
    fields = await _validated_fields(tx, after, before, violations)
    return replace(after, posts=posts, custom_fields=fields)


async def _validated_fields(
    tx: AsyncConnection, after: Person, before: Person | None, violations: Sequence[Violation]
) -> Mapping[str, Any]:
    """Return the custom fields to store. Raises Invalid with their and all other violations."""
    previous = None if before is None else before.custom_fields
    try:
        validated = await validated_custom_fields(
            tx, store.PERSON, after.custom_fields, before=previous
        )
    except Invalid as error:
        raise Invalid([*violations, *error.violations]) from None
    if violations:
        raise Invalid(violations)
    return validated


async def _manager_violations(
    tx: AsyncConnection, after: Person, before: Person
) -> list[Violation]:
    manager_id = after.manager_id
    if manager_id is None or manager_id == before.manager_id:
        return []
    if await store.reports_to(tx, manager_id, superior_id=after.id):
        raise Conflict("MANAGER_CYCLE", person_id=str(after.id), manager_id=str(manager_id))
    active = (await store.person_active_flags(tx, [manager_id])).get(manager_id)
    if active is None:
        return [Violation("/manager_id", "PERSON_UNKNOWN")]
    return [] if active else [Violation("/manager_id", "PERSON_INACTIVE")]


async def _subject_violations(
    tx: AsyncConnection, after: Person, before: Person
) -> list[Violation]:
    is_unchanged = after.subject == before.subject
    if is_unchanged or not await store.subject_is_taken(tx, after.subject, except_id=after.id):
        return []
    return [Violation("/subject", "SUBJECT_TAKEN")]
