"""People, departments and teams as `org` tells of them, in whatever order the facts arrive."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Column, Table, any_, cast, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import replicate
from chassis.events.subscriptions import ReceivedEvent, ReplicaResult, Subscription, replica
from chassis.records.access.tables import departments, leaves, people, posts, team_members, teams
from contracts.event import Event
from contracts.org.events import (
    DepartmentChanged,
    DepartmentCreated,
    DepartmentDeleted,
    DepartmentMoved,
    PersonChanged,
    PersonCreated,
    PersonDeactivated,
    PersonReactivated,
    TeamChanged,
    TeamCreated,
    TeamDeleted,
)

PersonEvent = PersonCreated | PersonChanged | PersonDeactivated | PersonReactivated
DepartmentEvent = DepartmentCreated | DepartmentChanged | DepartmentMoved | DepartmentDeleted
TeamEvent = TeamCreated | TeamChanged | TeamDeleted
E = TypeVar("E", bound=Event)
Rows = Iterable[Mapping[str, Any]]


def directory_subscription(service: str) -> Subscription:
    """The subscription that keeps a service's people, departments and teams."""
    return replica(
        f"{service}.directory",
        {
            **dict.fromkeys(PersonEvent.__args__, on_people),
            **dict.fromkeys(DepartmentEvent.__args__, on_departments),
            **dict.fromkeys(TeamEvent.__args__, on_teams),
        },
    )


async def on_people(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[PersonEvent]]
) -> ReplicaResult:
    result = await replicate(tx, people, received, _person_columns)
    current = await _current(tx, people, received)
    await _replace(tx, posts.c.person_id, current, _posts)
    await _replace(tx, leaves.c.person_id, current, _leaves)
    return result


async def on_departments(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[DepartmentEvent]]
) -> ReplicaResult:
    return await replicate(tx, departments, received, _department_columns)


async def on_teams(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[TeamEvent]]
) -> ReplicaResult:
    result = await replicate(tx, teams, received, _team_columns)
    current = await _current(tx, teams, received)
    await _replace(tx, team_members.c.team_id, current, _members)
    return result


async def _current(
    tx: AsyncConnection, table: Table, received: Sequence[ReceivedEvent[E]]
) -> dict[UUID, E]:
    """The events whose state the table now holds, by aggregate; not those that came too late."""
    ids = list({one.meta.aggregate_id for one in received})
    query = select(table.c.id, table.c.epoch, table.c.sequence).where(
        table.c.id == any_(cast(ids, ARRAY(table.c.id.type)))
    )
    held = {row.id: (row.epoch, row.sequence) for row in await tx.execute(query)}
    return {
        one.meta.aggregate_id: one.event
        for one in received
        if one.meta.version == held.get(one.meta.aggregate_id)
    }


async def _replace(
    tx: AsyncConnection,
    parent: Column[UUID],
    current: Mapping[UUID, E],
    rows_of: Callable[[UUID, E], Rows],
) -> None:
    """Let the rows below these parents be what their events say."""
    if not current:
        return
    await tx.execute(
        delete(parent.table).where(parent == any_(cast(list(current), ARRAY(parent.type))))
    )
    rows = [row for key in sorted(current) for row in rows_of(key, current[key])]
    if rows:
        await tx.execute(insert(parent.table).on_conflict_do_nothing(), rows)


def _person_columns(event: PersonEvent) -> Mapping[str, Any]:
    person = event.person
    return {
        "subject": person.subject or str(person.person_id),
        "name": person.name,
        "active": person.active,
        "manager_id": person.manager_id,
    }


def _posts(person_id: UUID, event: PersonEvent) -> Rows:
    for post in event.person.posts:
        yield {
            "person_id": person_id,
            "department_id": post.department_id,
            "title": post.title,
            "is_primary": post.primary,
        }


def _leaves(person_id: UUID, event: PersonEvent) -> Rows:
    for leave in event.person.leaves:
        yield {"person_id": person_id, **leave.model_dump()}


def _department_columns(event: DepartmentEvent) -> Mapping[str, Any]:
    department = event.department
    return {
        "name": department.name,
        "parent_id": department.parent_id,
        "manager_id": department.manager_id,
        "active": department.active,
        "deleted": isinstance(event, DepartmentDeleted),
    }


def _team_columns(event: TeamEvent) -> Mapping[str, Any]:
    return {"name": event.team.name, "deleted": isinstance(event, TeamDeleted)}


def _members(team_id: UUID, event: TeamEvent) -> Rows:
    if not isinstance(event, TeamDeleted):
        for person_id in event.team.member_ids:
            yield {"team_id": team_id, "person_id": person_id}
