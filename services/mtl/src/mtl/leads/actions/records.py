"""The commands that capture, edit, delete and restore leads."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish_all
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.record_commands import (
    delete_record,
    edit_record,
    restore_record,
    visibility_for,
    with_valid_custom_fields,
)
from chassis.records.writes import insert_rows
from chassis.web.commands import Command
from contracts.mtl.events import LeadCaptured
from mtl.consents.domain import all_values_of
from mtl.consents.store import bans_of
from mtl.leads import store
from mtl.leads.actions.scoring import scorer_of
from mtl.leads.actions.totals import save_do_not_contact
from mtl.leads.domain.keys import DuplicateLead
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEAD, LEADS


async def capture_lead(command: Command, lead: Lead) -> Lead:
    """Create one lead.

    Raises Invalid (custom fields) and Conflict (LEAD_DUPLICATE), which identifies the existing
    lead only if it is visible to the caller.
    """
    lead = await with_valid_custom_fields(command, LEAD, lead)
    [captured] = await capture_leads(command, [lead])
    if isinstance(captured, DuplicateLead):
        visibility = await visibility_for(command, LEADS.resource)
        duplicate = {lead.id: captured}
        shown = await store.hide_invisible(command.tx, duplicate, visibility)
        raise shown[lead.id].as_conflict()
    return captured


async def capture_leads(
    command: Command, leads: Sequence[Lead], visibility: Visibility = EVERYTHING
) -> list[Lead | DuplicateLead]:
    """Create leads as if one after the other; return a lead or its duplicate for each, in order.

    The caller has validated owners and custom fields. Raises Conflict (QUOTA_ROWS).
    """
    tx = command.tx
    scorer = await scorer_of(tx)
    leads = await with_bans(tx, [scorer.score(lead) for lead in leads])
    duplicates = await store.reserve_keys(tx, leads)
    captured = [lead for lead in leads if lead.id not in duplicates]
    await insert_rows(tx, LEAD.table, captured)
    await publish_all(tx, [(LEAD.event(LeadCaptured, lead), lead) for lead in captured])
    duplicates = await store.hide_invisible(tx, duplicates, visibility)
    return [duplicates.get(lead.id, lead) for lead in leads]


async def capture_flagged_lead(command: Command, lead: Lead) -> Lead:
    """Create a lead that repeats another one, which keeps the keys that both have.

    It gets none of its keys, so that the next like it is a duplicate of the other one as well.
    Raises Conflict (QUOTA_ROWS).
    """
    scorer = await scorer_of(command.tx)
    [lead] = await with_bans(command.tx, [scorer.score(lead)])
    await insert_rows(command.tx, LEAD.table, [lead])
    await publish_all(command.tx, [(LEAD.event(LeadCaptured, lead), lead)])
    return lead


async def edit_lead(command: Command, lead_id: UUID, edit: Callable[[Lead], Lead]) -> Lead:
    """Apply an edit to a lead; a converted one can only get another owner.

    Raises what `edit_record` raises, RuleBroken (LEAD_CONVERTED), Conflict (LEAD_DUPLICATE).
    """

    scorer = await scorer_of(command.tx)
    changed_points: list[tuple[str, str]] = []

    def scored_edit(before: Lead) -> Lead:
        after = edit(before)
        return after if _is_transfer(before, after) else scorer.score(after)

    async def check(before: Lead, after: Lead) -> None:
        if not _is_transfer(before, after):
            before.ensure_not_converted()
        await replace_changed_keys(command, before, after)
        changed_points.extend(set(all_values_of(after)) ^ set(all_values_of(before)))

    saved = await edit_record(command, LEAD, lead_id, scored_edit, check=check)
    [known] = await with_bans(command.tx, [saved]) if changed_points else [saved]
    if known.do_not_contact != saved.do_not_contact:
        await save_do_not_contact(command.tx, lead_id, known.do_not_contact)
    return known


async def with_bans(tx: AsyncConnection, leads: Sequence[Lead]) -> list[Lead]:
    """Return leads with the media that their persons withdrew, at these leads or others."""
    if not any(map(all_values_of, leads)):
        return list(leads)
    bans = await bans_of(tx, leads)
    return [replace(lead, do_not_contact=ban) for lead, ban in zip(leads, bans, strict=True)]


def _is_transfer(before: Lead, after: Lead) -> bool:
    """Whether nothing but the owner differs."""
    return replace(after, owner_id=before.owner_id) == before


async def delete_lead(command: Command, lead_id: UUID) -> Lead:
    """Delete a lead and release its keys for new leads; a deleted lead stays as it is.

    Raises NotFound, RuleBroken (LEAD_CONVERTED).
    """

    async def prepare(lead: Lead) -> Lead:
        lead.ensure_not_converted()
        await store.replace_keys(command.tx, lead, EVERYTHING)
        return lead

    return await delete_record(command, LEAD, lead_id, prepare=prepare)


async def restore_lead(command: Command, lead_id: UUID) -> Lead:
    """Restore a deleted lead with its keys; a lead that is not deleted stays as it is.

    Raises NotFound, Conflict (LEAD_DUPLICATE) if another lead holds one of the keys by now.
    """

    async def prepare(lead: Lead) -> Lead:
        await replace_changed_keys(command, None, lead)
        return lead

    return await restore_record(command, LEAD, lead_id, prepare=prepare)


async def replace_changed_keys(command: Command, before: Lead | None, after: Lead) -> None:
    """Reserve the changed keys of a lead. Raises Conflict (LEAD_DUPLICATE)."""
    if before is None or before.key_values != after.key_values:
        visibility = await visibility_for(command, LEADS.resource)
        duplicate = await store.replace_keys(command.tx, after, visibility)
        if duplicate is not None:
            raise duplicate.as_conflict()
