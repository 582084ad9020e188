"""What a record's team may do with it, and whom it is shared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records import tenant_settings
from chassis.records.access.expiry import schedule_grant_expiry
from chassis.records.access.guards import caller_access, ensure_access
from chassis.records.access.tables import departments, grants, people, teams
from chassis.records.access.visibility import Access, ScopedResource
from chassis.web.auth import Principal
from kernel.errors import Forbidden, Invalid, Violation
from kernel.ids import new_id


class GrantKind(StrEnum):
    """Why somebody has a grant: they work on the record, or it was shown to them."""

    TEAM = "TEAM"
    SHARE = "SHARE"


class GranteeKind(StrEnum):
    """Whom a record is granted to; a department stands for all who are in it or below it."""

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
    """A grant with the name of whom it is for; `until_date` is the first day without it."""

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
    """What is to be granted, to whom."""

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
    offer: GrantRequest,
    *,
    now: datetime,
) -> Grant:
    """Grant it, or replace what was granted to the same before.

    Raises NotFound, Forbidden (RECORD_READ_ONLY; OWNERSHIP_REQUIRED for more than reading), Invalid
    (GRANTEE_UNKNOWN, UNTIL_DATE_PAST).
    """
    await _refuse(tx, principal, scoped, record_id, offer, offer.access, now)
    await _check(tx, offer, now)
    statement = insert(grants).values(
        id=new_id(),
        resource=scoped.resource,
        record_id=record_id,
        created_by=principal.subject,
        created_at=now,
        **vars(offer),
    )
    new = statement.excluded
    changed = ("access", "until_date", "created_by", "created_at")
    upsert = statement.on_conflict_do_update(
        index_elements=_KEY, set_={name: new[name] for name in changed}
    )
    grant_id = (await tx.execute(upsert.returning(grants.c.id))).scalar_one()
    if offer.until_date is not None:
        await schedule_grant_expiry(tx, grant_id, offer.until_date)
    (granted,) = await grants_of(tx, [(scoped.resource, record_id)], offer)
    return granted


async def revoke_access(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    offer: GrantRequest,
    *,
    now: datetime,
) -> None:
    """Take back what was granted; what is not granted stays so.

    Raises NotFound, Forbidden (RECORD_READ_ONLY; OWNERSHIP_REQUIRED for more than reading).
    """
    await _refuse(tx, principal, scoped, record_id, offer, Access.READ, now)
    await tx.execute(delete(grants).where(_named(scoped.resource, record_id, offer)))


async def _refuse(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    offer: GrantRequest,
    access: Access,
    now: datetime,
) -> None:
    """The record is locked, lest it change hands between the question and the grant."""
    standing = await caller_access(tx, principal, scoped, record_id, now, lock=True)
    ensure_access(standing, Access.WRITE)
    if standing.head:
        return
    named = _named(scoped.resource, record_id, offer)
    before = (await tx.execute(select(grants.c.access).where(named))).scalar_one_or_none()
    if Access.WRITE in (access, before):
        raise Forbidden("OWNERSHIP_REQUIRED")


def _named(resource: str, record_id: UUID, offer: GrantRequest) -> ColumnElement[bool]:
    return and_(
        grants.c.resource == resource,
        grants.c.record_id == record_id,
        grants.c.via == offer.via,
        grants.c.grantee_kind == offer.grantee_kind,
        grants.c.grantee_id == offer.grantee_id,
    )


async def _check(tx: AsyncConnection, offer: GrantRequest, now: datetime) -> None:
    found: list[Violation] = []
    table = GRANTEE_TABLES[offer.grantee_kind]
    known = select(table.c.id).where(table.c.id == offer.grantee_id, ~table.c.deleted)
    if "active" in table.c:
        known = known.where(table.c.active)
    if (await tx.execute(known)).one_or_none() is None:
        found.append(Violation("{grantee_id}", "GRANTEE_UNKNOWN"))
    if offer.until_date is not None and offer.until_date <= await tenant_settings.today(tx, now):
        found.append(Violation("/until_date", "UNTIL_DATE_PAST"))
    if found:
        raise Invalid(found)


async def grants_of(
    tx: AsyncConnection, records: Sequence[tuple[str, UUID]], offer: GrantRequest | None = None
) -> list[Grant]:
    """What these records were granted, also what has ended; of one offer's grantee if given."""
    name = func.coalesce(people.c.name, departments.c.name, teams.c.name)
    joined = grants
    for kind, table in GRANTEE_TABLES.items():
        joined = joined.outerjoin(  # type: ignore[assignment]  # a join is joined on
            table, and_(table.c.id == grants.c.grantee_id, grants.c.grantee_kind == kind)
        )
    query = select(grants, name.label("grantee_name")).select_from(joined)
    query = query.where(
        or_(*(and_(grants.c.resource == r, grants.c.record_id == key) for r, key in records))
    )
    if offer is not None:
        query = query.where(_named(*records[0], offer))
    rows = await tx.execute(query.order_by(grants.c.via.desc(), grants.c.id))
    return [_grant(row) for row in rows.mappings()]


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
