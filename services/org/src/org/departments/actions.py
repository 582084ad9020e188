"""What can be done with a department. Moves go one after the other, so that none closes a ring."""

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
from org.departments.domain import Department, Move, with_one_primary


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
    """Add a department below another, or a root. Raises Invalid with every violation."""
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
    _refuse([
        *await _of_parent(tx, parent_id),
        *await _of_code(tx, department),
        *await _of_head(tx, manager_id),
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
    """Change what is known of it. Raises NotFound, Invalid with every violation."""
    before = await store.get(tx, department_id, lock=True)
    expected.check(before)
    after = edit(before)
    fields = await validated_custom_fields(
        tx, store.DEPARTMENT, after.custom_fields, before=before.custom_fields
    )
    after = replace(after, custom_fields=fields)
    if after == before:
        return before
    head = after.manager_id if after.manager_id != before.manager_id else None
    code = [] if after.code == before.code else await _of_code(tx, after)
    _refuse([*code, *await _of_head(tx, head)])
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
    """Put it, with all below it, under another parent; where it stands already is no move.

    Raises NotFound, Conflict (DEPARTMENT_CYCLE), Invalid (DEPARTMENT_UNKNOWN, ..._INACTIVE).
    """
    await store.lock_tree(tx)
    before = await store.get(tx, department_id, lock=True)
    if before.parent_id == parent_id:
        return before
    expected.check(before)
    above = set() if parent_id is None else await store.with_all_above(tx, parent_id)
    after, moved = before.moved(parent_id, above=above, now=now)
    _refuse(await _of_parent(tx, parent_id))
    after = await store.save(tx, after)
    line = Move(
        id=new_id(),
        department_id=department_id,
        from_parent_id=before.parent_id,
        to_parent_id=parent_id,
        reason=reason,
        moved_by=by,
        moved_at=now,
    )
    await store.add_move(tx, line)
    await publish(tx, moved, of=after)
    return after


async def set_activity(
    tx: AsyncConnection,
    department_id: UUID,
    *,
    active: bool,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Department:
    """Close it to new posts and new departments below it, or open it again. Raises NotFound."""
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
    """Take it out of the tree. Raises NotFound, RuleBroken (DEPARTMENT_IN_USE)."""
    department = await store.get(tx, department_id, lock=True)
    expected.check(department)
    if await store.is_in_use(tx, department_id):
        raise RuleBroken("DEPARTMENT_IN_USE", name=department.name)
    last, deleted = department.deleted(now=now)
    await store.remove(tx, department_id)
    await publish(tx, deleted, of=last)


async def checked_posts(
    tx: AsyncConnection, posts: Collection[Post], *, before: Collection[Post] = ()
) -> tuple[tuple[Post, ...], list[Violation]]:
    """The posts as they are kept, one of them primary, and what is wrong with them.

    A post somebody has already may stay in a department that was closed since. The departments
    stay until the transaction ends; lock them before people, so that nobody waits in a ring.
    """
    kept = {post.department_id for post in before}
    active = await store.activity_of(tx, [post.department_id for post in posts])
    primary = [place for place, post in enumerate(posts) if post.primary]
    wrong = [Violation(f"/posts/{place}/primary", "POST_PRIMARY_REPEATED") for place in primary[1:]]
    seen: set[UUID] = set()
    for place, post in enumerate(posts):
        pointer = f"/posts/{place}/department_id"
        if post.department_id in seen:
            wrong.append(Violation(pointer, "POST_REPEATED"))
        elif post.department_id not in kept or post.department_id not in active:
            wrong += _unfit(pointer, active.get(post.department_id))
        seen.add(post.department_id)
    return with_one_primary(posts), wrong


async def place_person(tx: AsyncConnection, person_id: UUID, posts: Sequence[Post]) -> None:
    """Write the checked posts of a person who is being saved, and published, by the caller."""
    await store.set_posts(tx, person_id, posts)


async def _of_parent(tx: AsyncConnection, parent_id: UUID | None) -> list[Violation]:
    if parent_id is None:
        return []
    return _unfit("/parent_id", (await store.activity_of(tx, [parent_id])).get(parent_id))


def _unfit(pointer: str, active: bool | None) -> list[Violation]:  # noqa: FBT001  # a row's column
    if active is None:
        return [Violation(pointer, "DEPARTMENT_UNKNOWN")]
    return [] if active else [Violation(pointer, "DEPARTMENT_INACTIVE")]


async def _of_head(tx: AsyncConnection, person_id: UUID | None) -> list[Violation]:
    active = True if person_id is None else await store.activity_of_head(tx, person_id)
    if active is None:
        return [Violation("/manager_id", "PERSON_UNKNOWN")]
    return [] if active else [Violation("/manager_id", "PERSON_INACTIVE")]


async def _of_code(tx: AsyncConnection, department: Department) -> list[Violation]:
    if department.code is None:
        return []
    await store.lock_code(tx, department.code)
    if not await store.has_code(tx, department.code, but=department.id):
        return []
    return [Violation("/code", "DEPARTMENT_CODE_TAKEN", {"code": department.code})]


def _refuse(violations: Sequence[Violation]) -> None:
    if violations:
        raise Invalid(violations)
