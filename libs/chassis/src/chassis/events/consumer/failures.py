"""Three kinds of failure: one that passes by itself, one that waits for something, one for good."""

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
    BEHIND = "BEHIND"  # another event of its key is


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an event could not be applied, and how that may end."""

    reason: ParkingReason
    error: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Of a handler's exception that is not transient."""
        return cls(
            ParkingReason.NOT_YET if _may_pass(error) else ParkingReason.FAILED, error_text(error)
        )


def _may_pass(error: Exception) -> bool:
    if isinstance(error, Conflict):
        return error.code == "STALE_WRITE"  # somebody wrote between the handler's read and write
    return isinstance(error, NotYet | Unavailable)


def next_retry_at(attempts: int, now: datetime) -> datetime:
    """When to try again after so many attempts."""
    seconds = RETRY_DELAYS_SECONDS[min(attempts, len(RETRY_DELAYS_SECONDS)) - 1]
    return now + timedelta(seconds=seconds * uniform(0.8, 1.2))  # noqa: S311  # jitter
