"""The commands on roles. Callers can put only scopes into a role that they have themselves."""

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
from org.logins.actions import ensure_holds_scopes
from org.logins.domain import ScopeCheck
from org.roles import store
from org.roles.domain.built_in import BUILT_IN_ROLES, BuiltInRole
from org.roles.domain.role import Role


async def create_role(
    tx: AsyncConnection,
    *,
    code: str,
    name: str,
    scopes: tuple[str, ...],
    has_scope: ScopeCheck,
    now: datetime,
) -> Role:
    """Add a role of the tenant's own.

    Callers need `org.role.write` and every scope of the role.
    Raises Forbidden (SCOPES_NOT_HELD), Invalid (ROLE_CODE_TAKEN).
    """
    ensure_holds_scopes(scopes, has_scope=has_scope)
    await store.lock_codes(tx)
    if code in await store.map_by_code(tx):
        raise Invalid([Violation("/code", "ROLE_CODE_TAKEN", {"code": code})])
    return await _insert(tx, BuiltInRole(code, name, scopes), built_in=False, now=now)


async def change_role(
    tx: AsyncConnection,
    role_id: UUID,
    edit: Callable[[Role], Role],
    *,
    has_scope: ScopeCheck,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Role:
    """Rename a role or change its scopes; its holders get them with their next token.

    Callers need `org.role.write` and the scopes they add.
    Raises NotFound, PreconditionFailed, RuleBroken (ROLE_BUILT_IN), Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, role_id, lock=True)
    after = edit(before)
    after = replace(after, scopes=tuple(after.scopes))
    if after == before:
        return before
    expected.check(before)
    if before.built_in:
        raise RuleBroken("ROLE_BUILT_IN", code=before.code)
    ensure_holds_scopes(set(after.scopes) - set(before.scopes), has_scope=has_scope)
    return await _save(tx, before, after, now=now)


async def delete_role(
    tx: AsyncConnection, role_id: UUID, *, now: datetime, expected: Precondition = UNCONDITIONAL
) -> None:
    """Delete a role of the tenant's own that nobody has.

    Callers need `org.role.write`.
    Raises NotFound, PreconditionFailed, RuleBroken (ROLE_BUILT_IN, ROLE_IN_USE).
    """
    role = await store.get(tx, role_id, lock=True)
    expected.check(role)
    if role.built_in:
        raise RuleBroken("ROLE_BUILT_IN", code=role.code)
    if await store.is_assigned(tx, role_id):
        raise RuleBroken("ROLE_IN_USE", code=role.code)
    last, deleted = role.deleted(now=now)
    await store.remove(tx, role_id)
    await publish(tx, deleted, of=last)


async def sync_built_in_roles(tx: AsyncConnection, *, now: datetime) -> int:
    """Create or update the tenant's built-in roles as this release defines them.

    Called when a tenant is created or seeded. Returns how many roles changed.
    """
    await store.lock_codes(tx)
    existing = await store.map_by_code(tx)
    changed = 0
    for definition in BUILT_IN_ROLES:
        role = existing.get(definition.code)
        if role is None:
            await _insert(tx, definition, built_in=True, now=now)
        elif role.built_in and role.scopes != definition.scopes:
            await _save(tx, role, replace(role, scopes=definition.scopes), now=now)
        else:
            continue
        changed += 1
    return changed


async def validate_roles(
    tx: AsyncConnection,
    role_ids: Sequence[UUID],
    *,
    before: Sequence[UUID] = (),
    has_scope: ScopeCheck,
) -> list[Violation]:
    """Return the violations of giving a person these roles instead of those before.

    Raises Forbidden (SCOPES_NOT_HELD) if a role that is given or taken away has scopes that the
    caller does not have.
    """
    changed_ids = set(role_ids) ^ set(before)
    scopes = await store.scopes_by_role(tx, {*role_ids, *before})
    ensure_holds_scopes(
        {scope for role_id in changed_ids for scope in scopes.get(role_id, ())}, has_scope=has_scope
    )
    return [
        Violation(f"/role_ids/{index}", "ROLE_UNKNOWN")
        for index, role_id in enumerate(role_ids)
        if role_id not in scopes
    ]


async def set_person_roles(tx: AsyncConnection, person_id: UUID, role_ids: Sequence[UUID]) -> None:
    """Store the validated roles of a person; the calling command saves and publishes the person."""
    await store.replace_roles(tx, person_id, role_ids)


async def _insert(
    tx: AsyncConnection, definition: BuiltInRole, *, built_in: bool, now: datetime
) -> Role:
    role = Role(
        id=new_id(),
        code=definition.code,
        name=definition.name,
        scopes=definition.scopes,
        built_in=built_in,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, role)
    await publish(tx, RoleCreated(role=role.state()), of=role)
    return role


async def _save(tx: AsyncConnection, before: Role, after: Role, *, now: datetime) -> Role:
    after, changed = before.changed(after, now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after
