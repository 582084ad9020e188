"""The commands on departments. Moves of a tenant run one after the other, so none makes a cycle."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.org.events import DepartmentCreated, Post
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from org.departments import store
from org.departments.domain import Department, DepartmentMove, normalize_posts


async def create_department(
    tx: AsyncConnection,
    *,
    name: str,
    now: datetime,
    code: str | None = None,
    parent_id: UUID | None = None,
    manager_id: UUID | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    department_id: UUID | None = None,
) -> Department:
    """Add a department below another one, or a root.

    Callers need `org.department.write`. Raises Invalid with every violation.
    """
    fields = await validated_custom_fields(tx, store.DEPARTMENT, custom_fields or {})
    department = Department(
        id=department_id or new_id(),
        name=name,
        code=code,
        parent_id=parent_id,
        manager_id=manager_id,
        custom_fields=fields,
        created_at=now,
        updated_at=now,
    )
    _raise_if_any([
        *await _parent_violations(tx, parent_id),
        *await _code_violations(tx, department),
        *await _head_violations(tx, manager_id),
    ])  # fmt: skip
    await store.add(tx, department)
    await publish(tx, DepartmentCreated(department=department.state()), of=department)
    return department


async def change_department(
    tx: AsyncConnection,
    department_id: UUID,
    edit: Callable[[Department], Department],
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Department:
    """Edit the name, code, head or custom fields of a department.

    Callers need `org.department.write`.
    Raises NotFound, PreconditionFailed, Invalid with every violation.
    """
    before = await store.get(tx, department_id, lock=True)
    after = edit(before)
    fields = await validated_custom_fields(
        tx, store.DEPARTMENT, after.custom_fields, before=before.custom_fields
    )
    after = replace(after, custom_fields=fields)
    if after == before:
        return before
    expected.check(before)
    head = after.manager_id if after.manager_id != before.manager_id else None
    code = [] if after.code == before.code else await _code_violations(tx, after)
    _raise_if_any([*code, *await _head_violations(tx, head)])
    after, changed = before.changed(after, now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after


async def move_department(
    tx: AsyncConnection,
    department_id: UUID,
    parent_id: UUID | None,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    expected: Precondition = UNCONDITIONAL,
) -> Department:
    """Move a department and everything below it; a move to its current parent changes nothing.

    Callers need `org.department.write`. Raises NotFound, PreconditionFailed, Conflict
    (DEPARTMENT_CYCLE), Invalid (DEPARTMENT_UNKNOWN, DEPARTMENT_INACTIVE).
    """
    await store.lock_tree(tx)
    before = await store.get(tx, department_id, lock=True)
    if before.parent_id == parent_id:
        return before
    expected.check(before)
    new_parent_line = set() if parent_id is None else await store.self_and_ancestors(tx, parent_id)
    after, moved = before.moved(parent_id, new_parent_line=new_parent_line, now=now)
    _raise_if_any(await _parent_violations(tx, parent_id))
    after = await store.save(tx, after)
    move = DepartmentMove(
        id=new_id(),
        department_id=department_id,
        from_parent_id=before.parent_id,
        to_parent_id=parent_id,
        reason=reason,
        moved_by=by,
        moved_at=now,
    )
    await store.add_move(tx, move)
    await publish(tx, moved, of=after)
    return after


async def set_department_active(
    tx: AsyncConnection,
    department_id: UUID,
    *,
    active: bool,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Department:
    """Deactivate or reactivate a department; an inactive one takes no new posts or departments.

    Callers need `org.department.write`. Raises NotFound, PreconditionFailed.
    """
    before = await store.get(tx, department_id, lock=True)
    if before.active == active:
        return before
    expected.check(before)
    after, changed = before.changed(replace(before, active=active), now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after


async def delete_department(
    tx: AsyncConnection,
    department_id: UUID,
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> None:
    """Delete a department without people and sub-departments.

    Callers need `org.department.write`.
    Raises NotFound, PreconditionFailed, RuleBroken (DEPARTMENT_IN_USE).
    """
    department = await store.get(tx, department_id, lock=True)
    expected.check(department)
    if await store.is_in_use(tx, department_id):
        raise RuleBroken("DEPARTMENT_IN_USE", name=department.name)
    last, deleted = department.deleted(now=now)
    await store.remove(tx, department_id)
    await publish(tx, deleted, of=last)


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


async def set_person_posts(tx: AsyncConnection, person_id: UUID, posts: Sequence[Post]) -> None:
    """Store the validated posts of a person; the calling command saves and publishes the person."""
    await store.replace_posts(tx, person_id, posts)


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
    if not await store.code_is_taken(tx, department.code, except_id=department.id):
        return []
    return [Violation("/code", "DEPARTMENT_CODE_TAKEN", {"code": department.code})]


def _raise_if_any(violations: Sequence[Violation]) -> None:
    if violations:
        raise Invalid(violations)
