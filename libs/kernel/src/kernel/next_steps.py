"""What somebody did, and what comes next after it, until that is done too."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Self

from kernel.errors import Invalid, RuleBroken, Violation
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


@dataclass(frozen=True, kw_only=True)
class RecordOfDeed(RecordWithNextStep):
    """What its owner did at `at`, and does next."""

    at: datetime

    def ensure_happened(self, *, now: datetime) -> None:
        """Refuse what is still to come. Raises Invalid (INSTANT_IN_FUTURE)."""
        if violations := list(self._violations(now)):
            raise Invalid(violations)

    def edited(self, after: Self, *, about: str, now: datetime) -> Self:
        """Return the record after an edit; another next step is open again.

        It stays about the same record, `lead` of a field `lead_id`. Raises Invalid
        (INSTANT_IN_FUTURE, LEAD_FIXED).
        """
        violations, key = list(after._violations(now)), f"{about}_id"
        if getattr(after, key) != getattr(self, key):
            violations.append(Violation(f"/{key}", f"{about.upper()}_FIXED"))
        if violations:
            raise Invalid(violations)
        return after.after_edit_of(self)

    def _violations(self, now: datetime) -> Iterator[Violation]:
        if self.at > now:
            yield Violation("/at", "INSTANT_IN_FUTURE")
