"""What comes next after something that was done, until it is done too."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Self

from kernel.errors import RuleBroken
from kernel.personal import Personal
from kernel.records import OwnedRecord


@dataclass(frozen=True, kw_only=True)
class RecordWithNextStep(OwnedRecord):
    """A record whose owner does something next; the step is open until it is done."""

    next_step: Annotated[str | None, Personal("text")] = None
    next_step_on: date | None = None
    next_step_done_at: datetime | None = None

    @property
    def has_next_step(self) -> bool:
        """Whether it says what comes next, or when."""
        return self.next_step is not None or self.next_step_on is not None

    @property
    def reminder(self) -> tuple[str, date] | None:
        """Who is reminded of the open next step, and on which day; None if nobody is."""
        is_open = self.deleted_at is None and self.next_step_done_at is None
        if not is_open or self.next_step_on is None or self.owner_id is None:
            return None
        return self.owner_id, self.next_step_on

    def after_edit_of(self, before: Self) -> Self:
        """Return the record after an edit of another version; another next step is open again."""
        if (self.next_step, self.next_step_on) == (before.next_step, before.next_step_on):
            return self
        return replace(self, next_step_done_at=None)

    def completed(self, *, now: datetime) -> Self:
        """Return the record with its next step done. Raises RuleBroken (NEXT_STEP_MISSING)."""
        if not self.has_next_step:
            raise RuleBroken("NEXT_STEP_MISSING")
        return replace(self, next_step_done_at=now)
