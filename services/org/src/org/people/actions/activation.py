"""Deactivating and reactivating people; the services transfer what they own, record by record."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import MADE, AlreadyMade, move_record, save_record
from chassis.web.commands import Command
from contracts.event import Event
from org.logins.actions import disable_login, enable_login
from org.people.actions.permissions import WRITE_PEOPLE, ensure_may_administer, scopes_of
from org.people.domain import Person
from org.people.store import PERSON
from org.principals.actions import lock_rights, revoke_tokens, withdraw_scopes


async def set_person_active(command: Command, person_id: UUID, *, active: bool) -> Person:
    """Deactivate a person, or reactivate them with the password they had.

    An inactive person gets no new tokens, and every service refuses the existing ones, also after a
    reactivation. Callers need `org.person.write` and every administrative scope of the person.
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD), RuleBroken
    (LAST_ADMINISTRATOR).
    """
    rights = await lock_rights(command, WRITE_PEOPLE)

    def change(before: Person) -> tuple[Person, Event] | AlreadyMade:
        return before.with_active(active=active) or MADE

    async def save(before: Person, after: Person, event: Event | None) -> Person:
        await ensure_may_administer(command.tx, rights, before)
        saved = await save_record(command, PERSON, before, after, event)
        if saved.username is not None:
            await (enable_login if active else disable_login)(command.tx, saved.username)
        if not active:
            await _withdraw_everything(command.tx, saved)
        return saved

    return await move_record(command, PERSON, person_id, change, save=save)


async def _withdraw_everything(tx: AsyncConnection, person: Person) -> None:
    """Revoke the tokens of a person who was deactivated, also of one who holds no scope."""
    await revoke_tokens(tx, [person.subject])
    await withdraw_scopes(tx, [], before=await scopes_of(tx, person), after=())
