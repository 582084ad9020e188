"""What can be done with a role. Nobody puts a scope into a role that he lacks himself."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.org.events import RoleCreated
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from org.logins.actions import ensure_may_grant
from org.roles import store
from org.roles.domain import BUILT_IN, BuiltIn, Role

May = Callable[[str], bool]


async def create_role(
    tx: AsyncConnection, *, code: str, name: str, scopes: tuple[str, ...], may: May, now: datetime
) -> Role:
    """Add a role of one's own. Raises Forbidden (SCOPES_NOT_HELD), Invalid (ROLE_CODE_TAKEN)."""
    ensure_may_grant(scopes, may=may)
    await store.lock_codes(tx)
    if code in await store.by_code(tx):
        raise Invalid([Violation("/code", "ROLE_CODE_TAKEN", {"code": code})])
    return await _added(tx, BuiltIn(code, name, scopes), built_in=False, now=now)


async def change_role(
    tx: AsyncConnection,
    role_id: UUID,
    edit: Callable[[Role], Role],
    *,
    may: May,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Role:
    """Rename it, or change what it may do; who has it has that at his next token.

    Raises NotFound, RuleBroken (ROLE_BUILT_IN), Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, role_id, lock=True)
    expected.check(before)
    after = edit(before)
    after = replace(after, scopes=tuple(after.scopes))
    if after == before:
        return before
    if before.built_in:
        raise RuleBroken("ROLE_BUILT_IN", code=before.code)
    ensure_may_grant(set(after.scopes) - set(before.scopes), may=may)
    return await _saved(tx, before, after, now=now)


async def delete_role(
    tx: AsyncConnection, role_id: UUID, *, now: datetime, expected: Precondition = UNCONDITIONAL
) -> None:
    """Raises NotFound, RuleBroken (ROLE_BUILT_IN, ROLE_IN_USE)."""
    role = await store.get(tx, role_id, lock=True)
    expected.check(role)
    if role.built_in:
        raise RuleBroken("ROLE_BUILT_IN", code=role.code)
    if await store.is_held(tx, role_id):
        raise RuleBroken("ROLE_IN_USE", code=role.code)
    last, deleted = role.deleted(now=now)
    await store.remove(tx, role_id)
    await publish(tx, deleted, of=last)


async def plant_roles(tx: AsyncConnection, *, now: datetime) -> int:
    """Give the tenant the built-in roles as this release has them; answers how many changed."""
    await store.lock_codes(tx)
    there = await store.by_code(tx)
    changed = 0
    for wanted in BUILT_IN:
        role = there.get(wanted.code)
        if role is None:
            await _added(tx, wanted, built_in=True, now=now)
        elif role.built_in and role.scopes != wanted.scopes:
            await _saved(tx, role, replace(role, scopes=wanted.scopes), now=now)
        else:
            continue
        changed += 1
    return changed


async def checked_roles(
    tx: AsyncConnection, role_ids: Sequence[UUID], *, before: Sequence[UUID] = (), may: May
) -> list[Violation]:
    """What is wrong with giving somebody these roles in place of those before.

    Raises Forbidden (SCOPES_NOT_HELD): nobody gives, or takes, what he may not do himself.
    """
    differing = set(role_ids) ^ set(before)
    scopes = await store.scopes_by_role(tx, {*role_ids, *before})
    ensure_may_grant({s for role_id in differing for s in scopes.get(role_id, ())}, may=may)
    return [
        Violation(f"/role_ids/{place}", "ROLE_UNKNOWN")
        for place, role_id in enumerate(role_ids)
        if role_id not in scopes
    ]


async def give_roles(tx: AsyncConnection, person_id: UUID, role_ids: Sequence[UUID]) -> None:
    """Write the checked roles of a person who is being saved, and published, by the caller."""
    await store.set_held(tx, person_id, role_ids)


async def _added(tx: AsyncConnection, new: BuiltIn, *, built_in: bool, now: datetime) -> Role:
    role = Role(
        id=new_id(),
        code=new.code,
        name=new.name,
        scopes=new.scopes,
        built_in=built_in,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, role)
    await publish(tx, RoleCreated(role=role.state()), of=role)
    return role


async def _saved(tx: AsyncConnection, before: Role, after: Role, *, now: datetime) -> Role:
    after, changed = before.changed(after, now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after
