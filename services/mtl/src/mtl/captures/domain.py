"""A capture: what a sender handed in through a channel, what became of it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import UUID

from kernel.errors import Conflict, RuleBroken
from kernel.personal import Personal
from mtl.channels.domain.gate import Verdict
from mtl.leads.domain.details import LeadDetails
from mtl.leads.domain.lead import Lead

# Reasons that would help a sender around the gate, or say who is known to us.
PRIVATE_REASONS: Final = frozenset(
    {
        "CAPTURE_MAIL_DOMAIN_BLOCKED",
        "CAPTURE_WORD_BLOCKED",
        "CAPTURE_CONDITION_MET",
        "CAPTURE_RULES_UNREADABLE",
    }
)
TRAPPED, KNOWN, REFUSED_BY_HAND = "CAPTURE_TRAPPED", "CAPTURE_KNOWN", "CAPTURE_REFUSED"
UNREADABLE = "CAPTURE_RULES_UNREADABLE"
Reason = Mapping[str, Any]


class CaptureOutcome(StrEnum):
    """What became of a capture."""

    ACCEPTED = "ACCEPTED"  # it is a new lead
    ATTACHED = "ATTACHED"  # it is a touch of a lead that was there
    QUARANTINED = "QUARANTINED"  # somebody will decide
    REJECTED = "REJECTED"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a sender hands in; `event_id` is what they call it."""

    payload: Mapping[str, Any]
    event_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A capture as it is stored.

    `fields` are the values that the channel read in the payload, also those that fit no field.
    `event_digest` recognizes what a sender sends again, `payload_digest` whether it is the same.
    The texts are None once the person was erased; payload and fields also once they were kept as
    long as the tenant keeps them, since `emptied_at`.
    """

    id: UUID
    channel_id: UUID
    event_digest: bytes | None
    payload_digest: bytes
    touched_at: datetime
    outcome: CaptureOutcome
    reasons: Sequence[Reason] | None = ()
    payload: Mapping[str, Any] | None = None
    fields: Mapping[str, Any] | None = None
    lead_id: Annotated[UUID | None, Personal("subject")] = None
    duplicate_of_id: Annotated[UUID | None, Personal("subject")] = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    review_note: Annotated[str | None, Personal("text")] = None
    emptied_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def ensure_repeats(self, sent: Capture) -> None:
        """Refuse another payload with the event id of a stored one.

        Raises Conflict (CAPTURE_RECORDED_OTHERWISE).
        """
        if self.payload_digest != sent.payload_digest:
            raise Conflict("CAPTURE_RECORDED_OTHERWISE")

    def ensure_waiting(self) -> None:
        """Refuse a review of what does not wait for one. Raises RuleBroken."""
        if self.outcome is not CaptureOutcome.QUARANTINED:
            raise RuleBroken("CAPTURE_NOT_WAITING")

    @property
    def was_approved(self) -> bool:
        """Whether a person made a lead of it."""
        is_lead = self.outcome in (CaptureOutcome.ACCEPTED, CaptureOutcome.ATTACHED)
        return is_lead and self.reviewed_at is not None

    @property
    def was_refused(self) -> bool:
        """Whether a person refused it."""
        return self.outcome is CaptureOutcome.REJECTED and self.reviewed_at is not None

    def created(self, lead: Lead) -> Capture:
        """Return the capture as the beginning of a lead."""
        return replace(self, outcome=CaptureOutcome.ACCEPTED, lead_id=lead.id)

    def attached(self, lead_id: UUID) -> Capture:
        """Return the capture as a touch of a lead that was there."""
        return replace(
            self, outcome=CaptureOutcome.ATTACHED, lead_id=lead_id, duplicate_of_id=lead_id
        )

    def blocked(self, lead_id: UUID) -> Capture:
        """Return the capture refused because of a lead that was there."""
        reasons = [*(self.reasons or ()), reason_json(KNOWN)]
        return replace(
            self,
            outcome=CaptureOutcome.REJECTED,
            reasons=reasons,
            lead_id=None,
            duplicate_of_id=lead_id,
        )

    def reviewed(self, by: str | None, note: str | None, *, now: datetime) -> Capture:
        """Return the capture with who has decided about it."""
        return replace(self, reviewed_by=by, reviewed_at=now, review_note=note)


def outcome_of(verdict: Verdict) -> CaptureOutcome:
    """Return the outcome that follows from the gate, before duplicates are looked for."""
    return CaptureOutcome[verdict.name]


def reason_json(code: str, params: Mapping[str, Any] | None = None) -> Reason:
    """Return a reason about the whole capture as it is stored."""
    return {"code": code, "params": dict(params or {}), "field": None}


def shown_outcome(capture: Capture, *, shows_duplicates: bool) -> CaptureOutcome:
    """Return the outcome as the sender is to see it.

    Machines that fell into the trap, and senders who are not to know whom we know, see a capture
    that was accepted.
    """
    codes = {each["code"] for each in capture.reasons or ()}
    is_known = capture.outcome is CaptureOutcome.ATTACHED or KNOWN in codes
    if TRAPPED in codes or (is_known and not shows_duplicates):
        return CaptureOutcome.ACCEPTED
    return capture.outcome


def shown_reasons(capture: Capture, *, shows_duplicates: bool) -> list[Reason]:
    """Return the reasons as the sender is to see them: none that would help around the gate."""
    if shown_outcome(capture, shows_duplicates=shows_duplicates) is CaptureOutcome.ACCEPTED:
        return []
    shown = []
    for each in capture.reasons or ():
        is_private = each["code"] in PRIVATE_REASONS
        reason = reason_json("CAPTURE_UNFIT") if is_private else each
        if reason not in shown:
            shown.append(reason)
    return shown


def digest(text: bytes) -> bytes:
    """Return the digest by which an event id or a payload is recognized again."""
    return sha256(text).digest()


def with_blanks_filled(lead: Lead, details: LeadDetails) -> Lead:
    """Return the lead with the values of a capture in the fields where it has none."""
    names = [each.name for each in fields(LeadDetails)]
    blank = [
        name
        for name in names
        if name not in ("attributes", "custom_fields", "owner_id") and getattr(lead, name) is None
    ]
    return replace(
        lead,
        **{name: getattr(details, name) for name in blank},
        attributes={**details.attributes, **lead.attributes},
        custom_fields={**details.custom_fields, **lead.custom_fields},
    )
