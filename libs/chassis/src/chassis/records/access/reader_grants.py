"""Grants that a service itself gives: those who work on a record may read it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.grant_events import write_grants
from chassis.records.access.grants import GranteeKind, GrantKind
from chassis.records.access.tables import grants, people
from chassis.records.access.visibility import Access, ScopedResource
from kernel.ids import new_id


async def let_read(
    tx: AsyncConnection,
    scoped: ScopedResource,
    record_id: UUID,
    subjects: Collection[str],
    *,
    by: str,
    now: datetime,
) -> None:
    """Let people read a record for good; those who may already stay as they are."""
    if not subjects:
        return
    known = select(people.c.id).where(people.c.subject.in_(sorted(subjects)), ~people.c.deleted)
    rows = [
        {
            "id": new_id(),
            "resource": scoped.resource,
            "record_id": record_id,
            "via": GrantKind.SHARE,
            "grantee_kind": GranteeKind.PERSON,
            "grantee_id": person_id,
            "access": Access.READ,
            "created_by": by,
            "created_at": now,
        }
        for person_id in await tx.scalars(known)
    ]
    if rows:
        await write_grants(tx, insert(grants).values(rows).on_conflict_do_nothing())
