"""The replica of org's directory: people, departments, teams, and whose tokens were revoked."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from chassis.events.replicas import ChildRows, Copy, ReplicaSubscription, replica
from chassis.records.access.tables import (
    departments,
    leaves,
    people,
    posts,
    principals,
    team_members,
    teams,
)
from contracts.org.events import DepartmentState, PersonState, PrincipalState, TeamState

Rows = Iterable[Mapping[str, Any]]


def directory_subscription(service: str) -> ReplicaSubscription:
    """Return the subscription that maintains a service's replica of the directory."""
    return replica(f"{service}.directory", PEOPLE, DEPARTMENTS, TEAMS, PRINCIPALS)


def _person_columns(person: PersonState) -> Mapping[str, Any]:
    return {"subject": person.subject or str(person.person_id)}


def _post_rows(person_id: UUID, person: PersonState) -> Rows:
    for post in person.posts:
        yield {
            "person_id": person_id,
            "department_id": post.department_id,
            "title": post.title,
            "is_primary": post.primary,
        }


def _leave_rows(person_id: UUID, person: PersonState) -> Rows:
    for leave in person.leaves:
        yield {"person_id": person_id, **leave.model_dump()}


def _member_rows(team_id: UUID, team: TeamState) -> Rows:
    for person_id in team.member_ids:
        yield {"team_id": team_id, "person_id": person_id}


PEOPLE = Copy(
    PersonState,
    people,
    columns=_person_columns,
    children=(ChildRows(posts.c.person_id, _post_rows), ChildRows(leaves.c.person_id, _leave_rows)),
)
DEPARTMENTS = Copy(DepartmentState, departments)
TEAMS = Copy(TeamState, teams, children=(ChildRows(team_members.c.team_id, _member_rows),))
PRINCIPALS = Copy(PrincipalState, principals)
