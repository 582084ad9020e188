"""The lifecycle of a lead: its statuses, the moves between them, and their reasons."""

from enum import StrEnum
from typing import Final

from kernel.transitions import Transitions


class LeadStatus(StrEnum):
    """Where a lead stands: raw, qualified by marketing (MQL), accepted by sales (SQL), and so on.

    A lead in NURTURE sleeps until a day; an INVALID one is no lead at all.
    """

    RAW = "RAW"
    MQL = "MQL"
    SQL = "SQL"
    NURTURE = "NURTURE"
    INVALID = "INVALID"
    CONVERTED = "CONVERTED"


RAW, MQL, SQL, NURTURE, INVALID, CONVERTED = LeadStatus
OPEN_STATUSES: Final = frozenset({RAW, MQL, SQL})


class LeadMove(StrEnum):
    """A change of status."""

    HAND_OVER = "HAND_OVER"
    QUALIFY = "QUALIFY"
    REFUSE = "REFUSE"
    NURTURE = "NURTURE"
    DISQUALIFY = "DISQUALIFY"
    REOPEN = "REOPEN"
    CONVERT = "CONVERT"
    TAKE_BACK = "TAKE_BACK"  # L2O rejected the conversion


# For each move, the statuses it may start from and the one it leads to; others are forbidden.
LEAD_MOVES: Final = Transitions(
    {
        LeadMove.HAND_OVER: ({RAW, NURTURE}, MQL),
        LeadMove.QUALIFY: ({RAW, MQL}, SQL),
        LeadMove.REFUSE: ({MQL}, RAW),
        LeadMove.NURTURE: ({RAW, MQL, SQL}, NURTURE),
        LeadMove.DISQUALIFY: ({RAW, MQL, SQL, NURTURE}, INVALID),
        LeadMove.REOPEN: ({INVALID, NURTURE}, RAW),
        LeadMove.CONVERT: ({SQL}, CONVERTED),
        LeadMove.TAKE_BACK: ({CONVERTED}, SQL),
    }
)
# The error of each move that starts from another status.
FORBIDDEN_CODES: Final = {
    LeadMove.HAND_OVER: "LEAD_NOT_RAW",
    LeadMove.QUALIFY: "LEAD_NOT_NEW",
    LeadMove.REFUSE: "LEAD_NOT_HANDED_OVER",
    LeadMove.NURTURE: "LEAD_NOT_OPEN",
    LeadMove.DISQUALIFY: "LEAD_NOT_OPEN",
    LeadMove.REOPEN: "LEAD_NOT_CLOSED",
    LeadMove.CONVERT: "LEAD_NOT_QUALIFIED",
    LeadMove.TAKE_BACK: "LEAD_NOT_CONVERTED",
}
# What people may do by themselves.
OFFERED_MOVES: Final = tuple(move for move in LeadMove if move is not LeadMove.TAKE_BACK)


class InvalidReason(StrEnum):
    """Why a lead is no lead."""

    WRONG_CONTACT = "WRONG_CONTACT"
    NOT_REACHABLE = "NOT_REACHABLE"
    NO_NEED = "NO_NEED"
    NO_BUDGET = "NO_BUDGET"
    NOT_SERVED = "NOT_SERVED"
    PRIVATE_PERSON = "PRIVATE_PERSON"
    COMPETITOR = "COMPETITOR"
    ALREADY_KNOWN = "ALREADY_KNOWN"
    SPAM = "SPAM"
    OTHER = "OTHER"


class WakeReason(StrEnum):
    """Why a sleeping lead is raw again without anybody's doing."""

    DAY_CAME = "DAY_CAME"
    TOUCHED = "TOUCHED"


class RefusalReason(StrEnum):
    """Why sales refuse a lead that marketing handed over."""

    CONTACT_INCOMPLETE = "CONTACT_INCOMPLETE"
    TOO_EARLY = "TOO_EARLY"
    TOO_SMALL = "TOO_SMALL"
    NOT_A_DECIDER = "NOT_A_DECIDER"
    WRONG_TERRITORY = "WRONG_TERRITORY"
    NOT_TARGETED = "NOT_TARGETED"
    OTHER = "OTHER"
