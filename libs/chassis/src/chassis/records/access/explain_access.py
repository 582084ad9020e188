"""Explanation of access: who sees a record, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    """The ways in which somebody comes to see a record."""

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
    """One reason to see a record: who has which `access`, by what, and until when.

    `department` is the one that the person manages or that the record is shared with;
    `stands_in_for` is the absent person whom a substitute replaces. `under` is the resource whose
    record was granted: the record's own, or the one of a record that it belongs to.
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
    caller_access: CallerAccess
    mine: Sequence[AccessReason]
    everybody: Sequence[AccessReason]
    everyone_with: Sequence[str]


_PEOPLE_BY_OWNER = text("""
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
managers AS (
    SELECT p.id, p.subject, p.name, p.active, a.id AS department_id, a.name AS department_name
    FROM above a JOIN directory_people p ON p.id = a.manager_id AND NOT p.deleted),
absent AS (
    SELECT id, name, NULL::uuid AS department_id, NULL AS department_name FROM owner
    UNION ALL SELECT id, name, department_id, department_name FROM managers)
SELECT 'OWNER' AS why, 1 AS position, o.id, o.subject, o.name, NULL::uuid AS department_id,
    NULL AS department_name, NULL::uuid AS for_id, NULL AS for_name FROM owner o
UNION ALL
SELECT 'MANAGER', 2, h.id, h.subject, h.name, h.department_id, h.department_name, NULL, NULL
FROM managers h WHERE h.active
UNION ALL
SELECT 'SUBSTITUTE', 3, s.id, s.subject, s.name, a.department_id, a.department_name, a.id, a.name
FROM absent a
JOIN directory_leaves l ON l.person_id = a.id
JOIN today ON l.from_date <= day AND day < l.to_date
JOIN directory_people s ON s.id = l.substitute_id AND s.active AND NOT s.deleted
ORDER BY position, name, department_name, for_name
""")


async def explain_access(
    tx: AsyncConnection,
    principal: Principal,
    scoped: ScopedResource,
    record_id: UUID,
    *,
    now: datetime,
) -> AccessExplanation:
    """Explain who sees the record and why, and what the caller may do with it.

    Raises NotFound when the record does not exist or is not visible to the caller.
    """
    access = await caller_access(tx, principal, scoped, record_id, now)
    visibility = await directory_visibility(tx, principal.subject, now)
    by_owner = await _reasons_by_owner(tx, access.owner_id, now)
    by_parent = await _reasons_by_parent(tx, scoped, record_id, now)
    by_owner += [reason for reason in by_parent if reason.subject not in _subjects(by_owner)]
    grants = [
        _as_seen(scoped, grant)
        for grant in await grants_of(tx, await _granted_records(tx, scoped, record_id))
        if grant.until_date is None or grant.until_date > visibility.today
    ]
    owners = [reason.person for reason in by_owner if reason.why is AccessReasonKind.OWNER]
    return AccessExplanation(
        record_id=record_id,
        owner_id=access.owner_id,
        owner_name=owners[0].name if owners and owners[0] else None,
        caller_access=access,
        mine=_caller_reasons(principal, scoped, visibility, by_owner, grants),
        everybody=[*by_owner, *(_reason_of_grant(grant) for grant in grants)],
        everyone_with=(f"{scoped.resource}.all", f"{scoped.resource.split('.')[0]}.*", "*"),
    )


def _subjects(reasons: Sequence[AccessReason]) -> set[str | None]:
    return {reason.subject for reason in reasons}


def _as_seen(scoped: ScopedResource, grant: Grant) -> Grant:
    """Return a grant as it counts for the record: one of its parent lets people read only."""
    of_parent = any(grant.resource == parent.resource for parent, _ in scoped.seen_with)
    return replace(grant, access=Access.READ) if of_parent else grant


async def _granted_records(
    tx: AsyncConnection, scoped: ScopedResource, record_id: UUID
) -> list[tuple[str, UUID]]:
    """Return resource name and id of the record and of the records it belongs to."""
    under = list(scoped.granted_under)
    under += [(parent.resource, column) for parent, column in scoped.seen_under]
    columns = [column for _, column in under]
    row = (await tx.execute(select(*columns).where(scoped.table.c["id"] == record_id))).one()
    return [(name, key) for (name, _), key in zip(under, row, strict=True) if key is not None]


async def _reasons_by_parent(
    tx: AsyncConnection, scoped: ScopedResource, record_id: UUID, now: datetime
) -> list[AccessReason]:
    """Those who see the record because they own, or manage the owner of, one it is seen with."""
    found: list[AccessReason] = []
    for parent, parent_id in scoped.seen_under:
        query = select(parent.owner_column).join(scoped.table, parent_id == parent.table.c["id"])
        row = (await tx.execute(query.where(scoped.table.c["id"] == record_id))).one_or_none()
        reasons = [] if row is None else await _reasons_by_owner(tx, row[0], now)
        found += [replace(one, access=Access.READ, under=parent.resource) for one in reasons]
    return found


async def _reasons_by_owner(
    tx: AsyncConnection, owner: str | None, now: datetime
) -> list[AccessReason]:
    """The owner, the managers above the owner, and their substitutes."""
    rows = list(await tx.execute(_PEOPLE_BY_OWNER, {"owner": owner, "now": now}))
    if owner is not None and not any(row.why == AccessReasonKind.OWNER for row in rows):
        # The directory does not know the owner (yet).
        return [AccessReason(why=AccessReasonKind.OWNER, access=Access.WRITE, subject=owner)]
    return [
        _reason_of_person(row)
        for row in rows
        if row.why == AccessReasonKind.OWNER or row.subject != owner
    ]


def _reason_of_person(row: Any) -> AccessReason:
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


def _reason_of_grant(grant: Grant) -> AccessReason:
    grantee = DirectoryName(grant.grantee_id, grant.grantee_name)
    return AccessReason(
        why=AccessReasonKind.TEAM if grant.via is GrantKind.TEAM else AccessReasonKind.SHARE,
        access=grant.access,
        person=grantee if grant.grantee_kind is GranteeKind.PERSON else None,
        department=grantee if grant.grantee_kind is GranteeKind.DEPARTMENT else None,
        team=grantee if grant.grantee_kind is GranteeKind.TEAM else None,
        until_date=grant.until_date,
        under=grant.resource,
    )


def _caller_reasons(
    principal: Principal,
    scoped: ScopedResource,
    visibility: Visibility,
    by_owner: Sequence[AccessReason],
    grants: Sequence[Grant],
) -> list[AccessReason]:
    reasons = [reason for reason in by_owner if reason.subject == principal.subject]
    reasons += [
        _reason_of_grant(grant) for grant in grants if grant.grantee_id in visibility.grantees
    ]
    if sees_everything(principal, scoped.resource):
        scope = f"{scoped.resource}.all"
        reasons.append(AccessReason(why=AccessReasonKind.SCOPE, access=Access.WRITE, scope=scope))
    return reasons
