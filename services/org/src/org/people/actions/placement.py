"""Creates people and departments from a list of sales agents with their managers and offices.

Each office becomes a department below the root, and each manager heads a team department in it that
holds the agents. The same list again changes nothing, also when it is imported twice in parallel.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.target import ImportContext, RowResult, created, unchanged, updated
from contracts.org.events import Post
from kernel.errors import RuleBroken
from org.departments import store as departments
from org.departments.actions import create_department
from org.departments.domain import Department
from org.people import store
from org.people.actions.edit import change_person, create_person
from org.people.domain import Person


@dataclass(frozen=True, kw_only=True)
class AgentPlacement:
    """A sales agent with the names of their manager and office."""

    name: str
    manager: str
    office: str


async def place_agent(
    tx: AsyncConnection, row: AgentPlacement, context: ImportContext
) -> RowResult:
    """Create or update the agent of one row, with their manager, office and team.

    Callers of an import need `org.person.write` and `org.department.write`.
    Raises RuleBroken (ROOT_MISSING, PERSON_AMBIGUOUS), Conflict (MANAGER_CYCLE).
    """
    await departments.lock_tree(tx)
    all_departments = await departments.list_all(tx)
    active_roots = (one for one in all_departments if one.parent_id is None and one.active)
    root = next(active_roots, None)
    if root is None:
        raise RuleBroken("ROOT_MISSING")
    office = await _department_below(tx, all_departments, root, row.office, now=context.now)
    manager, _ = await _person_named(tx, row.manager, now=context.now)
    team = await _department_below(
        tx, all_departments, office, manager.name, head=manager.id, now=context.now
    )
    await _place_in_team(tx, manager, team, manager.manager_id, now=context.now)
    agent, is_new = await _person_named(tx, row.name, now=context.now)
    after = await _place_in_team(tx, agent, team, manager.id, now=context.now)
    if is_new:
        return created(agent.id)
    return unchanged(agent.id) if after == agent else updated(agent.id)


async def _department_below(
    tx: AsyncConnection,
    all_departments: list[Department],
    parent: Department,
    name: str,
    *,
    now: datetime,
    head: UUID | None = None,
) -> Department:
    """Find a direct sub-department by head, or by name without a head; create it if missing."""
    for department in all_departments:
        matches = department.name == name if head is None else department.manager_id == head
        if department.parent_id == parent.id and matches:
            return department
    return await create_department(tx, name=name, parent_id=parent.id, manager_id=head, now=now)


async def _person_named(tx: AsyncConnection, name: str, *, now: datetime) -> tuple[Person, bool]:
    """Return the only person of this name, created if missing, and whether they were created."""
    namesakes = await store.list_by_name(tx, [name])
    if len(namesakes) > 1:
        raise RuleBroken("PERSON_AMBIGUOUS", name=name)
    if namesakes:
        return namesakes[0], False
    person = await create_person(
        tx, name=name, email=None, scopes=(), has_scope=_has_no_scope, now=now
    )
    return person, True


async def _place_in_team(
    tx: AsyncConnection, person: Person, team: Department, manager_id: UUID | None, *, now: datetime
) -> Person:
    """Give the person the primary post in this team, and this manager."""
    team_post = next((post for post in person.posts if post.department_id == team.id), None)
    other_posts = [post for post in person.posts if not post.primary and post is not team_post]
    posts = person.posts if team_post else (Post(department_id=team.id), *other_posts)

    def edit(before: Person) -> Person:
        return replace(before, posts=posts, manager_id=manager_id)

    return await change_person(tx, person.id, edit, has_scope=_has_no_scope, now=now)


def _has_no_scope(_: str) -> bool:
    return False
