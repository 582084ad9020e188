"""The commands on roles. Callers can put only scopes into a role that they have themselves."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis.foundation.languages import first_supported
from chassis.records.record_commands import (
    create_record,
    delete_record,
    edit_record,
    restore_record,
    save_record,
    with_valid_custom_fields,
)
from chassis.web.commands import Command
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from org.principals.actions import (
    CallerRights,
    lock_rights,
    lock_tenant_rights,
    withdraw_scopes,
)
from org.principals.domain import lost_scopes
from org.principals.views import subjects_of_holders
from org.roles import store
from org.roles.domain.built_in import BUILT_IN_ROLES, BuiltInRole
from org.roles.domain.role import Role
from org.roles.store import ROLE

WRITE_ROLES: Final = "org.role.write"


async def create_role(command: Command, role: Role) -> Role:
    """Add a role of the tenant's own.

    Callers need `org.role.write` and every scope of the role.
    Raises Forbidden (SCOPES_NOT_HELD), Invalid (ROLE_CODE_TAKEN, ROLE_CODE_OF_DELETED, custom
    fields).
    """
    rights = await lock_rights(command, WRITE_ROLES)
    rights.ensure(role.scopes)
    role = await with_valid_custom_fields(command, ROLE, role)
    await store.lock_codes(command.tx)
    other = (await store.map_by_code(command.tx)).get(role.code)
    if other is not None:
        code = "ROLE_CODE_TAKEN" if other.deleted_at is None else "ROLE_CODE_OF_DELETED"
        raise Invalid([Violation("/code", code, {"code": role.code, "name": other.name})])
    return await create_record(command, ROLE, role, validate=False)


async def edit_role(command: Command, role_id: UUID, edit: Callable[[Role], Role]) -> Role:
    """Rename a role or change its scopes; its holders get them with their next token.

    Holders of a role that loses a scope need a new token at once. Callers need `org.role.write` and
    the scopes they add.
    Raises what `edit_record` raises, RuleBroken (ROLE_BUILT_IN), Forbidden (SCOPES_NOT_HELD),
    Invalid (ROLE_CODE_FIXED).
    """

    rights = await lock_rights(command, WRITE_ROLES)
    before = await ROLE.get(command.tx, role_id, lock=True)

    async def check(before: Role, after: Role) -> None:
        before.ensure_not_built_in()
        if after.code != before.code:
            raise Invalid([Violation("/code", "ROLE_CODE_FIXED")])
        rights.ensure(set(after.scopes) - set(before.scopes))

    after = await edit_record(command, ROLE, role_id, edit, check=check)
    await _withdraw_from_holders(command, before, after)
    return after


async def _withdraw_from_holders(command: Command, before: Role, after: Role) -> None:
    """Revoke the tokens of all holders of a role that lost a scope, also if others give it."""
    if lost_scopes(before.scopes, after.scopes):
        holders = await subjects_of_holders(command.tx, [after.id])
        await withdraw_scopes(command.tx, holders, before=before.scopes, after=after.scopes)


async def delete_role(command: Command, role_id: UUID) -> None:
    """Delete a role of the tenant's own that nobody has; it keeps its code.

    Callers need `org.role.write`.
    Raises NotFound, PreconditionFailed, RuleBroken (ROLE_BUILT_IN, ROLE_IN_USE).
    """

    async def prepare(role: Role) -> Role:
        role.ensure_not_built_in()
        if await store.is_assigned(command.tx, role.id):
            raise RuleBroken("ROLE_IN_USE", code=role.code)
        return role

    await lock_rights(command, WRITE_ROLES)
    await delete_record(command, ROLE, role_id, prepare=prepare)


async def restore_role(command: Command, role_id: UUID) -> Role:
    """Restore a deleted role, which nobody has yet.

    Callers need `org.role.write` and every scope of the role.
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """
    rights = await lock_rights(command, WRITE_ROLES)

    async def prepare(role: Role) -> Role:
        rights.ensure(role.scopes)
        return role

    return await restore_record(command, ROLE, role_id, prepare=prepare)


async def sync_built_in_roles(command: Command, languages: Sequence[str]) -> int:
    """Create or update the tenant's built-in roles as this release defines them.

    Called when a tenant is created or seeded. New ones are named in the first of the tenant's
    `languages`. Returns how many roles changed.
    """
    await lock_tenant_rights(command.tx)
    await store.lock_codes(command.tx)
    existing = await store.map_by_code(command.tx)
    changed = 0
    for definition in BUILT_IN_ROLES:
        role = existing.get(definition.code)
        if role is None:
            name = definition.name_in(first_supported(languages))
            await create_record(command, ROLE, _built_in(command, definition, name))
        elif role.built_in and role.scopes != definition.scopes:
            after = replace(role, scopes=definition.scopes)
            await _withdraw_from_holders(
                command, role, await save_record(command, ROLE, role, after)
            )
        else:
            continue
        changed += 1
    return changed


def _built_in(command: Command, definition: BuiltInRole, name: str) -> Role:
    return Role(
        id=new_id(),
        code=definition.code,
        name=name,
        scopes=definition.scopes,
        built_in=True,
        created_at=command.now,
        updated_at=command.now,
    )


async def validate_roles(
    command: Command, rights: CallerRights, role_ids: Sequence[UUID], *, before: Sequence[UUID] = ()
) -> list[Violation]:
    """Return the violations of giving a person these roles instead of those before.

    Raises Forbidden (SCOPES_NOT_HELD) if a role that is given or taken away has scopes that the
    caller neither holds nor may assign.
    """
    changed_ids = set(role_ids) ^ set(before)
    scopes = await store.scopes_by_role(command.tx, {*role_ids, *before})
    rights.ensure_may_assign(
        {scope for role_id in changed_ids for scope in scopes.get(role_id, ())}
    )
    return [
        Violation(f"/role_ids/{index}", "ROLE_UNKNOWN")
        for index, role_id in enumerate(role_ids)
        if role_id not in scopes
    ]
