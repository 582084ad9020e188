"""The routes of roles."""

from uuid import UUID

from fastapi import Response

from chassis.foundation.clock import Now
from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, allow
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.roles import actions, store
from org.roles.schemas import RoleEdit, RoleIn, RoleOut

router = new_router("/roles", tag="roles")
READ, WRITE = allow("org.role.read"), allow("org.role.write")


@router.post("", status_code=201, dependencies=[WRITE])
async def role_create(
    body: RoleIn, response: Response, caller: Caller, tx: Tx, now: Now
) -> RoleOut:
    """Add a role; callers can give it only scopes that they have themselves."""
    role = await actions.create_role(
        tx,
        code=body.code,
        name=body.name,
        scopes=tuple(body.scopes),
        has_scope=caller.may,
        now=now,
    )
    response.headers["Location"] = f"/org/v1/roles/{role.id}"
    return RoleOut.model_validate(role)


add_list_routes(router, store.LISTING)


@router.get("/{role_id}", dependencies=[READ])
async def role_get(role_id: UUID, tx: Tx) -> RoleOut:
    """Read a role."""
    return RoleOut.model_validate(await store.get(tx, role_id))


@router.patch("/{role_id}", dependencies=[WRITE])
async def role_change(
    role_id: UUID,
    body: MergePatch[RoleEdit],
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
) -> RoleOut:
    """Rename a role or change its scopes, which take effect with the next token."""
    role = await actions.change_role(
        tx, role_id, body.applied, has_scope=caller.may, now=now, expected=expected
    )
    return RoleOut.model_validate(role)


@router.delete("/{role_id}", status_code=204, dependencies=[WRITE])
async def role_delete(role_id: UUID, expected: IfMatch, tx: Tx, now: Now) -> None:
    """Delete a role that is not built in and that nobody has."""
    await actions.delete_role(tx, role_id, now=now, expected=expected)


audit = audit_router("/roles", resource=store.ROLE, table=store.roles, dependencies=[READ])
ROUTERS = (router, audit)
