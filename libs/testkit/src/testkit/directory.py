"""A small company in a service's replica of the directory, and tokens of its people.

    root (managed by zhao)
    └── sales (qian)
        ├── team A (sun): li, zhou
        └── team B (wu): zheng

wang works in finance, a department below the root; bei has no department.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import ReceivedState
from chassis.records.access.replica import DEPARTMENTS as DEPARTMENT_COPY
from chassis.records.access.replica import PEOPLE as PERSON_COPY
from chassis.records.access.replica import PRINCIPALS as PRINCIPAL_COPY
from chassis.records.access.replica import TEAMS as TEAM_COPY
from chassis.records.access.replica import directory_subscription
from contracts.event import Event
from contracts.org.events import (
    DepartmentChanged,
    DepartmentDeleted,
    DepartmentState,
    Leave,
    PersonChanged,
    PersonState,
    Post,
    PrincipalRevoked,
    PrincipalState,
    TeamChanged,
    TeamState,
)
from testkit import tokens
from testkit.copies import carried

NAMES = UUID("6f0cbd5c-1b6e-4d0a-9d0e-4f3c2b1a0908")


def directory_id(name: str) -> UUID:
    """Return the id of the person, department or team of this name; the same in every test."""
    return uuid5(NAMES, name)


def subject(name: str) -> str:
    """Return the subject of a person's tokens, which is also the owner of their records."""
    return str(directory_id(name))


def sign_in(tenant: UUID, name: str, *, scope: str, **claims: Any) -> dict[str, str]:
    """Return the header of a person with these scopes: `sign_in(tenant, "li", scope="l2o.*")`.

    Note that `l2o.*` sees every row; a seller holds `l2o.account.read l2o.account.write`.
    """
    return tokens.bearer(tenant, sub=subject(name), name=name, scope=scope, **claims)


class Company:
    """Fills a tenant's directory by events: every change has the next version.

    `await Company(tx).build()` makes the company above; the methods below change it.
    """

    names = frozenset(
        {
            "zhao",
            "qian",
            "sun",
            "li",
            "zhou",
            "wu",
            "zheng",
            "wang",
            "bei",
        }
    )

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx
        self._sequence = 0

    async def build(self) -> "Company":
        for name, parent, manager in DEPARTMENTS:
            await self.department(name, parent=parent, manager=manager)
        for name, department in PEOPLE.items():
            await self.person(name, *([department] if department else []))
        return self

    async def department(
        self, name: str, *, parent: str | None = None, manager: str | None = None
    ) -> None:
        await self.apply([DepartmentChanged(department=_department(name, parent, manager))])

    async def delete_department(self, name: str) -> None:
        await self.apply([DepartmentDeleted(department=_department(name, None, None))])

    async def person(
        self,
        name: str,
        *departments: str,
        active: bool = True,
        leaves: Iterable[Leave] = (),
    ) -> None:
        """Add or change a person with posts in these departments; the first post is primary."""
        posts = tuple(
            Post(department_id=directory_id(each), primary=place == 0)
            for place, each in enumerate(departments)
        )
        state = PersonState(
            person_id=directory_id(name),
            name=name,
            active=active,
            posts=posts,
            leaves=tuple(leaves),
        )
        await self.apply([PersonChanged(person=state)])

    async def team(self, name: str, *members: str) -> None:
        ids = tuple(directory_id(each) for each in members)
        await self.apply(
            [TeamChanged(team=TeamState(team_id=directory_id(name), name=name, member_ids=ids))]
        )

    async def revoke(self, name: str, valid_from: datetime) -> None:
        """Revoke the tokens of a person that were issued before this time."""
        state = PrincipalState(subject=subject(name), tokens_valid_from=valid_from)
        await self.apply([PrincipalRevoked(principal=state)])

    async def sql(self, statement: str) -> None:
        """Run SQL for changes without an event, such as the passing of a day."""
        await self._tx.execute(text(statement))

    async def apply(self, events: Iterable[Event]) -> None:
        """Apply these events to the replica, in this order."""
        for event in events:
            self._sequence += 1
            await hear(self._tx, [received(event, sequence=self._sequence)])


def leave(from_date: date, to_date: date, substitute: str | None) -> Leave:
    """Return an absence of `[from_date, to_date)`."""
    substitute_id = directory_id(substitute) if substitute else None
    return Leave(from_date=from_date, to_date=to_date, substitute_id=substitute_id)


def received(event: Event, *, sequence: int, epoch: int = 1) -> ReceivedState[Any]:
    """Return the state of the event as a consumer passes it to the replica."""
    all_copies = (PERSON_COPY, DEPARTMENT_COPY, TEAM_COPY, PRINCIPAL_COPY)
    copies = {copy.state.field(): copy for copy in all_copies}
    name = event.type.split(".")[1]
    state = getattr(event, name)
    key = (
        uuid5(NAMES, state.subject)
        if isinstance(state, PrincipalState)
        else getattr(state, f"{name}_id")
    )
    return carried(copies[name], event, key, sequence=sequence, epoch=epoch)


async def hear(tx: AsyncConnection, batch: Iterable[ReceivedState[Any]]) -> None:
    """Apply a batch to the directory's replica, as a consumer does."""
    await directory_subscription("testkit").apply(tx, list(batch))


def _department(name: str, parent: str | None, manager: str | None) -> DepartmentState:
    return DepartmentState(
        department_id=directory_id(name),
        name=name,
        parent_id=directory_id(parent) if parent else None,
        manager_id=directory_id(manager) if manager else None,
    )


# name, parent, manager
DEPARTMENTS: tuple[tuple[str, str | None, str | None], ...] = (
    ("root", None, "zhao"),
    ("sales", "root", "qian"),
    ("team A", "sales", "sun"),
    ("team B", "sales", "wu"),
    ("finance", "root", None),
)
PEOPLE = {
    "zhao": "root",
    "qian": "sales",
    "sun": "team A",
    "li": "team A",
    "zhou": "team A",
    "wu": "team B",
    "zheng": "team B",
    "wang": "finance",
    "bei": None,
}
