"""Reads what a change would do to the leads that a query selects."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.tables import people
from chassis.records.access.visibility import Access
from chassis.records.lists.batches import list_rows
from chassis.records.record_commands import visibility_for
from chassis.records.record_lookups import visible_ids
from chassis.web.commands import Command
from kernel.errors import Conflict
from mtl.bulk_changes.domain import (
    MAX_LEADS,
    BulkTrial,
    LeadBeforeAndAfter,
    LeadChange,
    LeaverPlaces,
    selection,
    values_before,
)
from mtl.channels.store import channels_that_give_to
from mtl.followups.store import count_open_steps
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import CONVERTED
from mtl.leads.store import LEADS, LISTING
from mtl.pools.store import pools_with

MAX_EXAMPLES: Final = 20


async def try_change(command: Command, query: str, change: LeadChange) -> BulkTrial:
    """Count what a change would do. Raises Invalid (an error of the query), Conflict."""
    caller = command.caller
    assert caller is not None, "somebody tries a change"
    query = selection(query, change)
    parsed = LISTING.parse_query(query, subject=caller.subject, scopes=caller.scopes)
    visibility = await visibility_for(command, LEADS.resource)
    count, changed, not_allowed = 0, 0, 0
    examples: list[LeadBeforeAndAfter] = []
    async for rows in list_rows(command.tx, LISTING, parsed, visibility):
        count += len(rows)
        if count > MAX_LEADS:
            raise Conflict("BULK_TOO_LARGE", maximum=MAX_LEADS)
        leads = [from_columns(Lead, row) for row in rows]
        ids: list[UUID] = [lead.id for lead in leads]
        writable = await visible_ids(command.tx, LEADS, ids, visibility, Access.WRITE)
        for lead in leads:
            found = _effect(lead, change)
            if found is None:
                continue
            if lead.id not in writable or _is_refused(lead, change):
                not_allowed += 1
                continue
            changed += 1
            if len(examples) < MAX_EXAMPLES:
                examples.append(found)
    leaver = None if change.leaver_id is None else await places_of(command.tx, change.leaver_id)
    return BulkTrial(count, changed, not_allowed, examples, leaver)


async def places_of(tx: AsyncConnection, leaver_id: str) -> LeaverPlaces:
    """Return the pools and channels that a person has a place in, and how many open next steps."""
    query = select(people.c.id).where(people.c.subject == leaver_id).order_by(people.c.deleted)
    person_id: UUID | None = (await tx.execute(query.limit(1))).scalar_one_or_none()
    return LeaverPlaces(
        person_id=person_id,
        pools=[] if person_id is None else await pools_with(tx, person_id),
        channels=await channels_that_give_to(tx, leaver_id),
        next_steps=await count_open_steps(tx, leaver_id),
    )


def _effect(lead: Lead, change: LeadChange) -> LeadBeforeAndAfter | None:
    """Return what a change does to a lead; None if nothing."""
    after = change.edited(lead)
    if change.owner_id is not None:
        after = replace(after, owner_id=change.owner_id)
    if after == lead and not change.by_rules:
        return None
    gives = change.by_rules or change.owner_id is not None
    owners = {"owner_id": lead.owner_id} if gives else {}
    new_owner = {} if change.owner_id is None else {"owner_id": after.owner_id}
    return LeadBeforeAndAfter(
        lead,
        {**values_before(lead, change), **owners},
        {**values_before(after, change), **new_owner},
    )


def _is_refused(lead: Lead, change: LeadChange) -> bool:
    """Whether a converted lead would be edited, which can only get another owner."""
    return lead.status is CONVERTED and change.edited(lead) != lead
