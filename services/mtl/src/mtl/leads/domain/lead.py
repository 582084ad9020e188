"""A lead and its moves from one status to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from contracts.mtl.events import (
    ALL_RECORDS,
    LeadDisqualified,
    LeadHandedOver,
    LeadNurtured,
    LeadQualified,
    LeadReactivated,
    LeadRefused,
    LeadReopened,
    LeadState,
)
from contracts.work import TaskKind
from kernel.errors import RuleBroken
from kernel.personal import Personal
from mtl.leads.domain.details import LeadDetails
from mtl.leads.domain.moves import (
    CONVERTED,
    FORBIDDEN_CODES,
    INVALID,
    LEAD_MOVES,
    OPEN_STATUSES,
    RAW,
    InvalidReason,
    LeadMove,
    LeadStatus,
    RefusalReason,
    WakeReason,
)
from mtl.leads.domain.ownership import OwnershipDates
from mtl.leads.domain.placement import AssignmentStatus, LeadPlacement, UnassignedReason
from scoring.blend import ScorePart
from scoring.grades import Grade

NAMELESS: Final = "—"
FOLLOW_UP: Final = TaskKind("WORK_LEAD", zh="跟进线索 {name}", en="Follow up on lead {name}")


@dataclass(frozen=True, kw_only=True)
class ConversionIds:
    """The ids of a conversion and of the records that L2O will create or use for it.

    `records` are those that the lead becomes; the id of another one names nothing.
    """

    conversion_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    existing_account: bool
    existing_contact: bool = False
    records: tuple[str, ...] = ALL_RECORDS

    def result(self) -> dict[str, Any]:
        """The ids of the records that the lead becomes, as the operation returns them."""
        return {name: getattr(self, name) for name in (f"{one.lower()}_id" for one in self.records)}


@dataclass(frozen=True, kw_only=True)
class FollowUpTotals:
    """What the follow-ups of a lead come to: how many, the last one, the earliest open next step.

    They are written beside the lead's version: the follow-ups are published themselves.
    """

    follow_up_count: int = 0
    last_followed_up_at: datetime | None = None
    next_step_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class ContactBans:
    """The media by which the person of a lead does not want to be contacted.

    They are written beside the lead's version: what counts are the withdrawals themselves.
    """

    do_not_contact: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lead(LeadDetails, FollowUpTotals, ContactBans, OwnershipDates, LeadPlacement):
    """A person or company that may buy, from the first contact to the conversion."""

    id: UUID
    status: LeadStatus = RAW
    status_reason: str | None = None
    status_note: Annotated[str | None, Personal("text")] = None
    score: int | None = None
    grade: Grade | None = None
    rule_tags: tuple[str, ...] = ()
    attribute_score: int | None = None
    behavior_score: int | None = None
    intelligent_score: int | None = None
    handed_over_at: datetime | None = None
    wakes_on: date | None = None
    conversion_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    existing_account: bool | None = None
    converted_at: datetime | None = None
    returning_account_id: UUID | None = None
    merged_into_id: Annotated[UUID | None, Personal("subject")] = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def key_values(self) -> Sequence[tuple[str, str]]:
        """The values that no other lead may have, each after its kind.

        A deleted lead has none; an invalid one keeps its external id, lest an import repeat it.
        """
        if self.deleted_at is not None:
            return ()
        keys = [(kind, value) for _, kind, value in self.keyed_fields()]
        return [key for key in keys if self.status is not INVALID or key[0] == "external_id"]

    @property
    def score_parts(self) -> Mapping[ScorePart, int | None]:
        """What the score was put together from, each part from 0 to 100."""
        return {
            ScorePart.ATTRIBUTE: self.attribute_score,
            ScorePart.BEHAVIOR: self.behavior_score,
            ScorePart.INTELLIGENT: self.intelligent_score,
        }

    @property
    def is_open(self) -> bool:
        """Whether somebody has to follow up the lead."""
        return self.status in OPEN_STATUSES

    @property
    def is_held(self) -> bool:
        """Whether the lead counts among those that its owner holds."""
        return self.deleted_at is None and self.status not in (CONVERTED, INVALID)

    def owned_by(self, owner_id: str) -> Lead:
        """Return the lead with an owner; its pool stays the place to which it can be returned."""
        return replace(self, owner_id=owner_id, assignment_status=None, unassigned_reason=None)

    def in_pool(self, pool_id: UUID) -> Lead:
        """Return the lead without an owner, in a pool until somebody claims it."""
        return replace(
            self, owner_id=None, pool_id=pool_id, assignment_status=None, unassigned_reason=None
        )

    def waiting(self) -> Lead:
        """Return the lead without an owner, to which the rules will assign one."""
        waits = AssignmentStatus.WAITING
        return replace(self, owner_id=None, assignment_status=waits, unassigned_reason=None)

    def unassigned(self, reason: UnassignedReason) -> Lead:
        """Return the lead without an owner, in the queue of those that nobody could be given."""
        status = AssignmentStatus.UNASSIGNED
        return replace(self, owner_id=None, assignment_status=status, unassigned_reason=reason)

    @property
    def display_name(self) -> str:
        """The first identifying value; a lead whose person was erased may have none."""
        values = (self.company, self.name, self.external_id, self.email, self.phone)
        return next((value for value in values if value), NAMELESS)

    def state(self) -> LeadState:
        """The lead in the form that events carry."""
        return LeadState.of(self, lead_id=self.id)

    def has_made(self, move: LeadMove) -> bool:
        """Whether the lead already has the status to which the move leads."""
        return LEAD_MOVES.has_made(move, self.status)

    def ensure_not_converted(self) -> None:
        """Refuse a change of a converted lead. Raises RuleBroken (LEAD_CONVERTED)."""
        # The records that L2O created refer to the lead as it was then.
        if self.status is CONVERTED:
            raise RuleBroken("LEAD_CONVERTED")

    def hand_over(self, *, now: datetime) -> tuple[Lead, LeadHandedOver]:
        """Move to MQL: marketing hands the lead over to sales. Raises RuleBroken (LEAD_NOT_RAW)."""
        lead = replace(self._moved(LeadMove.HAND_OVER, now=now), handed_over_at=now)
        return lead, LeadHandedOver(lead=lead.state())

    def qualify(self, *, now: datetime) -> tuple[Lead, LeadQualified]:
        """Move to SQL: sales accept the lead. Raises RuleBroken (LEAD_NOT_NEW)."""
        lead = self._moved(LeadMove.QUALIFY, now=now)
        return lead, LeadQualified(lead=lead.state())

    def refuse(
        self, reason: RefusalReason, note: str | None, *, now: datetime
    ) -> tuple[Lead, LeadRefused]:
        """Move back to RAW: sales refuse the lead. Raises RuleBroken (LEAD_NOT_HANDED_OVER)."""
        lead = self._moved(LeadMove.REFUSE, reason, note, now=now)
        return lead, LeadRefused(lead=lead.state(), reason=reason, note=note)

    def nurture(
        self, wakes_on: date, note: str | None, *, now: datetime
    ) -> tuple[Lead, LeadNurtured]:
        """Move to NURTURE until a day. Raises RuleBroken (LEAD_NOT_OPEN)."""
        moved = self._moved(LeadMove.NURTURE, None, note, now=now)
        lead = replace(moved, wakes_on=wakes_on)
        return lead, LeadNurtured(lead=lead.state(), wakes_on=wakes_on, note=note)

    def disqualify(
        self, reason: InvalidReason, note: str | None, *, now: datetime
    ) -> tuple[Lead, LeadDisqualified]:
        """Move to INVALID. Raises RuleBroken (LEAD_NOT_OPEN)."""
        lead = self._moved(LeadMove.DISQUALIFY, reason, note, now=now)
        return lead, LeadDisqualified(lead=lead.state(), reason=reason, note=note)

    def reopen(
        self, note: str | None, *, now: datetime, woken: WakeReason | None = None
    ) -> tuple[Lead, LeadReactivated]:
        """Move from INVALID or NURTURE to RAW. Raises RuleBroken (LEAD_NOT_CLOSED)."""
        lead = self._moved(LeadMove.REOPEN, woken, note, now=now)
        return lead, LeadReactivated(lead=lead.state(), reason=woken, note=note)

    def convert(self, ids: ConversionIds, *, now: datetime) -> Lead:
        """Move to CONVERTED. Raises RuleBroken (LEAD_NOT_QUALIFIED)."""
        return _with_records(self._moved(LeadMove.CONVERT, now=now), ids, now)

    def convert_after_all(
        self, ids: ConversionIds, *, converted_at: datetime, now: datetime
    ) -> Lead:
        """Move to CONVERTED from any status, because L2O has the records: it answered too late.

        A deleted lead is restored.
        """
        converted = replace(
            self,
            status=CONVERTED,
            status_reason=None,
            status_note=None,
            wakes_on=None,
            updated_at=now,
            deleted_at=None,
        )
        return _with_records(converted, ids, converted_at)

    def is_converted_by(self, conversion_id: UUID) -> bool:
        """Whether this conversion is the current one; an answer to an earlier one is not."""
        return self.status is CONVERTED and self.conversion_id == conversion_id

    def take_back(
        self, reason: str, note: str | None = None, *, now: datetime
    ) -> tuple[Lead, LeadReopened]:
        """Move back to SQL, without the ids. Raises RuleBroken (LEAD_NOT_CONVERTED)."""
        reopened = self._moved(LeadMove.TAKE_BACK, reason, note, now=now)
        if self.conversion_id is None:
            raise RuleBroken("LEAD_NOT_CONVERTED", status=self.status)
        lead = replace(
            reopened,
            conversion_id=None,
            account_id=None,
            contact_id=None,
            opportunity_id=None,
            existing_account=None,
            converted_at=None,
        )
        ids = {"conversion_id": self.conversion_id}
        return lead, LeadReopened(lead=lead.state(), reason=reason, note=note, **ids)

    def _moved(
        self,
        move: LeadMove,
        reason: str | None = None,
        note: str | None = None,
        *,
        now: datetime,
    ) -> Lead:
        LEAD_MOVES.ensure_allowed(move, self.status, FORBIDDEN_CODES[move], status=self.status)
        return replace(
            self,
            status=LEAD_MOVES.target(move),
            status_reason=reason,
            status_note=note,
            wakes_on=None,
            updated_at=now,
        )


def _with_records(lead: Lead, ids: ConversionIds, converted_at: datetime) -> Lead:
    return replace(
        lead,
        conversion_id=ids.conversion_id,
        existing_account=ids.existing_account,
        converted_at=converted_at,
        **ids.result(),
    )
