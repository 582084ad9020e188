"""What can be done with a lead."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish, publish_all
from chassis.jobs import queue
from chassis.records.access.transfers import owner_name
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.web.operations import store as operations
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.event import Event
from kernel.errors import RuleBroken
from kernel.ids import new_id
from mtl.leads import store
from mtl.leads.domain import Conversion, Duplicate, Lead, LeadDetails, Move

log = structlog.get_logger()

DEADLINE_JOB = "conversion_deadline"
CONVERSION_TIME = timedelta(minutes=15)


async def capture_lead(
    tx: AsyncConnection,
    details: LeadDetails,
    *,
    owner_id: str | None,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> Lead:
    """A new lead of whoever it names, else of `owner_id`.

    Raises Conflict (LEAD_DUPLICATE), naming the one that is there if in reach, and Invalid
    (OWNER_UNKNOWN, OWNER_INACTIVE, and what is wrong with custom fields).
    """
    if details.owner_id is not None:
        await owner_name(tx, details.owner_id)
    fields = await validated_custom_fields(tx, store.LEADS.resource, details.custom_fields)
    many = [replace(details, custom_fields=fields)]
    [captured] = await capture_leads(tx, many, owner_id=owner_id, visibility=visibility, now=now)
    if isinstance(captured, Duplicate):
        raise captured.refusal()
    return captured


async def capture_leads(
    tx: AsyncConnection,
    many: Sequence[LeadDetails],
    *,
    owner_id: str | None,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> list[Lead | Duplicate]:
    """New leads, as if one after the other; in their order the lead, or which one it repeats.

    Owners and custom fields are taken as they are; `owner_id` has those that name no owner.
    """
    leads = [
        Lead(
            **vars(each) | {"owner_id": each.owner_id or owner_id},
            id=new_id(),
            created_at=now,
            updated_at=now,
        )
        for each in many
    ]
    duplicates = await store.claim_keys(tx, leads)
    captured = [lead for lead in leads if lead.id not in duplicates]
    await store.add(tx, captured)
    await publish_all(tx, [(lead.captured(), lead) for lead in captured])
    duplicates = await store.as_seen(tx, duplicates, visibility)
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
    """An edit that changes nothing answers what there is.

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
    lead, changed = before.change(edited, now=now)
    return await _save(tx, lead, changed, before=before, visibility=visibility)


async def transfer_lead(
    tx: AsyncConnection,
    lead_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Lead:
    """One that has this owner answers itself. Raises NotFound."""
    before = await store.get(tx, lead_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    lead, assigned = before.assign(owner_id, actor=actor, now=now, reason=reason)
    return await _save(tx, lead, assigned, before=before)


async def delete_lead(
    tx: AsyncConnection, lead_id: UUID, *, expected: Precondition = UNCONDITIONAL, now: datetime
) -> Lead:
    """Whatever it was known by is free for a new lead; a deleted one answers itself.

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
    """One that is there answers itself.

    Raises NotFound, Conflict (LEAD_DUPLICATE): a new lead has its phone, mail or external id.
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
    """Save and publish; nothing but this lead may have what it is known by now.

    Raises Conflict (LEAD_DUPLICATE, STALE_WRITE).
    """
    if lead.known_by != before.known_by:
        duplicate = await store.change_keys(tx, lead)
        if duplicate is not None:
            raise (await store.as_seen(tx, {lead.id: duplicate}, visibility))[lead.id].refusal()
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
    """Raises NotFound, RuleBroken (LEAD_NOT_NEW)."""
    before = await store.get(tx, lead_id, lock=True)
    if before.has_made(Move.QUALIFY):
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
    """It leads nowhere; a new lead may have its phone. Raises NotFound, RuleBroken."""
    before = await store.get(tx, lead_id, lock=True)
    if before.has_made(Move.DISQUALIFY):
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
    """Let L2O make an account (or take an existing one), a contact and an opportunity of it.

    A lead that is converted answers the operation and ids it has, whatever is asked for now: of
    two tabs the second waits for the row. L2O asks what accounts the actor sees, or `sees_all`.
    Raises NotFound, RuleBroken (LEAD_NOT_QUALIFIED; ACCOUNT_BEING_MADE by another conversion).
    """
    before = await store.get(tx, lead_id, lock=True)
    if before.has_made(Move.CONVERT) and before.conversion_id is not None:
        return await operations.get_operation(tx, before.conversion_id)
    expected.check(before)
    if account_id is not None and await store.is_being_made(tx, account_id):
        raise RuleBroken("ACCOUNT_BEING_MADE", account_id=str(account_id))
    ids = Conversion(
        id=new_id(),
        account_id=account_id or new_id(),
        contact_id=new_id(),
        opportunity_id=new_id(),
        existing_account=account_id is not None,
    )
    lead, converted = before.convert(
        ids, opportunity_name=opportunity_name, actor=actor, sees_all=sees_all, now=now
    )
    await _save(tx, lead, converted, before=before, actor=actor)
    payload, deadline = {"lead_id": str(lead_id)}, now + CONVERSION_TIME
    await queue.enqueue(tx, DEADLINE_JOB, str(ids.id), run_at=deadline, payload=payload)
    return await operations.start_operation(tx, ids.id, "lead.convert", ids.result())


async def complete_conversion(tx: AsyncConnection, conversion_id: UUID) -> None:
    """Account, contact and opportunity are there."""
    await operations.finish_operation(tx, conversion_id)


async def report_overdue(tx: AsyncConnection, conversion_id: UUID, *, lead_id: UUID) -> bool:
    """Whether a conversion past its deadline still goes on; then it says so, loudly.

    The lead stays CONVERTED: L2O may make it yet, once somebody redrives the event. Raises
    NotFound.
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
    """Nothing was made of it: the lead is open again.

    Not if the conversion has ended before, or is not the lead's last: late news changes nothing.
    """
    before = await store.get(tx, lead_id, lock=True, with_deleted=True)
    operation = await operations.get_operation(tx, conversion_id)
    if before.is_converted_by(conversion_id) and not operation.ended:
        lead, reopened = before.reopen(reason, now=now)
        await _save(tx, lead, reopened, before=before, actor=actor)
    await operations.fail_operation(tx, conversion_id, {"code": reason})
