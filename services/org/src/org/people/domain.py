"""A person with their posts, manager, roles and leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from contracts.event import Event
from contracts.org import events as facts
from contracts.org.events import PersonState, Post
from kernel.errors import Conflict, RuleBroken
from kernel.personal import Personal


@dataclass(frozen=True, kw_only=True)
class Leave:
    """A leave in `[from_date, to_date)`; during it the substitute sees the person's records."""

    id: UUID
    from_date: date
    to_date: date
    substitute_id: UUID | None = None

    def overlaps(self, other: Leave) -> bool:
        """Return whether the leaves share a day."""
        return self.from_date < other.to_date and other.from_date < self.to_date

    def state(self) -> facts.Leave:
        """Return the leave as events carry it."""
        return facts.Leave.of(self)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person; without a `username` they sign in at the tenant's own OIDC provider.

    `subject` is the `sub` of their tokens there; at the development issuer it is their id. Records
    belong to subjects, so a former subject is never assigned to another person.
    """

    id: UUID
    subject: str
    former_subjects: tuple[str, ...] = ()
    name: Annotated[str, Personal("name")]
    email: Annotated[str | None, Personal("email")] = None
    phone: Annotated[str | None, Personal("phone")] = None
    username: Annotated[str | None, Personal("username")] = None
    scopes: tuple[str, ...] = ()
    role_ids: tuple[UUID, ...] = ()
    manager_id: UUID | None = None
    posts: tuple[Post, ...] = ()
    leaves: tuple[Leave, ...] = ()
    active: bool = True
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def edited(self, after: Person) -> Person:
        """Return the edited person with a subject, by default the id, and all former subjects."""
        subject = after.subject or str(self.id)
        former = {*self.former_subjects, self.subject} - {subject}
        return replace(after, subject=subject, former_subjects=tuple(sorted(former)))

    def with_active(self, *, active: bool) -> tuple[Person, Event] | None:
        """Return the person deactivated or reactivated, and the event; None if they are already."""
        if active == self.active:
            return None
        after = replace(self, active=active)
        kind = facts.PersonReactivated if active else facts.PersonDeactivated
        return after, kind(person=after.state())

    def is_away(self, leave: Leave) -> bool:
        """Return whether the person is on leave on a day of that leave."""
        return any(existing.overlaps(leave) for existing in self.leaves)

    def with_leave(self, leave: Leave, *, substitute: Person | None) -> Person:
        """Return the person with one more leave.

        The substitute must be present all the time, so substitutes never form a cycle.
        Raises Conflict (LEAVE_OVERLAPS) and RuleBroken (SUBSTITUTE_SELF, SUBSTITUTE_INACTIVE,
        SUBSTITUTE_AWAY).
        """
        if self.is_away(leave):
            raise Conflict("LEAVE_OVERLAPS")
        if substitute is not None and substitute.id == self.id:
            raise RuleBroken("SUBSTITUTE_SELF")
        if substitute is not None and not substitute.active:
            raise RuleBroken("SUBSTITUTE_INACTIVE", name=substitute.name)
        if substitute is not None and substitute.is_away(leave):
            raise RuleBroken("SUBSTITUTE_AWAY", name=substitute.name)
        leaves = sorted((*self.leaves, leave), key=lambda each: each.from_date)
        return replace(self, leaves=tuple(leaves))

    def without_leave(self, leave_id: UUID) -> Person:
        """Return the person without that leave; unchanged if there is no such leave."""
        return replace(self, leaves=tuple(each for each in self.leaves if each.id != leave_id))

    def state(self) -> PersonState:
        """Return the whole state as events carry it."""
        leaves = tuple(leave.state() for leave in self.leaves)
        return PersonState.of(self, person_id=self.id, leaves=leaves)


def new_person(
    person_id: UUID, *, now: datetime, subject: str | None = None, **fields: Any
) -> Person:
    """Return a new person with these fields; by default their id is their subject."""
    subject = subject or str(person_id)
    return Person(id=person_id, subject=subject, created_at=now, updated_at=now, **fields)
