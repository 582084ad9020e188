"""The replica of org's directory: people, departments and teams, from events in any order."""

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
    """Return the subscription that maintains a service's replica of the directory."""
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
    """Apply changes of people, with their posts and leaves."""
    result = await replicate(tx, people, received, _person_columns)
    current = await _current_events(tx, people, received)
    await _replace_children(tx, posts.c.person_id, current, _post_rows)
    await _replace_children(tx, leaves.c.person_id, current, _leave_rows)
    return result


async def on_departments(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[DepartmentEvent]]
) -> ReplicaResult:
    """Apply changes of departments."""
    return await replicate(tx, departments, received, _department_columns)


async def on_teams(
    tx: AsyncConnection, received: Sequence[ReceivedEvent[TeamEvent]]
) -> ReplicaResult:
    """Apply changes of teams, with their members."""
    result = await replicate(tx, teams, received, _team_columns)
    current = await _current_events(tx, teams, received)
    await _replace_children(tx, team_members.c.team_id, current, _member_rows)
    return result


async def _current_events(
    tx: AsyncConnection, table: Table, received: Sequence[ReceivedEvent[E]]
) -> dict[UUID, E]:
    """Return the events whose state the table now holds, by aggregate, without outdated ones."""
    ids = list({each.meta.aggregate_id for each in received})
    query = select(table.c.id, table.c.epoch, table.c.sequence).where(
        table.c.id == any_(cast(ids, ARRAY(table.c.id.type)))
    )
    versions = {row.id: (row.epoch, row.sequence) for row in await tx.execute(query)}
    return {
        each.meta.aggregate_id: each.event
        for each in received
        if each.meta.version == versions.get(each.meta.aggregate_id)
    }


async def _replace_children(
    tx: AsyncConnection,
    parent: Column[UUID],
    current: Mapping[UUID, E],
    rows_of: Callable[[UUID, E], Rows],
) -> None:
    """Replace the child rows of these parents by those that the parents' events name."""
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


def _post_rows(person_id: UUID, event: PersonEvent) -> Rows:
    for post in event.person.posts:
        yield {
            "person_id": person_id,
            "department_id": post.department_id,
            "title": post.title,
            "is_primary": post.primary,
        }


def _leave_rows(person_id: UUID, event: PersonEvent) -> Rows:
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


def _member_rows(team_id: UUID, event: TeamEvent) -> Rows:
    if not isinstance(event, TeamDeleted):
        for person_id in event.team.member_ids:
            yield {"team_id": team_id, "person_id": person_id}
