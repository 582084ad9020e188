"""The commands on leads: load, decide, save, publish."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish_all
from chassis.foundation.canonical_json import digest_of
from chassis.jobs import queue
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    delete_record,
    edit_record,
    move_record,
    restore_record,
    save_record,
    visibility_for,
    with_valid_custom_fields,
)
from chassis.records.writes import insert_rows
from chassis.web.commands import Command
from chassis.web.operations import store as operations
from contracts.event import Event
from contracts.mtl.events import LeadCaptured
from contracts.work import RecordRef
from kernel.errors import RuleBroken
from kernel.ids import new_id
from mtl.leads import store
from mtl.leads.domain import ConversionIds, DuplicateLead, Lead, LeadMove
from mtl.leads.store import LEAD, LEADS

log = structlog.get_logger()

CONVERSION_DEADLINE_JOB = "conversion_deadline"
CONVERSION_TIME_LIMIT = timedelta(minutes=15)


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
    duplicates = await store.reserve_keys(tx, leads)
    captured = [lead for lead in leads if lead.id not in duplicates]
    await insert_rows(tx, LEAD.table, captured)
    await publish_all(tx, [(LEAD.event(LeadCaptured, lead), lead) for lead in captured])
    duplicates = await store.hide_invisible(tx, duplicates, visibility)
    return [duplicates.get(lead.id, lead) for lead in leads]


async def edit_lead(command: Command, lead_id: UUID, edit: Callable[[Lead], Lead]) -> Lead:
    """Apply an edit to a lead; a converted one can only get another owner.

    Raises what `edit_record` raises, RuleBroken (LEAD_CONVERTED), Conflict (LEAD_DUPLICATE).
    """

    async def check(before: Lead, after: Lead) -> None:
        if replace(after, owner_id=before.owner_id) != before:
            before.ensure_not_converted()
        await _replace_keys(command, before, after)

    return await edit_record(command, LEAD, lead_id, edit, check=check)


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
        await _replace_keys(command, None, lead)
        return lead

    return await restore_record(command, LEAD, lead_id, prepare=prepare)


async def _replace_keys(command: Command, before: Lead | None, after: Lead) -> None:
    """Reserve the changed keys of a lead. Raises Conflict (LEAD_DUPLICATE)."""
    if before is None or before.key_values != after.key_values:
        visibility = await visibility_for(command, LEADS.resource)
        duplicate = await store.replace_keys(command.tx, after, visibility)
        if duplicate is not None:
            raise duplicate.as_conflict()


async def _save_move(command: Command, before: Lead, after: Lead, event: Event | None) -> Lead:
    """Save a lead with another status and its keys, write its history, and publish the event."""
    await _replace_keys(command, before, after)
    saved = await save_record(command, LEAD, before, after, event)
    await store.add_to_history(command.tx, saved, before, command.actor)
    return saved


async def qualify_lead(command: Command, lead_id: UUID) -> Lead:
    """Qualify a new lead; a qualified one stays. Raises NotFound, RuleBroken (LEAD_NOT_NEW)."""

    def qualify(lead: Lead) -> tuple[Lead, Event] | AlreadyMade:
        return MADE if lead.has_made(LeadMove.QUALIFY) else lead.qualify(now=command.now)

    return await move_record(command, LEAD, lead_id, qualify, save=partial(_save_move, command))


async def disqualify_lead(command: Command, lead_id: UUID, *, reason: str) -> Lead:
    """Disqualify a lead and release its phone and email; a disqualified one keeps its reason.

    Raises NotFound, RuleBroken (LEAD_NOT_OPEN), Conflict (MOVE_MADE_OTHERWISE).
    """

    def disqualify(lead: Lead) -> tuple[Lead, Event] | AlreadyMade:
        if lead.has_made(LeadMove.DISQUALIFY):
            return AlreadyMade(same=lead.status_reason == reason)
        return lead.disqualify(reason, now=command.now)

    return await move_record(command, LEAD, lead_id, disqualify, save=partial(_save_move, command))


async def convert_lead(
    command: Command,
    lead_id: UUID,
    *,
    account_id: UUID | None,
    opportunity_name: str | None,
    sees_all: bool = False,
) -> operations.Operation:
    """Start a conversion: L2O creates a contact, an opportunity and an account (or uses one).

    Converting a converted lead into the same returns its running or ended operation.
    `sees_all` tells L2O that the actor may see every account; otherwise L2O checks visibility.
    Raises NotFound, RuleBroken (LEAD_NOT_QUALIFIED; ACCOUNT_BEING_MADE by another conversion),
    Conflict (MOVE_MADE_OTHERWISE).
    """
    tx, now = command.tx, command.now
    asked = digest_of({"account_id": account_id, "opportunity_name": opportunity_name})
    ids = ConversionIds(
        conversion_id=new_id(),
        account_id=account_id or new_id(),
        contact_id=new_id(),
        opportunity_id=new_id(),
        existing_account=account_id is not None,
    )

    def convert(lead: Lead) -> tuple[Lead, Event] | AlreadyMade:
        if lead.has_made(LeadMove.CONVERT):
            return AlreadyMade(partial(_is_conversion, tx, lead, asked))
        return lead.convert(
            ids, opportunity_name=opportunity_name, actor=command.actor, sees_all=sees_all, now=now
        )

    async def save(before: Lead, after: Lead, event: Event | None) -> Lead:
        if account_id is not None and await store.is_account_being_created(tx, account_id):
            raise RuleBroken("ACCOUNT_BEING_MADE", account_id=str(account_id))
        return await _save_move(command, before, after, event)

    lead = await move_record(command, LEAD, lead_id, convert, save=save)
    if lead.conversion_id is not None and lead.conversion_id != ids.conversion_id:
        return await operations.get_operation(tx, lead.conversion_id)
    key, payload = str(ids.conversion_id), {"lead_id": str(lead_id)}
    deadline = now + CONVERSION_TIME_LIMIT
    about = RecordRef(resource=LEADS.resource, record_id=lead_id)
    await queue.enqueue(
        tx, CONVERSION_DEADLINE_JOB, key, run_at=deadline, payload=payload, about=about
    )
    return await operations.start_operation(
        tx, ids.conversion_id, "lead.convert", ids.result(), asked=asked
    )


async def _is_conversion(tx: AsyncConnection, lead: Lead, asked: str) -> bool:
    """Whether the lead was converted by a request with this digest."""
    assert lead.conversion_id is not None
    return await operations.was_asked(tx, lead.conversion_id, asked)


async def complete_conversion(tx: AsyncConnection, conversion_id: UUID) -> None:
    """Mark the operation as succeeded: L2O has created the records. Raises NotFound."""
    await operations.finish_operation(tx, conversion_id)


async def report_overdue_conversion(
    tx: AsyncConnection, conversion_id: UUID, *, lead_id: UUID
) -> bool:
    """Log an error if the conversion is still running; return whether it is. Raises NotFound.

    The lead stays CONVERTED, as L2O may still create the records once the event is redriven.
    """
    operation = await operations.get_operation(tx, conversion_id)
    if operation.ended:
        return False
    await log.aerror(
        "conversion_overdue",
        lead_id=str(lead_id),
        conversion_id=str(conversion_id),
        begun_at=operation.created_at.isoformat(),
        **operation.result,
    )
    return True


async def reject_conversion(
    command: Command, lead_id: UUID, *, conversion_id: UUID, reason: str
) -> None:
    """Reopen the lead and fail the operation: L2O has created nothing. Raises NotFound.

    A late rejection (the conversion has ended or was superseded) does not change the lead.
    """
    tx = command.tx
    before = await LEAD.get(tx, lead_id, lock=True, with_deleted=True)
    operation = await operations.get_operation(tx, conversion_id)
    if before.is_converted_by(conversion_id) and not operation.ended:
        await _save_move(command, before, *before.reopen(reason, now=command.now))
    await operations.fail_operation(tx, conversion_id, {"code": reason})
