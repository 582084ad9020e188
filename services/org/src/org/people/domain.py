"""A person with their posts, manager, roles and leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

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
        return facts.Leave(
            from_date=self.from_date, to_date=self.to_date, substitute_id=self.substitute_id
        )


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

    def changed(self, after: Person, *, now: datetime) -> tuple[Person, facts.PersonChanged]:
        """Return the edited person and the event."""
        former = {*self.former_subjects, self.subject} - {after.subject}
        after = replace(after, former_subjects=tuple(sorted(former)), updated_at=now)
        return after, facts.PersonChanged(person=after.state())

    def deactivated(self, *, now: datetime) -> tuple[Person, facts.PersonDeactivated]:
        """Return the deactivated person and the event."""
        after = replace(self, active=False, updated_at=now)
        return after, facts.PersonDeactivated(person=after.state())

    def reactivated(self, *, now: datetime) -> tuple[Person, facts.PersonReactivated]:
        """Return the reactivated person and the event."""
        after = replace(self, active=True, updated_at=now)
        return after, facts.PersonReactivated(person=after.state())

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
        return PersonState(
            person_id=self.id,
            name=self.name,
            email=self.email,
            active=self.active,
            subject=self.subject,
            phone=self.phone,
            posts=self.posts,
            manager_id=self.manager_id,
            leaves=tuple(leave.state() for leave in self.leaves),
            role_ids=self.role_ids,
            custom_fields=dict(self.custom_fields),
        )
