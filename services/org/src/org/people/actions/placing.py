"""People out of a list of agents, managers and offices, with the departments that follow from it.

An office is a department below the root; each manager heads one in it, and the agents are in that.
The same list again changes nothing, also when it comes twice at once.
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
class Placement:
    """A row: who works for which manager, in which office."""

    name: str
    manager: str
    office: str


async def place_agent(tx: AsyncConnection, row: Placement, context: ImportContext) -> RowResult:
    """Take in one row; `chassis.files.imports.target.each(place_agent)` takes a chunk.

    Raises RuleBroken (ROOT_MISSING, PERSON_AMBIGUOUS), Conflict (MANAGER_CYCLE).
    """
    await departments.lock_tree(tx)
    tree = await departments.named(tx)
    root = next((one for one in tree if one.parent_id is None and one.active), None)
    if root is None:
        raise RuleBroken("ROOT_MISSING")
    office = await _below(tx, tree, root, row.office, now=context.now)
    manager, _ = await _person(tx, row.manager, now=context.now)
    team = await _below(tx, tree, office, manager.name, head=manager.id, now=context.now)
    await _placed(tx, manager, team, manager.manager_id, now=context.now)
    agent, new = await _person(tx, row.name, now=context.now)
    after = await _placed(tx, agent, team, manager.id, now=context.now)
    if new:
        return created(agent.id)
    return unchanged(agent.id) if after == agent else updated(agent.id)


async def _below(
    tx: AsyncConnection,
    tree: list[Department],
    parent: Department,
    name: str,
    *,
    now: datetime,
    head: UUID | None = None,
) -> Department:
    """The department of this name, or of this head, right below another; added if missing."""
    for one in tree:
        fits = one.name == name if head is None else one.manager_id == head
        if one.parent_id == parent.id and fits:
            return one
    return await create_department(tx, name=name, parent_id=parent.id, manager_id=head, now=now)


async def _person(tx: AsyncConnection, name: str, *, now: datetime) -> tuple[Person, bool]:
    """The person of this name, and whether they were added; never one of several."""
    found = await store.by_name(tx, [name])
    if len(found) > 1:
        raise RuleBroken("PERSON_AMBIGUOUS", name=name)
    if found:
        return found[0], False
    added = await create_person(
        tx, name=name, email=None, scopes=(), may=_nothing_is_granted, now=now
    )
    return added, True


async def _placed(
    tx: AsyncConnection, person: Person, team: Department, manager_id: UUID | None, *, now: datetime
) -> Person:
    """The person with the primary post in this department, under this manager."""
    there = next((post for post in person.posts if post.department_id == team.id), None)
    others = [post for post in person.posts if not post.primary and post is not there]
    kept = person.posts if there else (Post(department_id=team.id), *others)

    def edit(before: Person) -> Person:
        return replace(before, posts=kept, manager_id=manager_id)

    return await change_person(tx, person.id, edit, may=_nothing_is_granted, now=now)


def _nothing_is_granted(_: str) -> bool:
    return False
