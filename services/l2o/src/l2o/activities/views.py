"""Reads of the accounts, opportunities, contacts and people that activities name."""

from collections.abc import Collection, Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import people
from chassis.records.access.visibility import EVERYTHING, Access, Visibility, is_visible
from kernel.errors import Violation
from l2o.activities.domain import Activity
from l2o.contacts.store import contacts
from l2o.opportunities.store import OPPORTUNITIES, opportunities


async def may_write_opportunity(
    tx: AsyncConnection, opportunity_id: UUID, visibility: Visibility
) -> bool:
    """Whether a caller with this visibility may change the opportunity."""
    return await _has_opportunity(
        tx,
        opportunities.c.id == opportunity_id,
        is_visible(OPPORTUNITIES, visibility, Access.WRITE),
    )


async def wrong_references(
    tx: AsyncConnection,
    after: Activity,
    before: Activity | None,
    visibility: Visibility = EVERYTHING,
) -> list[Violation]:
    """Return the violations of new references; those that an edit keeps may be deleted by now.

    `visibility` is what the caller sees of opportunities.
    """
    found: list[Violation] = []
    opportunity_id = after.opportunity_id
    is_new = before is None or before.opportunity_id != opportunity_id
    if opportunity_id is not None and is_new:
        c = opportunities.c
        of_account = (c.id == opportunity_id, c.account_id == after.account_id)
        seen = is_visible(OPPORTUNITIES, visibility)
        if not await _has_opportunity(tx, *of_account, c.deleted_at.is_(None), seen):
            found.append(Violation("/opportunity_id", "OPPORTUNITY_UNKNOWN"))
    found += await _wrong_contacts(tx, after, () if before is None else before.contact_ids)
    kept = () if before is None else before.participant_ids
    found += await _wrong_participants(tx, after, kept)
    return found


async def _has_opportunity(tx: AsyncConnection, *conditions: ColumnElement[bool]) -> bool:
    query = select(opportunities.c.id).where(*conditions)
    return (await tx.execute(query)).one_or_none() is not None


async def _wrong_contacts(
    tx: AsyncConnection, after: Activity, kept: Collection[UUID]
) -> Iterator[Violation]:
    new = set(after.contact_ids) - set(kept)
    if not new:
        return iter(())
    c = contacts.c
    query = select(c.id).where(
        c.id.in_(sorted(new)), c.account_id == after.account_id, c.deleted_at.is_(None)
    )
    known = set((await tx.execute(query)).scalars())
    return (
        Violation(f"/contact_ids/{place}", "CONTACT_UNKNOWN")
        for place, one in enumerate(after.contact_ids)
        if one in new and one not in known
    )


async def _wrong_participants(
    tx: AsyncConnection, after: Activity, kept: Collection[str]
) -> Iterator[Violation]:
    new = set(after.participant_ids) - set(kept)
    if not new:
        return iter(())
    query = select(people.c.subject).where(people.c.subject.in_(sorted(new)), ~people.c.deleted)
    known = set((await tx.execute(query)).scalars())
    return (
        Violation(f"/participant_ids/{place}", "PARTICIPANT_UNKNOWN")
        for place, one in enumerate(after.participant_ids)
        if one in new and one not in known
    )
