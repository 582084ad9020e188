"""Three kinds of failure: one that passes by itself, one that waits for something, one for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import uniform

from sqlalchemy.exc import DBAPIError

from chassis.foundation.refusals import Unavailable
from kernel.errors import Conflict, NotYet

RETRY_SECONDS: Sequence[float] = (0.2, 0.5, 1, 2, 4, 8, 15, 30, 60)
PATIENCE = timedelta(hours=24)
LONGEST_TEXT = 2_000


class Reason(StrEnum):
    """Why an event is parked."""

    NOT_YET = "NOT_YET"
    FAILED = "FAILED"
    BEHIND = "BEHIND"  # another event of its key is


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an event could not be applied, and how that may end."""

    reason: Reason
    error: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Of a handler's exception that is not transient."""
        return cls(Reason.NOT_YET if _may_pass(error) else Reason.FAILED, told(error))


def _may_pass(error: Exception) -> bool:
    if isinstance(error, Conflict):
        return error.code == "STALE_WRITE"  # somebody wrote between the handler's read and write
    return isinstance(error, NotYet | Unavailable)


def told(error: Exception) -> str:
    """An exception as a row may hold it, without the SQL."""
    return storable(f"{type(error).__name__}: {_said(error)}")


def _said(error: Exception) -> object:
    return error.orig if isinstance(error, DBAPIError) else error


def storable(said: str) -> str:
    """A text as a row may hold it: no NUL, nothing that is no UTF-8, not endless."""
    return said.replace("\0", "").encode(errors="replace").decode()[:LONGEST_TEXT]


def retry_after(attempts: int, now: datetime) -> datetime:
    """When to try again after so many attempts."""
    seconds = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1]
    return now + timedelta(seconds=seconds * uniform(0.8, 1.2))  # noqa: S311  # jitter


class Backoff:
    """How long to rest, in seconds: doubling up to the longest, with jitter."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._times = 0

    def next(self) -> float:
        rest: float = min(self._first * 2.0 ** min(self._times, 30), self._longest)
        self._times += 1
        return rest * uniform(0.5, 1.5)  # noqa: S311  # jitter

    def reset(self) -> None:
        self._times = 0
