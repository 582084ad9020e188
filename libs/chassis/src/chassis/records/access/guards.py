"""Route dependencies: the scope, and the row that the address names."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import any_, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.tables import grants
from chassis.records.access.visibility import (
    Access,
    ScopedResource,
    Visibility,
    sees_everything,
    visibility_of,
)
from chassis.web.auth import Principal, allow
from chassis.web.transaction import Tx
from kernel.errors import Forbidden, NotFound

_UUID = TypeAdapter(UUID)
# What each guard asks for, so that a test can find every guarded route by its dependencies.
ACCESS_GUARDS: dict[Callable[..., Awaitable[None]], tuple[ScopedResource, Access]] = {}


@dataclass(frozen=True)
class CallerAccess:
    """What the caller is to a record.

    `head` says that they own it, or head a department the owner is in: only a head may give it
    away. Whoever stands in for a head is none: what they gave away would outlast the absence.
    """

    owner_id: str | None
    access: Access
    head: bool


def may_read(scoped: ScopedResource, *, scope: str | None = None) -> Any:
    """The caller has `<resource>.read` and sees the row of the first path parameter.

    Raises Forbidden (SCOPE_MISSING), NotFound.
    """
    return Depends(_guard(scoped, Access.READ, scope or f"{scoped.resource}.read"))


def may_write(scoped: ScopedResource, *, scope: str | None = None) -> Any:
    """The caller has `<resource>.write` and may change the row of the first path parameter.

    Raises Forbidden (SCOPE_MISSING, RECORD_READ_ONLY), NotFound.
    """
    return Depends(_guard(scoped, Access.WRITE, scope or f"{scoped.resource}.write"))


def may_list(scoped: ScopedResource, *, scope: str | None = None) -> Any:
    """The caller has `<resource>.read`; gives their `Visibility`, which the list is bound to."""
    needed = scope or f"{scoped.resource}.read"

    async def visibility(
        principal: Annotated[Principal, allow(needed)], tx: Tx, now: Now
    ) -> Visibility:
        return await visibility_of(tx, principal, scoped.resource, now)

    return Depends(visibility)


def _guard(scoped: ScopedResource, access: Access, scope: str) -> Callable[..., Awaitable[None]]:
    async def guard(
        request: Request, principal: Annotated[Principal, allow(scope)], tx: Tx, now: Now
    ) -> None:
        await check_access(tx, principal, scoped, record_id_of(request), access, now)

    ACCESS_GUARDS[guard] = (scoped, access)
    return guard


def record_id_of(request: Request) -> UUID:
    """The first path parameter. Raises RequestValidationError (ID_INVALID) as the route would."""
    name, value = next(iter(request.path_params.items()))
    try:
        return _UUID.validate_python(value)
    except ValidationError as error:
        found = [{**one, "loc": ("path", name)} for one in error.errors()]
        raise RequestValidationError(found) from None


async def check_access(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    access: Access,
    now: datetime,
) -> None:
    """For a caller who sees all, the row is not even asked for: the route finds it or does not.

    Raises NotFound where the caller does not see the row, Forbidden (RECORD_READ_ONLY).
    """
    if not sees_everything(principal, scoped.resource):
        standing = await caller_access(tx, principal, scoped, record_id, now)
        ensure_access(standing, access)


def ensure_access(standing: CallerAccess, access: Access) -> None:
    """Raises Forbidden (RECORD_READ_ONLY)."""
    if access is Access.WRITE and standing.access is not Access.WRITE:
        raise Forbidden("RECORD_READ_ONLY")


async def caller_access(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    now: datetime,
    *,
    lock: bool = False,
) -> CallerAccess:
    """What the caller is to this record; with `lock` it stays so until the transaction ends.

    Raises NotFound: not there, or not for these eyes.
    """
    columns = [column for _, column in scoped.granted_under]
    query = select(scoped.owner_column.label("owner"), *columns).where(
        scoped.table.c["id"] == record_id
    )
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound(scoped.name, record_id)
    everything = sees_everything(principal, scoped.resource)
    if everything or row.owner == principal.subject:
        return CallerAccess(row.owner, Access.WRITE, head=True)
    visibility = await visibility_of(tx, principal, scoped.resource, now)
    if row.owner in visibility.owners:
        return CallerAccess(
            row.owner, Access.WRITE, head=row.owner not in visibility.via_substitution
        )
    under = zip((resource for resource, _ in scoped.granted_under), row[1:], strict=True)
    granted = await _granted(tx, list(under), visibility)
    if granted is None:
        raise NotFound(scoped.name, record_id)
    return CallerAccess(row.owner, granted, head=False)


async def _granted(
    tx: AsyncConnection, under: list[tuple[str, UUID | None]], visibility: Visibility
) -> Access | None:
    """The most that any grant of these records gives to the caller."""
    query = select(grants.c.access).where(
        or_(*((grants.c.resource == r) & (grants.c.record_id == key) for r, key in under)),
        grants.c.grantee_id
        == any_(cast(list(visibility.grantees), ARRAY(grants.c.grantee_id.type))),
        or_(grants.c.until_date.is_(None), grants.c.until_date > visibility.today),
    )
    found = set((await tx.execute(query)).scalars())
    return Access(max(found)) if found else None  # WRITE comes after READ
