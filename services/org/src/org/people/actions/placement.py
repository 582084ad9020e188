"""Creates people and departments from a list of sales agents with their managers and offices.

Each office becomes a department below the root, and each manager heads a team department in it that
holds the agents. The same list again changes nothing, also when it is imported twice in parallel.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.target import ImportContext, RowResult, created, unchanged, updated
from chassis.web.commands import Command
from contracts.org.events import Post
from kernel.errors import RuleBroken
from kernel.ids import new_id
from kernel.names import comparable_name
from org.departments import store as departments
from org.departments.actions import create_department
from org.departments.domain import Department
from org.people import store
from org.people.actions.edit import create_person, edit_person
from org.people.domain import Person, new_person


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
    # Without a caller: a row gives nobody scopes or roles.
    command = Command(tx, context.now, actor=context.actor)
    await departments.lock_tree(tx)
    all_departments = await departments.list_all(tx)
    active_roots = (one for one in all_departments if one.parent_id is None and one.active)
    root = next(active_roots, None)
    if root is None:
        raise RuleBroken("ROOT_MISSING")
    office = await _department_below(command, all_departments, root, row.office)
    manager, _ = await _person_named(command, row.manager)
    team = await _department_below(command, all_departments, office, manager.name, head=manager.id)
    await _place_in_team(command, manager, team, manager.manager_id)
    agent, is_new = await _person_named(command, row.name)
    after = await _place_in_team(command, agent, team, manager.id)
    if is_new:
        return created(agent.id)
    return unchanged(agent.id) if after == agent else updated(agent.id)


async def _department_below(
    command: Command,
    all_departments: list[Department],
    parent: Department,
    name: str,
    *,
    head: UUID | None = None,
) -> Department:
    """Find a direct sub-department by head, or by name without a head; create it if missing."""
    for department in all_departments:
        same_name = comparable_name(department.name) == comparable_name(name)
        matches = same_name if head is None else department.manager_id == head
        if department.parent_id == parent.id and matches:
            return department
    department = Department(
        id=new_id(),
        name=name,
        parent_id=parent.id,
        manager_id=head,
        created_at=command.now,
        updated_at=command.now,
    )
    return await create_department(command, department)


async def _person_named(command: Command, name: str) -> tuple[Person, bool]:
    """Return the only person of this name, created if missing, and whether they were created."""
    namesakes = await store.list_by_name(command.tx, [name])
    if len(namesakes) > 1:
        raise RuleBroken("PERSON_AMBIGUOUS", name=name)
    if namesakes:
        return namesakes[0], False
    return await create_person(command, new_person(new_id(), name=name, now=command.now)), True


async def _place_in_team(
    command: Command, person: Person, team: Department, manager_id: UUID | None
) -> Person:
    """Give the person the primary post in this team, and this manager."""
    team_post = next((post for post in person.posts if post.department_id == team.id), None)
    other_posts = [post for post in person.posts if not post.primary and post is not team_post]
    posts = person.posts if team_post else (Post(department_id=team.id), *other_posts)

    def edit(before: Person) -> Person:
        return replace(before, posts=posts, manager_id=manager_id)

    return await edit_person(command, person.id, edit)
