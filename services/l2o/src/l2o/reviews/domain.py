"""When an account is due for review, and the task that its owner then has."""

from datetime import datetime, timedelta
from typing import Final

from contracts.work import TaskKind

REVIEW_ACCOUNT: Final = TaskKind(
    "REVIEW_ACCOUNT", zh="复核客户：{name}", en="Review account: {name}"
)


def review_due_at(
    review_days: int | None,
    created_at: datetime,
    last_activity_at: datetime | None,
    reviewed_at: datetime | None,
) -> datetime | None:
    """Return when an account is due for review; None if nothing says how often it is reviewed.

    That is so many days after its last activity or its last review, whichever was later; after its
    creation where there was neither.
    """
    if review_days is None:
        return None
    seen = [at for at in (last_activity_at, reviewed_at) if at is not None]
    return max(seen, default=created_at) + timedelta(days=review_days)
