"""Grants that a service gives by itself: new teams, readers, the end of all, moves by a merge."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from chassis.records.access.grant_events import write_grants
from chassis.records.access.grants import GranteeKind, GrantKind
from chassis.records.access.tables import grants, people
from chassis.records.access.visibility import Access, ScopedResource
from contracts.work import RecordRef
from kernel.ids import new_id


async def replace_team(
    tx: AsyncConnection,
    resource: str,
    record_id: UUID,
    person_ids: Sequence[UUID],
    *,
    access: Access,
    by: str,
    now: datetime,
) -> None:
    """Make these people the only team of a record that is no resource with routes for its team.

    Whoever calls it has checked the caller's rights, and that the people exist.
    """
    team = (grants.c.resource == resource, grants.c.record_id == record_id)
    await write_grants(tx, delete(grants).where(*team, grants.c.via == GrantKind.TEAM))
    about = RecordRef(resource=resource, record_id=record_id)
    rows = _rows(about, GrantKind.TEAM, person_ids, access=access, by=by, now=now)
    if rows:
        await write_grants(tx, insert(grants).values(rows))


async def let_read(
    tx: AsyncConnection,
    scoped: ScopedResource,
    record_id: UUID,
    subjects: Collection[str],
    *,
    by: str,
    now: datetime,
) -> None:
    """Let people who work on a record read it for good; those who may already stay as they are."""
    if not subjects:
        return
    known = select(people.c.id).where(people.c.subject.in_(sorted(subjects)), ~people.c.deleted)
    ids = (await tx.scalars(known)).all()
    about = RecordRef(resource=scoped.resource, record_id=record_id)
    rows = _rows(about, GrantKind.SHARE, ids, access=Access.READ, by=by, now=now)
    if rows:
        await write_grants(tx, insert(grants).values(rows).on_conflict_do_nothing())


def _rows(
    about: RecordRef,
    via: GrantKind,
    person_ids: Sequence[UUID],
    *,
    access: Access,
    by: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return the rows of new grants of a record to people."""
    return [
        {
            "id": new_id(),
            "resource": about.resource,
            "record_id": about.record_id,
            "via": via.value,
            "grantee_kind": GranteeKind.PERSON.value,
            "grantee_id": person_id,
            "access": access.value,
            "created_by": by,
            "created_at": now,
        }
        for person_id in person_ids
    ]


async def end_grants(
    tx: AsyncConnection, scoped: ScopedResource, record_ids: Collection[UUID]
) -> None:
    """End the team and all shares of records, which begin anew with nobody who sees them.

    Grants of records that they belong to stay.
    """
    if record_ids:
        own = (grants.c.resource == scoped.resource, is_one_of(grants.c.record_id, record_ids))
        await write_grants(tx, delete(grants).where(*own))


async def move_grants(tx: AsyncConnection, resource: str, record_id: UUID, to: UUID) -> list[UUID]:
    """Let the grants of a record be of another one; return those that were moved.

    A grant to somebody who has one of the other record stays: nobody gets more by the move.
    """
    c, others = grants.c, grants.alias("others")
    is_there = exists().where(
        others.c.resource == resource,
        others.c.record_id == to,
        others.c.via == c.via,
        others.c.grantee_id == c.grantee_id,
    )
    mine = (c.resource == resource, c.record_id == record_id, ~is_there)
    moved = update(grants).where(*mine).values(record_id=to, version=c.version + 1)
    return [grant.id for grant in await write_grants(tx, moved)]


async def return_grants(
    tx: AsyncConnection, record_id: UUID, ids: Sequence[UUID], to: UUID
) -> None:
    """Give a record back the grants that were moved to another one, which has them still."""
    mine = (is_one_of(grants.c.id, ids), grants.c.record_id == record_id)
    returned = update(grants).where(*mine).values(record_id=to, version=grants.c.version + 1)
    await write_grants(tx, returned)
