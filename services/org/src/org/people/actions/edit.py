"""Adding and editing people.

Locks are taken in one order: the rights, the reporting lines, departments, roles, people by id.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import (
    create_record,
    save_record,
    with_valid_custom_fields,
)
from chassis.web.commands import Command
from kernel.errors import Conflict, Invalid, Violation
from org.departments.actions import validate_posts
from org.logins.actions import add_person_login, hash_password, new_secret
from org.people import store
from org.people.actions.permissions import WRITE_PEOPLE, ensure_may_manage, scopes_of
from org.people.domain import Person
from org.people.store import PERSON
from org.principals.actions import CallerRights, lock_rights, revoke_tokens, withdraw_scopes
from org.roles.actions import validate_roles


async def create_person(command: Command, person: Person, password: str = "") -> Person:
    """Add a person; one with a username can sign in at the development issuer.

    Callers need `org.person.write` and every scope and role they give.
    Raises Invalid with every violation, Forbidden (SCOPES_NOT_HELD).
    """
    login = person.username
    # Hashing is slow, so it comes before any lock.
    secret_hash = "" if login is None else await hash_password(password)
    rights = await lock_rights(command, WRITE_PEOPLE)
    person = await _validated(command, rights, person, before=None)
    await create_record(command, PERSON, person, validate=False)
    if login is not None:
        await add_person_login(command.tx, login, secret_hash, person_id=person.id)
    return person


async def edit_person(
    command: Command, person_id: UUID, edit: Callable[[Person], Person]
) -> Person:
    """Edit a person; changed roles and scopes take effect with the next token.

    A person who loses a scope, or gets another subject, needs a new token at once. Callers need
    `org.person.write` and every scope and role they give or take away; to change the subject they
    need every scope of the person.
    Raises NotFound, PreconditionFailed, Invalid with every violation, Forbidden (SCOPES_NOT_HELD),
    Conflict (MANAGER_CYCLE), RuleBroken (LAST_ADMINISTRATOR).
    """
    rights = await lock_rights(command, WRITE_PEOPLE)
    await store.lock_reporting_lines(command.tx)
    unlocked = await PERSON.get(command.tx, person_id)
    await validate_posts(command.tx, edit(unlocked).posts)  # locks the departments first
    before = await PERSON.get(command.tx, person_id, lock=True)
    after = before.edited(edit(before))
    if after != before:
        command.expected.check(before)
        after = await _validated(command, rights, after, before=before)
    if after == before:
        return before
    scopes_before = await scopes_of(command.tx, before)
    saved = await save_record(command, PERSON, before, after)
    await _withdraw(command, before, saved, scopes_before)
    return saved


async def _withdraw(
    command: Command, before: Person, saved: Person, scopes_before: set[str]
) -> None:
    """Revoke the tokens of a person who lost a scope or a subject by an edit."""
    if not before.active:
        return
    if saved.subject != before.subject:
        await revoke_tokens(command.tx, [before.subject])
    scopes_after = await scopes_of(command.tx, saved)
    await withdraw_scopes(command.tx, [saved.subject], before=scopes_before, after=scopes_after)


async def assign_username(command: Command, person: Person, username: str) -> Person:
    """Assign a username to a locked person, with a random password that nobody knows.

    The calling command has checked who may. Raises Invalid (USERNAME_TAKEN).
    """
    secret_hash = await hash_password(new_secret())
    await add_person_login(command.tx, username, secret_hash, person_id=person.id)
    return await save_record(command, PERSON, person, replace(person, username=username))


async def _validated(
    command: Command, rights: CallerRights, after: Person, *, before: Person | None
) -> Person:
    """Return the validated person with one primary post. Raises what the callers document."""
    tx = command.tx
    previous = before or replace(
        after, posts=(), role_ids=(), scopes=(), manager_id=None, subject=str(after.id)
    )
    # Callers may neither give nor take away scopes that they do not have.
    rights.ensure(set(after.scopes) ^ set(previous.scopes))
    # Whoever sets the subject can sign in as the person.
    if before is not None and after.subject != before.subject:
        await ensure_may_manage(tx, rights, before)
    posts, post_violations = await validate_posts(tx, after.posts, before=previous.posts)
    role_violations = await validate_roles(
        command, rights.over(previous.subject), after.role_ids, before=previous.role_ids
    )
    manager_violations = await _manager_violations(tx, after, previous)
    subject_violations = await _subject_violations(tx, after, previous)
    violations: Sequence[Violation] = [
        *subject_violations,
        *manager_violations,
        *post_violations,
        *role_violations,
    ]
    after = await _with_valid_fields(command, after, before, violations)
    return replace(after, posts=posts)


async def _with_valid_fields(
    command: Command, after: Person, before: Person | None, violations: Sequence[Violation]
) -> Person:
    """Return the person with valid custom fields. Raises Invalid with all violations."""
    try:
        validated = await with_valid_custom_fields(command, PERSON, after, before=before)
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
