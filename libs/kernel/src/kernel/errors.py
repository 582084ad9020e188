"""Why the business says no. HTTP statuses are decided in `chassis.web.problems`, nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong with the input; `pointer` is a JSON pointer into the body."""

    pointer: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


class DomainError(Exception):
    """A refusal with a stable SCREAMING_SNAKE `code`; `params` fill the text of that code."""

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(f"{code} {params}" if params else code)
        self.code = code
        self.params = params


class Invalid(DomainError):
    """The input breaks rules of its own; carries every violation at once."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("VALIDATION_FAILED")
        self.violations = tuple(violations)


class RuleBroken(DomainError):
    """The input is sound, but the state it meets does not allow it."""


class Conflict(DomainError):
    """Somebody else wrote first, or the thing exists already."""


class Forbidden(DomainError):
    """Known, but not allowed."""


class NotFound(DomainError):
    """Not there, or not for these eyes; the code is `<WHAT>_NOT_FOUND`."""

    def __init__(self, what: str, key: UUID | str) -> None:
        super().__init__(f"{what.upper()}_NOT_FOUND", key=str(key))


class NotYet(DomainError):
    """An event refers to something that has not arrived; the consumer tries again later."""
