"""The states of a request, the moves between them, and what approvers decide."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from desk.approvals.domain.seats import SeatState
from kernel.transitions import Transitions


class ApprovalStatus(StrEnum):
    """What has become of a request."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"
    VOID = "VOID"


PENDING, APPROVED, REJECTED, RETURNED, WITHDRAWN, VOID = ApprovalStatus
# The states that may follow each state.
# A decision may cross the withdrawal of its request, or a change of the record: then it came too
# late, and both services end with what the asking one says.
APPROVAL_MOVES = Transitions.between(
    {
        PENDING: {APPROVED, REJECTED, RETURNED, WITHDRAWN, VOID},
        APPROVED: {WITHDRAWN, VOID},
        REJECTED: {WITHDRAWN, VOID},
        RETURNED: {WITHDRAWN, VOID},
    }
)
# What its service acts on; it made a request void itself.
ANSWERS: Final = frozenset({APPROVED, REJECTED, RETURNED, WITHDRAWN})


class Verdict(StrEnum):
    """What an approver decides."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"


SEAT_STATES: Final[Mapping[Verdict, SeatState]] = {
    Verdict.APPROVE: SeatState.APPROVED,
    Verdict.REJECT: SeatState.REJECTED,
}
