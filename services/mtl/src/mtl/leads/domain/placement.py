"""Where a lead is while nobody owns it: in a pool, or in the queue of leads to be assigned."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class AssignmentStatus(StrEnum):
    """What became of the assignment of a lead without an owner."""

    WAITING = "WAITING"  # the rules have not run yet
    UNASSIGNED = "UNASSIGNED"  # they found nobody


class UnassignedReason(StrEnum):
    """Why a lead could not be assigned."""

    NO_RULES = "NO_RULES"
    NO_RULE_MATCHES = "NO_RULE_MATCHES"
    NOBODY_ELIGIBLE = "NOBODY_ELIGIBLE"
    RULES_UNREADABLE = "RULES_UNREADABLE"
    OWNER_FULL = "OWNER_FULL"
    POOL_CLOSED = "POOL_CLOSED"
    FELL_BACK = "FELL_BACK"


@dataclass(frozen=True, kw_only=True)
class LeadPlacement:
    """Where a lead belongs besides its owner.

    A lead with a pool and no owner waits there to be claimed; once it is, the pool remains the
    place to which it can be returned. `assignment_status` is set only while nobody owns the lead,
    and so is the reason.
    """

    pool_id: UUID | None = None
    assignment_status: AssignmentStatus | None = None
    unassigned_reason: UnassignedReason | None = None
