"""The commands on departments. Moves of a tenant run one after the other, so none makes a cycle."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import (
    AlreadyMade,
    create_record,
    delete_record,
    edit_record,
    move_record,
    restore_record,
    save_record,
    with_valid_custom_fields,
)
from chassis.web.commands import Command
from contracts.event import Event
from contracts.org.events import Post
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from org.departments import store
from org.departments.domain import Department, DepartmentMove, normalize_posts
from org.departments.store import DEPARTMENT


async def create_department(command: Command, department: Department) -> Department:
    """Add a department below another one, or a root.

    Callers need `org.department.write`. Raises Invalid with every violation.
    """
    department = await with_valid_custom_fields(command, DEPARTMENT, department)
    _raise_if_any([
        *await _parent_violations(command.tx, department.parent_id),
        *await _code_violations(command.tx, department),
        *await _head_violations(command.tx, department.manager_id),
    ])  # fmt: skip
    return await create_record(command, DEPARTMENT, department, validate=False)


async def edit_department(
    command: Command, department_id: UUID, edit: Callable[[Department], Department]
) -> Department:
    """Edit the name, code, head or custom fields of a department; another parent is a move.

    Callers need `org.department.write`. Raises what `edit_record` and `move_department` raise,
    Invalid with every violation.
    """

    async def check(before: Department, after: Department) -> None:
        head = after.manager_id if after.manager_id != before.manager_id else None
        code = [] if after.code == before.code else await _code_violations(command.tx, after)
        _raise_if_any([*code, *await _head_violations(command.tx, head)])

    def edit_in_place(before: Department) -> Department:
        return replace(edit(before), parent_id=before.parent_id)

    unlocked = await DEPARTMENT.get(command.tx, department_id)
    parent_id = edit(unlocked).parent_id
    if parent_id != unlocked.parent_id:
        await move_department(command, department_id, parent_id)
    return await edit_record(command, DEPARTMENT, department_id, edit_in_place, check=check)


async def move_department(
    command: Command, department_id: UUID, parent_id: UUID | None
) -> Department:
    """Move a department and everything below it; a move to its current parent changes nothing.

    Callers need `org.department.write`. Raises NotFound, PreconditionFailed, Conflict
    (DEPARTMENT_CYCLE; MOVE_MADE_OTHERWISE if it was moved there for another reason), Invalid
    (DEPARTMENT_UNKNOWN, DEPARTMENT_INACTIVE).
    """
    await store.lock_tree(command.tx)
    parent_line = (
        set() if parent_id is None else await store.self_and_ancestors(command.tx, parent_id)
    )

    def move(before: Department) -> tuple[Department, Event] | AlreadyMade:
        if before.parent_id == parent_id:
            return AlreadyMade(partial(_is_same_reason, command, before))
        return before.moved(parent_id, new_parent_line=parent_line)

    async def save(before: Department, after: Department, event: Event | None) -> Department:
        _raise_if_any(await _parent_violations(command.tx, parent_id))
        await store.add_move(command.tx, _move_of(command, before, after))
        return await save_record(command, DEPARTMENT, before, after, event)

    return await move_record(command, DEPARTMENT, department_id, move, save=save)


async def _is_same_reason(command: Command, department: Department) -> bool:
    """Whether the last move of a department had the reason of the command, or there was none."""
    last = await store.last_move(command.tx, department.id)
    return last is None or last.reason == command.reason


def _move_of(command: Command, before: Department, after: Department) -> DepartmentMove:
    return DepartmentMove(
        id=new_id(),
        department_id=before.id,
        from_parent_id=before.parent_id,
        to_parent_id=after.parent_id,
        reason=command.reason,
        moved_by=command.actor or "",
        moved_at=command.now,
    )


async def set_department_active(
    command: Command, department_id: UUID, *, active: bool
) -> Department:
    """Deactivate or reactivate a department; an inactive one takes no new posts or departments.

    Callers need `org.department.write`. Raises NotFound, PreconditionFailed.
    """
    return await edit_record(
        command, DEPARTMENT, department_id, lambda before: replace(before, active=active)
    )


async def delete_department(command: Command, department_id: UUID) -> None:
    """Delete a department without people, sub-departments and working hours of its own.

    Callers need `org.department.write`.
    Raises NotFound, PreconditionFailed, RuleBroken (DEPARTMENT_IN_USE).
    """

    async def prepare(department: Department) -> Department:
        if await store.is_in_use(command.tx, department.id):
            raise RuleBroken("DEPARTMENT_IN_USE", name=department.name)
        return department

    await store.lock_tree(command.tx)
    await delete_record(command, DEPARTMENT, department_id, prepare=prepare)


async def restore_department(command: Command, department_id: UUID) -> Department:
    """Restore a deleted department below the parent that it had.

    Callers need `org.department.write`. Raises NotFound, PreconditionFailed, Invalid
    (DEPARTMENT_UNKNOWN, DEPARTMENT_INACTIVE) if the parent takes no departments any more.
    """

    async def prepare(department: Department) -> Department:
        _raise_if_any(await _parent_violations(command.tx, department.parent_id))
        return department

    await store.lock_tree(command.tx)
    return await restore_record(command, DEPARTMENT, department_id, prepare=prepare)


async def validate_posts(
    tx: AsyncConnection, posts: Collection[Post], *, before: Collection[Post] = ()
) -> tuple[tuple[Post, ...], list[Violation]]:
    """Return the posts with exactly one primary post, and the violations found.

    A post that the person has already may stay in a department that is inactive by now. The
    departments are locked until the transaction ends; lock them before people to avoid deadlocks.
    """
    unchanged = {post.department_id for post in before}
    active = await store.department_active_flags(tx, [post.department_id for post in posts])
    primary = [index for index, post in enumerate(posts) if post.primary]
    violations = [
        Violation(f"/posts/{index}/primary", "POST_PRIMARY_REPEATED") for index in primary[1:]
    ]
    checked_ids: set[UUID] = set()
    for index, post in enumerate(posts):
        pointer = f"/posts/{index}/department_id"
        if post.department_id in checked_ids:
            violations.append(Violation(pointer, "POST_REPEATED"))
        elif post.department_id not in unchanged or post.department_id not in active:
            violations += _activity_violations(pointer, active.get(post.department_id))
        checked_ids.add(post.department_id)
    return normalize_posts(posts), violations


async def _parent_violations(tx: AsyncConnection, parent_id: UUID | None) -> list[Violation]:
    if parent_id is None:
        return []
    return _activity_violations(
        "/parent_id", (await store.department_active_flags(tx, [parent_id])).get(parent_id)
    )


def _activity_violations(pointer: str, active: bool | None) -> list[Violation]:  # noqa: FBT001  # the value of a column
    if active is None:
        return [Violation(pointer, "DEPARTMENT_UNKNOWN")]
    return [] if active else [Violation(pointer, "DEPARTMENT_INACTIVE")]


async def _head_violations(tx: AsyncConnection, person_id: UUID | None) -> list[Violation]:
    active = True if person_id is None else await store.head_is_active(tx, person_id)
    if active is None:
        return [Violation("/manager_id", "PERSON_UNKNOWN")]
    return [] if active else [Violation("/manager_id", "PERSON_INACTIVE")]


async def _code_violations(tx: AsyncConnection, department: Department) -> list[Violation]:
    if department.code is None:
        return []
    await store.lock_code(tx, department.code)
    holder = await store.holder_of_code(tx, department.code, except_id=department.id)
    if holder is None:
        return []
    is_there = holder.deleted_at is None
    code = "DEPARTMENT_CODE_TAKEN" if is_there else "DEPARTMENT_CODE_OF_DELETED"
    return [Violation("/code", code, {"code": department.code, "name": holder.name})]


def _raise_if_any(violations: Sequence[Violation]) -> None:
    if violations:
        raise Invalid(violations)
