"""Makes leads and touches of accepted captures, by the channel's policy about duplicates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import people
from chassis.records.work.follow_ups import keep_follow_up
from chassis.web.commands import Command
from contracts.work import RecordRef
from kernel.errors import DomainError
from kernel.ids import new_id
from mtl.captures.domain import Capture, CaptureOutcome, with_blanks_filled
from mtl.channels.domain.channel import Channel, DuplicatePolicy
from mtl.channels.domain.payloads import touch_payload
from mtl.channels.domain.rules import (
    CONSENT_AT,
    CONSENT_MEDIA,
    CONSENT_SOURCE,
    CONSENT_TEXT,
    CONSENT_VERSION,
    TOUCH_SUBJECT,
)
from mtl.consents.domain import ConsentMedium, ConsentState
from mtl.lead_consents.actions import Proof, record
from mtl.leads.actions.records import capture_flagged_lead, capture_leads, edit_lead
from mtl.leads.domain.details import LeadDetails
from mtl.leads.domain.keys import DuplicateLead
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEAD, LEADS
from mtl.pools.store import is_active_pool
from mtl.touches.actions import record_touches
from mtl.touches.domain import LeadTouch

MAX_SUBJECT, MAX_CONSENT_TEXT, MAX_VERSION = 200, 2000, 100


@dataclass(frozen=True)
class AcceptedCapture:
    """A capture of which a lead or a touch is to be made, with the fields of the lead."""

    capture: Capture
    details: LeadDetails


async def settle_accepted(
    command: Command, channel: Channel, accepted: Sequence[AcceptedCapture]
) -> dict[UUID, Capture]:
    """Make leads and touches of captures; return what became of each, by its id.

    Raises Conflict (QUOTA_ROWS).
    """
    inner = replace(command, caller=None)  # who sends sees no lead, but every lead counts
    owner_id = await _active_owner(command.tx, channel.default_owner_id)
    pool_id = await _open_pool(command.tx, channel.default_pool_id)
    leads = [_placed(_new_lead(each, owner_id, command), pool_id) for each in accepted]
    captured = await capture_leads(inner, leads)
    settled: dict[UUID, Capture] = {}
    new: list[Lead] = []
    for each, candidate, found in _in_order(accepted, leads, captured):
        if isinstance(found, DuplicateLead):
            result = await _settle_duplicate(inner, channel, each, candidate, found)
        else:
            result = each.capture.created(found)
        settled[each.capture.id] = result
        new += [candidate] if result.lead_id == candidate.id else []
    await _record_touches(command, channel, settled)
    details = {each.capture.id: each.details for each in accepted}
    for capture in settled.values():  # in the order in which leads are locked
        await _record_consent(inner, channel, capture, details[capture.id])
    for lead in new:
        await _give_task(command.tx, lead)
    return settled


def _in_order(
    accepted: Sequence[AcceptedCapture],
    leads: Sequence[Lead],
    captured: Sequence[Lead | DuplicateLead],
) -> list[tuple[AcceptedCapture, Lead, Lead | DuplicateLead]]:
    """Return the captures with what was found, in the order in which leads are locked."""
    found = list(zip(accepted, leads, captured, strict=True))

    def lead_id(one: tuple[AcceptedCapture, Lead, Lead | DuplicateLead]) -> UUID:
        return one[2].lead_id if isinstance(one[2], DuplicateLead) else one[2].id

    return sorted(found, key=lead_id)


async def _settle_duplicate(
    command: Command,
    channel: Channel,
    accepted: AcceptedCapture,
    candidate: Lead,
    found: DuplicateLead,
) -> Capture:
    capture = accepted.capture
    if channel.duplicate_policy is DuplicatePolicy.BLOCK:
        return capture.blocked(found.lead_id)
    if channel.duplicate_policy is DuplicatePolicy.CREATE_AND_FLAG:
        flagged = await capture_flagged_lead(command, candidate)
        return replace(capture.created(flagged), duplicate_of_id=found.lead_id)
    if channel.duplicate_policy is DuplicatePolicy.MERGE:
        await _fill_blanks(command, found.lead_id, accepted.details)
    return capture.attached(found.lead_id)


async def _fill_blanks(command: Command, lead_id: UUID, details: LeadDetails) -> None:
    """Fill the blank fields of a lead; one that cannot be edited, or not so, stays as it is."""
    try:
        async with command.tx.begin_nested():
            await edit_lead(command, lead_id, lambda lead: with_blanks_filled(lead, details))
    except DomainError:
        return  # it is converted, or another lead has one of the new keys: the touch says the rest


def _new_lead(accepted: AcceptedCapture, owner_id: str | None, command: Command) -> Lead:
    values = vars(accepted.details) | {"owner_id": owner_id}
    return Lead(**values, id=new_id(), created_at=command.now, updated_at=command.now)


def _placed(lead: Lead, pool_id: UUID | None) -> Lead:
    """Return a new lead with its owner, else in the pool, else waiting for the rules."""
    if lead.owner_id is not None:
        return lead
    return lead.waiting() if pool_id is None else lead.in_pool(pool_id)


async def _open_pool(tx: AsyncConnection, pool_id: UUID | None) -> UUID | None:
    """Return the pool of new leads; none if it was closed since it was chosen."""
    return pool_id if pool_id is not None and await is_active_pool(tx, pool_id) else None


async def _active_owner(tx: AsyncConnection, owner_id: str | None) -> str | None:
    """Return the owner of new leads; nobody if they were deactivated since they were chosen."""
    if owner_id is None:
        return None
    query = select(people.c.subject).where(
        people.c.subject == owner_id, people.c.active, ~people.c.deleted
    )
    return (await tx.execute(query.limit(1))).scalar_one_or_none()


async def _record_touches(
    command: Command, channel: Channel, settled: Mapping[UUID, Capture]
) -> None:
    touches = [
        LeadTouch(
            id=new_id(),
            lead_id=capture.lead_id,
            kind=channel.touch_kind,
            at=capture.touched_at,
            recorded_at=command.now,
            channel=channel.name,
            subject=_subject(capture),
            payload=touch_payload(capture.payload or {}),
            external_id=str(capture.id),
            actor=command.actor,
        )
        for capture in settled.values()
        if capture.lead_id is not None and capture.outcome is not CaptureOutcome.REJECTED
    ]
    known = {one.lead_id for one in settled.values() if one.outcome is CaptureOutcome.ATTACHED}
    await record_touches(command, touches, {one for one in known if one is not None})


async def _record_consent(
    command: Command, channel: Channel, capture: Capture, details: LeadDetails
) -> None:
    """Record the consent that a payload holds, for the contact points that it holds."""
    values = capture.fields or {}
    media = [ConsentMedium(one) for one in values.get(CONSENT_MEDIA) or ()]
    if not media or capture.lead_id is None:
        return
    at = values.get(CONSENT_AT)
    proof = Proof(
        at=capture.touched_at if at is None else min(datetime.fromisoformat(at), command.now),
        text=_short(values.get(CONSENT_TEXT), MAX_CONSENT_TEXT),
        text_version=_short(values.get(CONSENT_VERSION), MAX_VERSION),
        channel=channel.name,
        source=_short(values.get(CONSENT_SOURCE), MAX_SUBJECT),
    )
    await record(command, capture.lead_id, details, media, ConsentState.GRANTED, proof)


def _short(text: str | None, longest: int) -> str | None:
    return None if text is None else text[:longest]


def _subject(capture: Capture) -> str | None:
    subject = (capture.fields or {}).get(TOUCH_SUBJECT)
    return None if subject is None else str(subject)[:MAX_SUBJECT]


async def _give_task(tx: AsyncConnection, lead: Lead) -> None:
    """Give the owner of a new lead the task to follow it up."""
    if lead.owner_id is None or LEAD.follow_up is None:
        return
    about = RecordRef(resource=LEADS.resource, record_id=lead.id)
    await keep_follow_up(tx, LEAD.follow_up, about, replace(lead, owner_id=None), lead)
