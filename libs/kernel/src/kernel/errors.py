"""Errors of business rules. Only the chassis translates them into HTTP statuses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Violation:
    """One error in the input; `pointer` is a JSON pointer into the body (decision 3)."""

    pointer: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


class DomainError(Exception):
    """A business error with a stable SCREAMING_SNAKE `code`; `params` fill the text of the code."""

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(f"{code} {params}" if params else code)
        self.code = code
        self.params = params


class Invalid(DomainError):
    """The input is invalid; the error carries all violations at once."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("VALIDATION_FAILED")
        self.violations = tuple(violations)


class RuleBroken(DomainError):
    """The input is valid, but the current state does not allow the request."""


class Conflict(DomainError):
    """Somebody else changed the record first, or it exists already."""


class Forbidden(DomainError):
    """The caller is authenticated but may not do this."""


class NotFound(DomainError):
    """The record is missing or not visible to the caller; the code is `<WHAT>_NOT_FOUND`."""

    def __init__(self, what: str, key: UUID | str) -> None:
        super().__init__(f"{what.upper()}_NOT_FOUND", key=str(key))


class NotYet(DomainError):
    """An event refers to a record that has not arrived yet; the consumer tries again later."""
