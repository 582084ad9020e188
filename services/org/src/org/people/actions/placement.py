"""Creates people and departments from a list of sales agents with their managers and offices.

Each office becomes a department below the root, and each manager heads a team department in it that
holds the agents. The same list again changes nothing, also when it is imported twice in parallel.
An agent is the person of the external id of the row, or else the person of its name.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.named_rows import RowCommands, store_row
from chassis.files.imports.target import ImportContext, RowResult
from chassis.records.external_ids.actions import ExternalId, records_named_by
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
from org.people.store import PERSON


@dataclass(frozen=True, kw_only=True)
class AgentPlacement:
    """A sales agent with the names of their manager and office."""

    name: str
    manager: str
    office: str


async def place_agent(
    tx: AsyncConnection,
    row: AgentPlacement,
    context: ImportContext,
    *,
    external_id: ExternalId | None = None,
) -> RowResult:
    """Create or update the agent of one row, with their manager, office and team.

    A new external id goes to the person of this name, if there is one whom its system has not
    named yet: other rows may have made them as a manager. Callers of an import need
    `org.person.write` and `org.department.write`.
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
    manager = await _manager_named(command, row.manager)
    team = await _department_below(command, all_departments, office, manager.name, head=manager.id)
    await _place_in_team(command, manager, team, manager.manager_id)

    async def create() -> Person:
        new = await create_person(command, new_person(new_id(), name=row.name, now=command.now))
        return await _place_in_team(command, new, team, manager.id)

    async def edit(before: Person) -> Person:
        named = replace(before, name=row.name if external_id is not None else before.name)
        return await _place_in_team(command, named, team, manager.id)

    async def same() -> UUID | None:
        return await _unnamed_namesake(command, row.name, external_id)

    does = RowCommands(record_type=PERSON, create=create, edit=edit, same=same)
    return await store_row(context, command, external_id, does)


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


async def _unnamed_namesake(
    command: Command, name: str, external_id: ExternalId | None
) -> UUID | None:
    """Return the person of this name whom the system of this external id has not named."""
    namesakes = await store.list_by_name(command.tx, [name])
    if external_id is not None:
        named = await records_named_by(command.tx, external_id, [one.id for one in namesakes])
        namesakes = [one for one in namesakes if one.id not in named]
    if len(namesakes) > 1:
        raise RuleBroken("PERSON_AMBIGUOUS", name=name)
    return namesakes[0].id if namesakes else None


async def _manager_named(command: Command, name: str) -> Person:
    """Return the only person of this name, created if missing. Raises RuleBroken."""
    found = await _unnamed_namesake(command, name, None)
    if found is not None:
        return await PERSON.get(command.tx, found)
    return await create_person(command, new_person(new_id(), name=name, now=command.now))


async def _place_in_team(
    command: Command, person: Person, team: Department, manager_id: UUID | None
) -> Person:
    """Give the person the primary post in this team, this manager and their present name."""
    team_post = next((post for post in person.posts if post.department_id == team.id), None)
    other_posts = [post for post in person.posts if not post.primary and post is not team_post]
    posts = person.posts if team_post else (Post(department_id=team.id), *other_posts)

    def edit(before: Person) -> Person:
        return replace(before, name=person.name, posts=posts, manager_id=manager_id)

    return await edit_person(command, person.id, edit)
