"""How a handler's error is treated: retried by itself, or parked until an operator acts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import uniform

from chassis.database.error_texts import error_text
from chassis.foundation.refusals import Unavailable
from kernel.errors import Conflict, NotYet

RETRY_DELAYS_SECONDS: Sequence[float] = (0.2, 0.5, 1, 2, 4, 8, 15, 30, 60)
NOT_YET_DEADLINE = timedelta(hours=24)


class ParkingReason(StrEnum):
    """Why an event is parked."""

    NOT_YET = "NOT_YET"
    FAILED = "FAILED"
    BEHIND = "BEHIND"  # an earlier event of its key is parked


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an event could not be applied, and whether it is retried automatically."""

    reason: ParkingReason
    error: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Return the failure for a handler's exception that is not transient."""
        reason = ParkingReason.NOT_YET if _is_temporary(error) else ParkingReason.FAILED
        return cls(reason, error_text(error))


def _is_temporary(error: Exception) -> bool:
    if isinstance(error, Conflict):
        return error.code == "STALE_WRITE"  # another write came in between
    return isinstance(error, NotYet | Unavailable)


def next_retry_at(attempts: int, now: datetime) -> datetime:
    """Return when to retry after so many attempts; the delay has a jitter of 20 percent."""
    seconds = RETRY_DELAYS_SECONDS[min(attempts, len(RETRY_DELAYS_SECONDS)) - 1]
    return now + timedelta(seconds=seconds * uniform(0.8, 1.2))  # noqa: S311  # jitter
