"""Deactivating and reactivating people; the services transfer what they own, record by record."""

from uuid import UUID

from chassis.records.record_commands import MADE, AlreadyMade, move_record, save_record
from chassis.web.commands import Command
from contracts.event import Event
from org.logins.actions import disable_login, enable_login
from org.people.actions.permissions import ensure_may_administer
from org.people.domain import Person
from org.people.store import PERSON


async def set_person_active(command: Command, person_id: UUID, *, active: bool) -> Person:
    """Deactivate a person, or reactivate them with the password they had.

    An inactive person gets no new tokens; existing ones expire within five minutes.
    Callers need `org.person.write` and every administrative scope of the person.
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """

    def change(before: Person) -> tuple[Person, Event] | AlreadyMade:
        return before.with_active(active=active) or MADE

    async def save(before: Person, after: Person, event: Event | None) -> Person:
        await ensure_may_administer(command, before)
        saved = await save_record(command, PERSON, before, after, event)
        if saved.username is not None:
            await (enable_login if active else disable_login)(command.tx, saved.username)
        return saved

    return await move_record(command, PERSON, person_id, change, save=save)
