"""Grants: access to a record for the members of its team and for those it is shared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records import tenant_settings
from chassis.records.access.expiry import schedule_grant_expiry
from chassis.records.access.grant_events import write_grants
from chassis.records.access.guards import caller_access, ensure_access
from chassis.records.access.parents import ensure_parent
from chassis.records.access.tables import departments, grant_copies, grants, people, teams
from chassis.records.access.visibility import Access, ScopedResource
from chassis.web.auth import Principal
from contracts.work import RecordRef
from kernel.errors import Forbidden, Invalid, NotFound, Violation
from kernel.ids import new_id


class GrantKind(StrEnum):
    """Why somebody has a grant: as a member of the record's team, or because it is shared."""

    TEAM = "TEAM"
    SHARE = "SHARE"


class GranteeKind(StrEnum):
    """Whom a record is granted to; a department includes everybody in it and below it."""

    PERSON = "PERSON"
    DEPARTMENT = "DEPARTMENT"
    TEAM = "TEAM"


GRANTEE_TABLES: dict[GranteeKind, Table] = {
    GranteeKind.PERSON: people,
    GranteeKind.DEPARTMENT: departments,
    GranteeKind.TEAM: teams,
}
_KEY = ("tenant_id", "resource", "record_id", "via", "grantee_id")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A grant with the name of its grantee; `until_date` is the first day without it."""

    resource: str
    record_id: UUID
    via: GrantKind
    grantee_kind: GranteeKind
    grantee_id: UUID
    grantee_name: str | None
    access: Access
    until_date: date | None
    created_by: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class GrantRequest:
    """The access to be granted or revoked, and to whom."""

    via: GrantKind
    grantee_kind: GranteeKind
    grantee_id: UUID
    access: Access
    until_date: date | None = None


async def grant_access(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    request: GrantRequest,
    *,
    now: datetime,
) -> Grant:
    """Grant access to a record; an earlier grant to the same grantee is replaced.

    Raises NotFound, Forbidden (RECORD_READ_ONLY; OWNERSHIP_REQUIRED to grant write access), Invalid
    (GRANTEE_UNKNOWN, UNTIL_DATE_PAST), RuleBroken while the record's parent is deleted.
    """
    await _ensure_may_grant(tx, principal, scoped, record_id, request, request.access, now)
    await ensure_parent(tx, scoped, record_id)
    await _validate(tx, request, now)
    statement = insert(grants).values(
        id=new_id(),
        resource=scoped.resource,
        record_id=record_id,
        created_by=principal.subject,
        created_at=now,
        **vars(request),
    )
    new = statement.excluded
    replaced = ("access", "until_date", "created_by", "created_at")
    changes = {name: new[name] for name in replaced} | {"version": grants.c.version + 1}
    upsert = statement.on_conflict_do_update(index_elements=_KEY, set_=changes)
    (written,) = await write_grants(tx, upsert)
    grant_id = written.id
    if request.until_date is not None:
        about = RecordRef(resource=scoped.resource, record_id=record_id)
        await schedule_grant_expiry(tx, grant_id, request.until_date, about)
    (grant,) = await grants_of(tx, [(scoped.resource, record_id)], request)
    return grant


async def revoke_access(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    request: GrantRequest,
    *,
    now: datetime,
) -> None:
    """Revoke a grant; does nothing when there is none.

    Raises NotFound, Forbidden (RECORD_READ_ONLY; OWNERSHIP_REQUIRED to revoke write access).
    """
    await _ensure_may_grant(tx, principal, scoped, record_id, request, Access.READ, now)
    await write_grants(tx, delete(grants).where(_is_grant(scoped.resource, record_id, request)))


async def _ensure_may_grant(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    request: GrantRequest,
    access: Access,
    now: datetime,
) -> None:
    """Check that the caller may set this access for this grantee.

    The record is locked, so that its owner cannot change between this check and the grant.
    """
    access_of_caller = await caller_access(tx, principal, scoped, record_id, now, lock=True)
    await _ensure_not_deleted(tx, scoped, record_id)
    ensure_access(access_of_caller, Access.WRITE)
    if access_of_caller.may_transfer:
        return
    is_grant = _is_grant(scoped.resource, record_id, request)
    existing = (await tx.execute(select(grants.c.access).where(is_grant))).scalar_one_or_none()
    if Access.WRITE in (access, existing):
        raise Forbidden("OWNERSHIP_REQUIRED")


async def _ensure_not_deleted(tx: AsyncConnection, scoped: ScopedResource, record_id: UUID) -> None:
    """Refuse to share a deleted record. Raises NotFound."""
    if "deleted_at" not in scoped.table.c:
        return
    columns = scoped.table.c
    query = select(columns.id).where(columns.id == record_id, columns.deleted_at.is_(None))
    if (await tx.execute(query)).one_or_none() is None:
        raise NotFound(scoped.name, record_id)


def _is_grant(resource: str, record_id: UUID, request: GrantRequest) -> ColumnElement[bool]:
    return and_(
        grants.c.resource == resource,
        grants.c.record_id == record_id,
        grants.c.via == request.via,
        grants.c.grantee_kind == request.grantee_kind,
        grants.c.grantee_id == request.grantee_id,
    )


async def _validate(tx: AsyncConnection, request: GrantRequest, now: datetime) -> None:
    violations: list[Violation] = []
    table = GRANTEE_TABLES[request.grantee_kind]
    grantee = select(table.c.id).where(table.c.id == request.grantee_id, ~table.c.deleted)
    if "active" in table.c:
        grantee = grantee.where(table.c.active)
    if (await tx.execute(grantee)).one_or_none() is None:
        violations.append(Violation("{grantee_id}", "GRANTEE_UNKNOWN"))
    if request.until_date is not None and request.until_date <= await tenant_settings.today(
        tx, now
    ):
        violations.append(Violation("/until_date", "UNTIL_DATE_PAST"))
    if violations:
        raise Invalid(violations)


async def grants_of(
    tx: AsyncConnection, records: Sequence[tuple[str, UUID]], request: GrantRequest | None = None
) -> list[Grant]:
    """Return the grants of these records, expired ones too; with a request, of its grantee only.

    Records of other services have those that this one has copies of.
    """
    query = _named_grants(grants, records)
    if request is not None:
        query = query.where(_is_grant(*records[0], request))
    copies = _named_grants(grant_copies, records).where(~grant_copies.c.deleted)
    all_ = union_all(query, copies).subquery()
    rows = await tx.execute(select(all_).order_by(all_.c.via.desc(), all_.c.id))
    return [_grant(row) for row in rows.mappings()]


def _named_grants(table: Table, records: Sequence[tuple[str, UUID]]) -> Select[Any]:
    """Return the query for the grants of records in one table, with the names of grantees."""
    name = func.coalesce(people.c.name, departments.c.name, teams.c.name)
    joined = table
    for kind, named in GRANTEE_TABLES.items():
        joined = joined.outerjoin(  # type: ignore[assignment]  # a join is joined on
            named, and_(named.c.id == table.c.grantee_id, table.c.grantee_kind == kind)
        )
    columns = [table.c[each.name] for each in fields(Grant) if each.name in table.c]
    query = select(table.c.id, *columns, name.label("grantee_name")).select_from(joined)
    return query.where(
        or_(*(and_(table.c.resource == r, table.c.record_id == key) for r, key in records))
    )


def _grant(row: Mapping[Any, Any]) -> Grant:
    return Grant(
        resource=row["resource"],
        record_id=row["record_id"],
        via=GrantKind(row["via"]),
        grantee_kind=GranteeKind(row["grantee_kind"]),
        grantee_id=row["grantee_id"],
        grantee_name=row["grantee_name"],
        access=Access(row["access"]),
        until_date=row["until_date"],
        created_by=row["created_by"],
        created_at=row["created_at"],
    )
