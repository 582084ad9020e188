"""Who sees a record, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.grants import Grant, GranteeKind, GrantKind, grants_of
from chassis.records.access.guards import CallerAccess, caller_access
from chassis.records.access.visibility import (
    Access,
    ScopedResource,
    Visibility,
    directory_visibility,
    sees_everything,
)
from chassis.web.auth import Principal


class AccessReasonKind(StrEnum):
    """Why somebody sees a record."""

    OWNER = "OWNER"
    MANAGER = "MANAGER"
    SUBSTITUTE = "SUBSTITUTE"
    TEAM = "TEAM"
    SHARE = "SHARE"
    SCOPE = "SCOPE"


@dataclass(frozen=True)
class DirectoryName:
    """A person, department or team, with the name the directory has for it."""

    id: UUID
    name: str | None


@dataclass(frozen=True, kw_only=True)
class AccessReason:
    """One reason: `access` for whom, as manager of which department, in whose stead, until when.

    `under` is the resource whose record was granted: this one's own, or the one it belongs to.
    """

    why: AccessReasonKind
    access: Access
    subject: str | None = None
    person: DirectoryName | None = None
    department: DirectoryName | None = None
    team: DirectoryName | None = None
    stands_in_for: DirectoryName | None = None
    until_date: date | None = None
    under: str | None = None
    scope: str | None = None


@dataclass(frozen=True, kw_only=True)
class AccessExplanation:
    """Who sees a record; what the caller may do with it, and why.

    `everyone_with` are the scopes whose holders see every record of the resource.
    """

    record_id: UUID
    owner_id: str | None
    owner_name: str | None
    standing: CallerAccess
    mine: Sequence[AccessReason]
    everybody: Sequence[AccessReason]
    everyone_with: Sequence[str]


_SEERS = text("""
WITH RECURSIVE
today(day) AS (
    SELECT (CAST(:now AS timestamptz)
            AT TIME ZONE coalesce((SELECT timezone FROM tenant_settings), 'UTC'))::date),
owner AS (
    SELECT id, subject, name, active FROM directory_people
    WHERE subject = :owner AND NOT deleted),
above(id, parent_id, name, manager_id) AS (
    SELECT d.id, d.parent_id, d.name, d.manager_id FROM directory_departments d
    WHERE NOT d.deleted AND d.id IN (
        SELECT department_id FROM directory_posts WHERE person_id IN (SELECT id FROM owner))
    UNION
    SELECT d.id, d.parent_id, d.name, d.manager_id
    FROM above a JOIN directory_departments d ON d.id = a.parent_id WHERE NOT d.deleted),
heads AS (
    SELECT p.id, p.subject, p.name, p.active, a.id AS department_id, a.name AS department_name
    FROM above a JOIN directory_people p ON p.id = a.manager_id AND NOT p.deleted),
absent AS (
    SELECT id, name, NULL::uuid AS department_id, NULL AS department_name FROM owner
    UNION ALL SELECT id, name, department_id, department_name FROM heads)
SELECT 'OWNER' AS why, 1 AS place, o.id, o.subject, o.name, NULL::uuid AS department_id,
    NULL AS department_name, NULL::uuid AS for_id, NULL AS for_name FROM owner o
UNION ALL
SELECT 'MANAGER', 2, h.id, h.subject, h.name, h.department_id, h.department_name, NULL, NULL
FROM heads h WHERE h.active
UNION ALL
SELECT 'SUBSTITUTE', 3, s.id, s.subject, s.name, a.department_id, a.department_name, a.id, a.name
FROM absent a
JOIN directory_leaves l ON l.person_id = a.id
JOIN today ON l.from_date <= day AND day < l.to_date
JOIN directory_people s ON s.id = l.substitute_id AND s.active AND NOT s.deleted
ORDER BY place, name, department_name, for_name
""")


async def explain_access(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    *,
    now: datetime,
) -> AccessExplanation:
    """Everybody who sees the record and why, and the caller's own standing. Raises NotFound."""
    standing = await caller_access(tx, principal, scoped, record_id, now)
    visibility = await directory_visibility(tx, principal.subject, now)
    seers = await _seers(tx, standing.owner_id, now)
    granted = [
        grant
        for grant in await grants_of(tx, await _records(tx, scoped, record_id))
        if grant.until_date is None or grant.until_date > visibility.today
    ]
    names = [one.person.name for one in seers if one.why is AccessReasonKind.OWNER and one.person]
    return AccessExplanation(
        record_id=record_id,
        owner_id=standing.owner_id,
        owner_name=names[0] if names else None,
        standing=standing,
        mine=_mine(principal, scoped, visibility, seers, granted),
        everybody=[*seers, *(_granted(one) for one in granted)],
        everyone_with=(f"{scoped.resource}.all", f"{scoped.resource.split('.')[0]}.*", "*"),
    )


async def _records(
    tx: AsyncConnection, scoped: ScopedResource, record_id: UUID
) -> list[tuple[str, UUID]]:
    """The record itself, and those it belongs to."""
    columns = [column for _, column in scoped.granted_under]
    row = (await tx.execute(select(*columns).where(scoped.table.c["id"] == record_id))).one()
    names = (resource for resource, _ in scoped.granted_under)
    return [(name, key) for name, key in zip(names, row, strict=True) if key is not None]


async def _seers(tx: AsyncConnection, owner: str | None, now: datetime) -> list[AccessReason]:
    rows = list(await tx.execute(_SEERS, {"owner": owner, "now": now}))
    if owner is not None and not any(row.why == AccessReasonKind.OWNER for row in rows):
        return [
            AccessReason(why=AccessReasonKind.OWNER, access=Access.WRITE, subject=owner)
        ]  # not known here (yet)
    return [_seer(row) for row in rows if row.why == AccessReasonKind.OWNER or row.subject != owner]


def _seer(row: Any) -> AccessReason:
    return AccessReason(
        why=AccessReasonKind(row.why),
        access=Access.WRITE,
        subject=row.subject,
        person=DirectoryName(row.id, row.name),
        department=DirectoryName(row.department_id, row.department_name)
        if row.department_id
        else None,
        stands_in_for=DirectoryName(row.for_id, row.for_name) if row.for_id else None,
    )


def _granted(grant: Grant) -> AccessReason:
    named = DirectoryName(grant.grantee_id, grant.grantee_name)
    return AccessReason(
        why=AccessReasonKind.TEAM if grant.via is GrantKind.TEAM else AccessReasonKind.SHARE,
        access=grant.access,
        person=named if grant.grantee_kind is GranteeKind.PERSON else None,
        department=named if grant.grantee_kind is GranteeKind.DEPARTMENT else None,
        team=named if grant.grantee_kind is GranteeKind.TEAM else None,
        until_date=grant.until_date,
        under=grant.resource,
    )


def _mine(
    principal: Principal,
    scoped: ScopedResource,
    visibility: Visibility,
    seers: Sequence[AccessReason],
    granted: Sequence[Grant],
) -> list[AccessReason]:
    reasons = [one for one in seers if one.subject == principal.subject]
    reasons += [_granted(one) for one in granted if one.grantee_id in visibility.grantees]
    if sees_everything(principal, scoped.resource):
        scope = f"{scoped.resource}.all"
        reasons.append(AccessReason(why=AccessReasonKind.SCOPE, access=Access.WRITE, scope=scope))
    return reasons
