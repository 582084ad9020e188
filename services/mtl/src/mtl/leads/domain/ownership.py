"""Since when a lead belongs to its owner, and when that ends by itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class OwnershipDates:
    """Since when its owner has the lead as an open one, and what its clock does next.

    `accept_by` is the instant by which sales answer the hand-over of a lead. `falls_back_at` and
    `clock_due_at`, the next reminder or the end, follow from the rules in force; they are written
    beside the lead's version, as the totals of its follow-ups are.
    """

    owned_since: datetime | None = None
    accept_by: datetime | None = None
    falls_back_at: datetime | None = None
    clock_due_at: datetime | None = None
