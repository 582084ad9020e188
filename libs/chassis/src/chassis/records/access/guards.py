"""Route dependencies that check the caller's scope and access to the record in the path."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Select, bindparam, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.parts import has_visible_part
from chassis.records.access.visibility import (
    Access,
    ScopedResource,
    Visibility,
    grants_of,
    is_granted,
    is_part_of_visible,
    sees_everything,
    visibility_of,
)
from chassis.web.auth import Principal, allow, authenticate
from chassis.web.transaction import Tx
from kernel.errors import Forbidden, NotFound

_UUID = TypeAdapter(UUID)
# What each guard checks, so that tests can find every guarded route by its dependencies.
ACCESS_GUARDS: dict[Callable[..., Awaitable[None]], tuple[ScopedResource, Access]] = {}


@dataclass(frozen=True)
class CallerAccess:
    """What the caller may do with a record.

    `may_transfer` is true for the owner and for managers of a department the owner is in.
    Substitutes may neither transfer nor delete records: that would survive the absence.
    """

    owner_id: str | None
    access: Access
    may_transfer: bool

    @property
    def may_delete(self) -> bool:
        """Whether the caller may delete the record: not by a grant, nor as a substitute."""
        return self.may_transfer


def has_owners(resource: str) -> bool:
    """Return whether the rows of a resource belong to owners, so that not everybody sees all."""
    return any(scoped.resource == resource for scoped, _ in ACCESS_GUARDS.values())


def may_read(scoped: ScopedResource, *, scope: str | None = None) -> Any:
    """Return a dependency: the caller has `<resource>.read` and sees the record in the path.

    The record's id is the first path parameter. Raises Forbidden (SCOPE_MISSING), NotFound.
    """
    return Depends(_guard(scoped, Access.READ, scope or f"{scoped.resource}.read"))


def may_write(scoped: ScopedResource, *, scope: str | None = None) -> Any:
    """Return a dependency: the caller has `<resource>.write` and may change the record in the path.

    The record's id is the first path parameter. Raises Forbidden (SCOPE_MISSING, RECORD_READ_ONLY),
    NotFound.
    """
    return Depends(_guard(scoped, Access.WRITE, scope or f"{scoped.resource}.write"))


def may_delete(scoped: ScopedResource) -> Any:
    """Return a dependency: the caller has `<resource>.write` and may delete the record in the path.

    The record's id is the first path parameter. Raises Forbidden (SCOPE_MISSING, RECORD_READ_ONLY,
    OWNERSHIP_REQUIRED), NotFound.
    """
    return Depends(_guard(scoped, Access.WRITE, f"{scoped.resource}.write", deletes=True))


def may_list(scoped: ScopedResource, *, scope: str | None = None) -> Any:
    """Return a dependency: the caller has `<resource>.read`; its value is their `Visibility`."""
    required_scope = scope or f"{scoped.resource}.read"

    async def visibility(
        principal: Annotated[Principal, allow(required_scope)], tx: Tx, now: Now
    ) -> Visibility:
        return await visibility_of(tx, principal, scoped.resource, now)

    return Depends(visibility)


def seen_beside(scoped: ScopedResource) -> Any:
    """Return a dependency: what the caller sees of a resource that a route shows beside its own.

    Its value is their `Visibility`; without `<resource>.read` they see nothing of it.
    """

    async def visibility(
        principal: Annotated[Principal, Depends(authenticate)], tx: Tx, now: Now
    ) -> Visibility:
        if not principal.may(f"{scoped.resource}.read"):
            return Visibility()
        return await visibility_of(tx, principal, scoped.resource, now)

    return Depends(visibility)


def _guard(
    scoped: ScopedResource, access: Access, scope: str, *, deletes: bool = False
) -> Callable[..., Awaitable[None]]:
    async def guard(
        request: Request, principal: Annotated[Principal, allow(scope)], tx: Tx, now: Now
    ) -> None:
        record_id = record_id_of(request)
        await check_access(tx, principal, scoped, record_id, access, now, deletes=deletes)

    ACCESS_GUARDS[guard] = (scoped, access)
    return guard


def record_id_of(request: Request) -> UUID:
    """Return the first path parameter as an id.

    Raises RequestValidationError (ID_INVALID), as the route itself would.
    """
    name, value = next(iter(request.path_params.items()))
    try:
        return _UUID.validate_python(value)
    except ValidationError as error:
        errors = [{**each, "loc": ("path", name)} for each in error.errors()]
        raise RequestValidationError(errors) from None


async def check_access(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    access: Access,
    now: datetime,
    *,
    deletes: bool = False,
) -> None:
    """Check that the caller has this access to the record, and may delete it if they do.

    For a caller who sees every record nothing is read: the route itself reports a missing one.
    Raises NotFound when the caller does not see the record, Forbidden (RECORD_READ_ONLY,
    OWNERSHIP_REQUIRED).
    """
    if sees_everything(principal, scoped.resource):
        return
    caller = await caller_access(tx, principal, scoped, record_id, now)
    ensure_access(caller, access)
    if deletes and not caller.may_delete:
        raise Forbidden("OWNERSHIP_REQUIRED")


def ensure_access(caller: CallerAccess, access: Access) -> None:
    """Check that the caller has this access. Raises Forbidden (RECORD_READ_ONLY)."""
    if access is Access.WRITE and caller.access is not Access.WRITE:
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
    """Return what the caller may do with a record; `lock` locks the record's row.

    Raises NotFound when the record does not exist or is not visible to the caller.
    """
    query = _owner_query(scoped, lock)
    row = (await tx.execute(query, {"record_id": record_id})).one_or_none()
    if row is None:
        raise NotFound(scoped.name, record_id)
    everything = sees_everything(principal, scoped.resource)
    if everything or row.owner == principal.subject:
        return CallerAccess(row.owner, Access.WRITE, may_transfer=True)
    visibility = await visibility_of(tx, principal, scoped.resource, now)
    if row.owner in visibility.owners:
        return CallerAccess(
            row.owner, Access.WRITE, may_transfer=row.owner not in visibility.via_substitution
        )
    granted = await _granted_access(tx, scoped, row[1:], visibility)
    if granted is None and await _sees_implicitly(tx, scoped, record_id, visibility):
        granted = Access.READ
    if granted is None:
        raise NotFound(scoped.name, record_id)
    return CallerAccess(row.owner, granted, may_transfer=False)


@cache
def _owner_query(scoped: ScopedResource, lock: bool) -> Select[Any]:  # noqa: FBT001  # a key of the cache
    """Return the query for the owner of the record `:record_id` and the ids it is granted under."""
    columns = [under.key for under in scoped.granted_under]
    selected: Sequence[Any] = (scoped.owner_column.label("owner"), *columns)
    query = select(*selected).where(scoped.table.c["id"] == bindparam("record_id"))
    return query.with_for_update() if lock else query


async def _sees_implicitly(
    tx: AsyncConnection, scoped: ScopedResource, record_id: UUID, visibility: Visibility
) -> bool:
    """Return whether the caller sees a record because of one that it hangs on, or of its parts."""
    ways = [*is_part_of_visible(scoped, visibility), *has_visible_part(scoped, visibility)]
    if not ways:
        return False
    key = scoped.table.c["id"]
    query = select(key).where(key == record_id, or_(*ways))
    return (await tx.execute(query)).one_or_none() is not None


async def _granted_access(
    tx: AsyncConnection,
    scoped: ScopedResource,
    record_ids: Sequence[UUID | None],
    visibility: Visibility,
) -> Access | None:
    """Return the most that a grant of the record, or of what it belongs to, gives to the caller.

    `record_ids` are the record's ids of `granted_under`. None without a grant.
    """
    ids = {u.resource: one for u, one in zip(scoped.granted_under, record_ids, strict=True)}
    queries = [
        select(under.grants.c.access).where(
            under.grants.c.resource == under.resource,
            under.grants.c.record_id == ids[under.resource],
            *is_granted(under.grants, visibility),
        )
        for under in grants_of(scoped, visibility)
    ]
    if not queries:
        return None
    granted = set((await tx.execute(union_all(*queries))).scalars())
    return Access(max(granted)) if granted else None  # "WRITE" sorts after "READ"
