"""The commands on leads: load, decide, save, publish."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish, publish_all
from chassis.jobs import queue
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.web.operations import store as operations
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.event import Event
from kernel.errors import RuleBroken
from kernel.ids import new_id
from mtl.leads import store
from mtl.leads.domain import ConversionIds, DuplicateLead, Lead, LeadDetails, LeadMove

log = structlog.get_logger()

CONVERSION_DEADLINE_JOB = "conversion_deadline"
CONVERSION_TIME_LIMIT = timedelta(minutes=15)


async def capture_lead(
    tx: AsyncConnection,
    details: LeadDetails,
    *,
    owner_id: str | None,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> Lead:
    """Create one lead, owned by `owner_id` unless the details name an owner.

    Raises Invalid (custom fields) and Conflict (LEAD_DUPLICATE), which identifies the existing
    lead only if it is visible to the caller.
    """
    fields = await validated_custom_fields(tx, store.LEADS.resource, details.custom_fields)
    details = replace(details, custom_fields=fields)
    [lead] = await capture_leads(tx, [details], owner_id=owner_id, visibility=visibility, now=now)
    if isinstance(lead, DuplicateLead):
        raise lead.as_conflict()
    return lead


async def capture_leads(
    tx: AsyncConnection,
    many: Sequence[LeadDetails],
    *,
    owner_id: str | None,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> list[Lead | DuplicateLead]:
    """Create leads as if one after the other; return a lead or its duplicate for each, in order.

    The caller has validated owners and custom fields. `owner_id` owns leads that name no owner.
    """
    leads = [
        Lead(
            **vars(details) | {"owner_id": details.owner_id or owner_id},
            id=new_id(),
            created_at=now,
            updated_at=now,
        )
        for details in many
    ]
    duplicates = await store.reserve_keys(tx, leads)
    captured = [lead for lead in leads if lead.id not in duplicates]
    await store.add(tx, captured)
    await publish_all(tx, [(lead.captured(), lead) for lead in captured])
    duplicates = await store.hide_invisible(tx, duplicates, visibility)
    return [duplicates.get(lead.id, lead) for lead in leads]


async def edit_lead(
    tx: AsyncConnection,
    lead_id: UUID,
    edit: Callable[[Lead], Lead],
    *,
    expected: Precondition = UNCONDITIONAL,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> Lead:
    """Apply an edit to a lead. An edit that changes nothing saves and publishes nothing.

    Raises NotFound, Invalid, RuleBroken (LEAD_CONVERTED), Conflict (LEAD_DUPLICATE).
    """
    before = await store.get(tx, lead_id, lock=True)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, store.LEADS.resource, edited.custom_fields, before=before.custom_fields
    )
    edited = replace(edited, custom_fields=fields)
    if edited == before:
        return before
    expected.check(before)
    lead, changed = before.edit(edited, now=now)
    return await _save(tx, lead, changed, before=before, visibility=visibility)


async def delete_lead(
    tx: AsyncConnection, lead_id: UUID, *, expected: Precondition = UNCONDITIONAL, now: datetime
) -> Lead:
    """Delete a lead and release its keys for new leads; a deleted lead stays as it is.

    Raises NotFound, RuleBroken (LEAD_CONVERTED).
    """
    before = await store.get(tx, lead_id, lock=True, with_deleted=True)
    if before.deleted_at is not None:
        return before
    expected.check(before)
    lead, deleted = before.delete(now=now)
    return await _save(tx, lead, deleted, before=before)


async def restore_lead(
    tx: AsyncConnection,
    lead_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> Lead:
    """Restore a deleted lead with its keys; a lead that is not deleted stays as it is.

    Raises NotFound, Conflict (LEAD_DUPLICATE) if another lead holds one of the keys by now.
    """
    before = await store.get(tx, lead_id, lock=True, with_deleted=True)
    if before.deleted_at is None:
        return before
    expected.check(before)
    lead, restored = before.restore(now=now)
    return await _save(tx, lead, restored, before=before, visibility=visibility)


async def _save(
    tx: AsyncConnection,
    lead: Lead,
    event: Event,
    *,
    before: Lead,
    actor: str | None = None,
    visibility: Visibility = EVERYTHING,
) -> Lead:
    """Update keys, lead and history, and publish. Raises Conflict (LEAD_DUPLICATE, STALE_WRITE)."""
    if lead.key_values != before.key_values:
        duplicate = await store.replace_keys(tx, lead, visibility)
        if duplicate is not None:
            raise duplicate.as_conflict()
    saved = await store.save(tx, lead, before=before, actor=actor)
    await publish(tx, event, of=saved)
    return saved


async def qualify_lead(
    tx: AsyncConnection,
    lead_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    now: datetime,
) -> Lead:
    """Qualify a new lead; a qualified one stays. Raises NotFound, RuleBroken (LEAD_NOT_NEW)."""
    before = await store.get(tx, lead_id, lock=True)
    if before.has_made(LeadMove.QUALIFY):
        return before
    expected.check(before)
    lead, qualified = before.qualify(now=now)
    return await _save(tx, lead, qualified, before=before, actor=actor)


async def disqualify_lead(
    tx: AsyncConnection,
    lead_id: UUID,
    *,
    reason: str,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    now: datetime,
) -> Lead:
    """Disqualify a lead and release its phone and email; a disqualified one keeps its reason.

    Raises NotFound, RuleBroken (LEAD_NOT_OPEN).
    """
    before = await store.get(tx, lead_id, lock=True)
    if before.has_made(LeadMove.DISQUALIFY):
        return before
    expected.check(before)
    lead, disqualified = before.disqualify(reason, now=now)
    return await _save(tx, lead, disqualified, before=before, actor=actor)


async def convert_lead(
    tx: AsyncConnection,
    lead_id: UUID,
    *,
    account_id: UUID | None,
    opportunity_name: str | None,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    sees_all: bool = False,
    now: datetime,
) -> operations.Operation:
    """Start a conversion: L2O creates a contact, an opportunity and an account (or uses one).

    Converting a converted lead returns its running or ended operation, whatever is requested.
    `sees_all` tells L2O that the actor may see every account; otherwise L2O checks visibility.
    Raises NotFound, RuleBroken (LEAD_NOT_QUALIFIED; ACCOUNT_BEING_MADE by another conversion).
    """
    before = await store.get(tx, lead_id, lock=True)
    if before.has_made(LeadMove.CONVERT) and before.conversion_id is not None:
        return await operations.get_operation(tx, before.conversion_id)
    expected.check(before)
    if account_id is not None and await store.is_account_being_created(tx, account_id):
        raise RuleBroken("ACCOUNT_BEING_MADE", account_id=str(account_id))
    ids = ConversionIds(
        conversion_id=new_id(),
        account_id=account_id or new_id(),
        contact_id=new_id(),
        opportunity_id=new_id(),
        existing_account=account_id is not None,
    )
    lead, converted = before.convert(
        ids, opportunity_name=opportunity_name, actor=actor, sees_all=sees_all, now=now
    )
    await _save(tx, lead, converted, before=before, actor=actor)
    key, payload = str(ids.conversion_id), {"lead_id": str(lead_id)}
    deadline = now + CONVERSION_TIME_LIMIT
    await queue.enqueue(tx, CONVERSION_DEADLINE_JOB, key, run_at=deadline, payload=payload)
    return await operations.start_operation(tx, ids.conversion_id, "lead.convert", ids.result())


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
    tx: AsyncConnection,
    lead_id: UUID,
    *,
    conversion_id: UUID,
    reason: str,
    actor: str | None,
    now: datetime,
) -> None:
    """Reopen the lead and fail the operation: L2O has created nothing. Raises NotFound.

    A late rejection (the conversion has ended or was superseded) does not change the lead.
    """
    before = await store.get(tx, lead_id, lock=True, with_deleted=True)
    operation = await operations.get_operation(tx, conversion_id)
    if before.is_converted_by(conversion_id) and not operation.ended:
        lead, reopened = before.reopen(reason, now=now)
        await _save(tx, lead, reopened, before=before, actor=actor)
    await operations.fail_operation(tx, conversion_id, {"code": reason})
