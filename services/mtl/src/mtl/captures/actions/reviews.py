"""The commands by which people decide about captures in quarantine."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis.records.custom_fields.values import locked_definitions
from chassis.records.record_commands import AlreadyMade, ensure_same, save_record
from chassis.web.commands import Command
from kernel.errors import Conflict, Invalid, Violation
from mtl.captures.actions.leads import AcceptedCapture, settle_accepted
from mtl.captures.domain import (
    KNOWN,
    REFUSED_BY_HAND,
    Capture,
    CaptureOutcome,
    reason_json,
)
from mtl.captures.store import CAPTURE
from mtl.channels.store import CHANNEL
from mtl.channels.views import fitted_values, read_fields
from mtl.leads.store import LEADS


async def approve_capture(
    command: Command, capture_id: UUID, *, corrections: Mapping[str, Any], note: str | None
) -> Capture:
    """Make a lead, or a touch of one, of a capture in quarantine, with corrected fields.

    One that was approved stays as it is. Raises NotFound, PreconditionRequired, PreconditionFailed,
    RuleBroken (CAPTURE_NOT_WAITING), Conflict (MOVE_MADE_OTHERWISE; CAPTURE_KNOWN where the channel
    refuses duplicates), and Invalid with everything that is wrong with the fields.
    """
    before = await CAPTURE.get(command.tx, capture_id, lock=True)
    if before.was_approved:
        repeats = before.review_note == note and _is_contained(corrections, before)
        await ensure_same(command, before, AlreadyMade(same=repeats))
        return before
    command.expected.check(before)
    before.ensure_waiting()
    channel = await CHANNEL.get(command.tx, before.channel_id, with_deleted=True)
    definitions = await locked_definitions(command.tx, LEADS.resource)
    values = {**(before.fields or {}), **fitted_values(corrections, definitions)}
    details, violations = read_fields(values, definitions)
    if violations:
        raise Invalid([_below_fields(each) for each in violations])
    corrected = replace(before, fields=values, reasons=())
    accepted = AcceptedCapture(corrected, details)
    settled = await settle_accepted(command, channel, [accepted])
    after = settled[before.id]
    if after.outcome is CaptureOutcome.REJECTED:
        raise Conflict(KNOWN)
    reviewed = after.reviewed(command.actor, note, now=command.now)
    return await save_record(command, CAPTURE, before, reviewed)


async def reject_capture(command: Command, capture_id: UUID, *, note: str) -> Capture:
    """Refuse a capture in quarantine; one that was refused stays as it is.

    Raises NotFound, PreconditionRequired, PreconditionFailed, RuleBroken (CAPTURE_NOT_WAITING),
    Conflict (MOVE_MADE_OTHERWISE) for another note.
    """
    before = await CAPTURE.get(command.tx, capture_id, lock=True)
    if before.was_refused:
        await ensure_same(command, before, AlreadyMade(same=before.review_note == note))
        return before
    command.expected.check(before)
    before.ensure_waiting()
    refused = replace(
        before,
        outcome=CaptureOutcome.REJECTED,
        reasons=[*(before.reasons or ()), reason_json(REFUSED_BY_HAND)],
    )
    reviewed = refused.reviewed(command.actor, note, now=command.now)
    return await save_record(command, CAPTURE, before, reviewed)


def _below_fields(violation: Violation) -> Violation:
    """Return a violation of the lead as one of the corrections, where it can be mended."""
    return Violation(f"/fields{violation.pointer}", violation.code, violation.params)


def _is_contained(corrections: Mapping[str, Any], approved: Capture) -> bool:
    """Whether a capture that was approved has these corrections already."""
    stored = approved.fields or {}
    return all(stored.get(name) == value for name, value in corrections.items())
